"""No page leads nowhere: every link that a page shows its reader is answered."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qsl, urlsplit

import pytest

from polyclinic.testing.probes import rule_at
from polyclinic.testing.reading import Page

MOST_OF_A_SHAPE = 3
"""Links to the same page with the same questions that are followed: a day that is closed looks unlike an open one."""


@pytest.mark.parametrize("role", ["chain_administrator", "clinic_manager", "front_desk", "therapist"])
def test_every_link_leads_somewhere(probed, visit, role):
    sender = visit(role).sender
    asked: Counter[object] = Counter()
    dead: dict[str, tuple[str, int]] = {}
    for path, page in visit(role).pages:
        if path == "/_/ui":  # its links are examples
            continue
        for link in sorted(links_of(page)):
            way = shape_of(probed.app, link)
            asked[way] += 1
            if asked[way] > MOST_OF_A_SHAPE:
                continue
            status = (sender.loaded.get(link) or sender.pages.get(link)).status_code
            if status >= 400:
                dead[link] = (path, status)

    assert dead == {}
    assert len(asked) > 20


def links_of(page: Page) -> set[str]:
    """Return the addresses of this site that a page leads to, or loads by itself."""
    found = {link for link in page.links if link.startswith("/")}
    found |= {attributes["hx-get"] for _, attributes in page.elements if attributes.get("hx-get", "").startswith("/")}
    return {link for link in found if urlsplit(link).path}


def shape_of(app, link: str) -> object:
    """Return what tells a link from others that lead to the same page with the same questions."""
    parts = urlsplit(link)
    rule = rule_at(app, parts.path, "GET")
    if rule is None:
        return link
    kinds = tuple(word for word in parts.path.split("/") if "-" not in word)
    return rule.endpoint, kinds, tuple(sorted(name for name, _ in parse_qsl(parts.query)))
