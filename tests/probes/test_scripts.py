"""Scripts typed into every text field of every operation are shown as text by every page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import TestResponse

from polyclinic.testing.probes import Ids, address, operation_of, own_request, routes
from polyclinic.testing.probing import Sender, crawl
from polyclinic.testing.reading import Page, read_page
from polyclinic.testing.typists import Field, Typist

PAYLOADS = (
    "javascript:pwned()",  # works at the start of an address alone, so it comes first where several are typed at once
    "<script>pwned()</script>",
    "<img src=x onerror=pwned()>",
    "<svg/onload=pwned()>",
    '"><pwned a=1>',
    "'><pwned a=1>",
    '" pwned="1',
    "' pwned='1",
    '" onfocus=pwned() autofocus="',
    "</textarea><pwned>",
    "</title><pwned>",
    "</script><pwned>",
    "--><pwned>",
    "<!--<pwned>-->",
    "<a href=javascript:pwned()>x</a>",
    '" hx-get="/pwned',
    "{{ 7*191 }} ${7*191} #{7*191}",
    "<iframe srcdoc='<pwned>'>",
    "&lt;pwned&gt; &#60;pwned&#62;",
    "<b pwned><math><mi//xlink:href=x>",
)
ADDRESSES = frozenset({"href", "src", "action", "formaction", "xlink:href", "hx-get", "hx-post", "srcdoc"})
EVERYTHING = " ".join(PAYLOADS)
CALCULATED = "1337"
RECORDS = "/api/v1/treatment-records"
FREE = frozenset({"complaint", "objective", "assessment", "plan", "comment", "note", "action_taken"})
"""Texts in sections that are neither choices nor ids."""


@pytest.fixture
def typists(populated_live, other_organisation) -> tuple[Typist, Typist]:
    ids, _ = other_organisation
    live = populated_live
    admin, therapist = (live.world.people[role] for role in ("chain_administrator", "therapist"))
    return Typist(Sender(live.app, admin), ids.own, PAYLOADS), Typist(Sender(live.app, therapist), ids.own, PAYLOADS)


def test_scripts_are_shown_as_text_everywhere(populated_live, other_organisation, typists):
    ids, _ = other_organisation
    typist, therapist = typists
    found: set[str] = set()
    seen: set[str] = set()
    taken: set[str] = set()
    pages = pages_of_one_thing(therapist.sender, ids)
    write_record(therapist)
    for _ in PAYLOADS:
        taken |= type_everywhere(typist)
        for path, page in pages.showing(typist.taken):
            found |= {f"{path}: {problem}" for problem in injected(page)}
            seen |= shown(page)
    assert typist.is_done
    for typist in typists:
        for path, page in crawl(typist.sender, ids):
            found |= {f"{path}: {problem}" for problem in injected(page)}
            seen |= shown(page)
        for path, page in searches(typist.sender):
            found |= {f"{path}: {problem}" for problem in injected(page)}

    assert found == set()
    assert set(PAYLOADS) - seen == set()
    assert len(taken) >= 15


def test_scripts_in_addresses_are_shown_as_text_on_every_page(typists, other_organisation):
    ids, _ = other_organisation
    sender = typists[0].sender
    asked: dict[str, set[str]] = defaultdict(set)
    for path, page in crawl(sender, ids):
        asked[path] |= asked_for(page)
    found = set()
    for path, names in asked.items():
        for text in ("".join(PAYLOADS), "javascript:pwned()", "'\"><pwned>"):
            answer = sender.pages.get(path, query_string=dict.fromkeys(names, text))
            assert answer.status_code < 500, f"{path} with {text}"
            found |= {f"{path}: {problem}" for problem in injected(page_of(answer))}

    assert found == set()


def test_injected_elements_and_attributes_are_noticed():
    unnoticed = {
        payload
        for payload in PAYLOADS
        if not {
            *injected(read_page(f"<p>{payload}</p>")),
            *injected(read_page(f'<a href="{payload}">x</a>')),
            *injected(read_page(f"<a title='{payload}'>x</a>")),
            *injected(read_page(f"<a title={payload}>x</a>")),
        }
    }

    assert unnoticed == {"{{ 7*191 }} ${7*191} #{7*191}", "&lt;pwned&gt; &#60;pwned&#62;"}


def asked_for(page: Page) -> set[str]:
    """Return the names that a page's links and search forms put into addresses, and some that pages often read."""
    asked = {name for form in page.forms if form.method == "get" for name, _ in form.values}
    linked = {name for link in page.links for name, _ in parse_qsl(urlsplit(link).query)}
    return asked | linked | {"q", "clinic", "next", "day", "date", "appointment", "client"}


def type_everywhere(typist: Typist) -> set[str]:
    """Type once more into every operation that takes text; return the endpoints that took it."""
    app = typist.sender.app
    typist.taken.clear()
    for rule, method in routes(app):
        operation = operation_of(app, rule)
        if operation is None or operation.body is None or "password" in operation.body().load_fields:
            continue
        probe = own_request(rule, method, operation, typist.own)
        answer = typist.type_into(probe, operation.body)
        assert answer is None or answer.status_code < 500, f"{probe}: {answer.get_data(as_text=True)}"
    return {operation for operation, _ in typist.taken}


def write_record(therapist: Typist) -> None:
    """Type everything into every section of a record, sign it and open its amendment."""
    rest, path = therapist.sender.rest, f"{RECORDS}/{therapist.own['record_id']}"
    record = rest.get(path)
    if record.json["draft"] is None:
        record = rest.post(f"{path}/amend", headers={"If-Match": record.headers["ETag"]})
    typed = typed_texts(record.json["draft"]["sections"])
    saved = rest.patch(f"{path}/draft", {"sections": typed}, etag=record.headers["ETag"])
    assert saved.status_code == 200, saved.json
    checks = rest.get(f"{path}/checks")
    signature = {
        "acknowledged": [finding["id"] for finding in checks.json["findings"]],
        "late_reason": EVERYTHING,
        "amendment_reason": EVERYTHING,
    }
    signed = rest.post(f"{path}/sign", signature, headers={"If-Match": checks.headers["ETag"]})
    assert signed.status_code == 200, signed.json


def typed_texts(part: Any) -> Any:
    """Return section data with every payload in each free text; choices and ids stay."""
    if isinstance(part, list):
        return [typed_texts(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {name: EVERYTHING if name in FREE else typed_texts(value) for name, value in part.items()}


@dataclass
class ThingPages:
    """Pages of one thing, loaded anew where they show a field that was typed into."""

    sender: Sender
    paths: list[str]
    shows: dict[str, set[Field]] = field(default_factory=lambda: defaultdict(set))
    looked_for: set[Field] = field(default_factory=set)

    def showing(self, taken: Mapping[Field, str]) -> Iterator[tuple[str, Page]]:
        """Yield the pages that show what was taken, found by how its texts end; every page for a field's first text."""
        is_known = taken.keys() <= self.looked_for
        self.looked_for |= taken.keys()
        for path in self.paths:
            if not is_known or self.shows[path] & taken.keys():
                answer = self.sender.pages.get(path)
                self.shows[path] |= {field for field, end in taken.items() if end.encode() in answer.data}
                yield path, page_of(answer)


def pages_of_one_thing(sender: Sender, ids: Ids) -> ThingPages:
    rules = [rule for rule, method in routes(sender.app) if method == "GET" and rule.arguments]
    return ThingPages(sender, [address(rule, ids.own) for rule in rules if operation_of(sender.app, rule) is None])


def page_of(answer: TestResponse) -> Page:
    """Return what a browser would show; a file that is sent as an attachment runs nothing."""
    is_file = "attachment" in answer.headers.get("Content-Disposition", "") and answer.mimetype != "text/html"
    return Page() if is_file else read_page(answer.get_data(as_text=True))


def searches(sender: Sender) -> Iterator[tuple[str, Page]]:
    """Yield every list and suggestion searched for what was typed."""
    for rule, method in routes(sender.app):
        if method == "GET" and not rule.arguments and operation_of(sender.app, rule) is None:
            yield rule.rule, read_page(sender.pages.get(rule.rule, query_string={"q": "pwned"}).get_data(as_text=True))


def injected(page: Page) -> Iterator[str]:
    """Yield every element and attribute that no template of ours writes."""
    for tag, attributes in page.elements:
        if tag in {"pwned", "iframe", "math"} or "pwned" in attributes:
            yield f"<{tag}> {attributes}"
        if tag == "script" and not attributes.get("src", "").startswith("/static/"):
            yield f"<script> {attributes}"
        for name, value in attributes.items():
            is_address = name in ADDRESSES and ("javascript:" in value.lower() or value.startswith("/pwned"))
            if name.startswith("on") or is_address:
                yield f"<{tag} {name}={value!r}>"
    yield from (f"<!-- {comment} -->" for comment in page.comments if "pwned" in comment)
    if CALCULATED in page.text:
        yield "an expression was calculated"


def shown(page: Page) -> set[str]:
    return {payload for payload in PAYLOADS if payload in page.text}
