"""Scripts typed into every text field of every operation are shown as text by every page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from polyclinic.testing.bodies import replaced, text_places
from polyclinic.testing.probes import Ids, Probe, address, operation_of, own_request, routes
from polyclinic.testing.probing import Sender, crawl
from polyclinic.testing.reading import Page, read_page

PAYLOADS = (
    "<script>pwned()</script>",
    "<img src=x onerror=pwned()>",
    "<svg/onload=pwned()>",
    '"><pwned a=1>',
    "'><pwned a=1>",
    '" pwned="1',
    "' pwned='1",
    '" onfocus=pwned() autofocus="',
    "javascript:pwned()",
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
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
ADDRESSES = frozenset({"href", "src", "action", "formaction", "xlink:href", "hx-get", "hx-post", "srcdoc"})
CALCULATED = "1337"
RECORDS = "/api/v1/treatment-records"
FREE = frozenset({"complaint", "objective", "assessment", "plan", "comment", "note", "action_taken"})
"""Texts in sections that are neither choices nor ids."""


@dataclass
class Typist:
    """Types payloads into operations as one person; every request gets a number, so that names stay unique."""

    sender: Sender
    own: Mapping[str, UUID]
    number: int = 0

    def type_into(self, probe: Probe, schema: type, payload: int) -> TestResponse | None:
        """Send the body with a payload in every text field that takes it; None when no field does."""
        self.number += 1
        typed = {
            place: f"{PAYLOADS[(payload + turn) % len(PAYLOADS)]} {self.number}"
            for turn, place in enumerate(text_places(schema, probe.json))
        }
        answer = None
        while typed:
            answer = self._send(probe, typed)
            refused = (
                {error["pointer"] for error in answer.json.get("errors", ())} if answer.status_code == 422 else set()
            )
            kept = {place: text for place, text in typed.items() if pointer(place) not in refused}
            if kept == typed:
                break
            typed = kept
        return answer

    def _send(self, probe: Probe, typed: Mapping[Any, str]) -> TestResponse:
        named = {place[0] for place in typed}
        body = {name: value for name, value in probe.json.items() if name in named or probe.method != "PATCH"}
        for place, text in typed.items():
            body = replaced(body, place, text)
        if "starts_at" in body:
            body["starts_at"] = (NOON + timedelta(days=6 + self.number)).isoformat()
        headers = dict(probe.headers) | ({"If-Match": self._etag(probe.path)} if "If-Match" in probe.headers else {})
        return self.sender.send(Probe(probe.endpoint, probe.method, probe.path, json=body, headers=headers))

    def _etag(self, path: str) -> str:
        """Return the version of the thing itself, or of what the address is a part of."""
        while path.count("/") > 3:
            answer = self.sender.rest.get(path)
            if "ETag" in answer.headers:
                return answer.headers["ETag"]
            path = path.rpartition("/")[0]
        return '"1"'


def pointer(place: Any) -> str:
    return "/" + "/".join(map(str, place))


@pytest.fixture
def typists(populated_live, other_organisation) -> tuple[Typist, Typist]:
    ids, _ = other_organisation
    live = populated_live
    admin, therapist = (live.world.people[role] for role in ("chain_administrator", "therapist"))
    return Typist(Sender(live.app, admin), ids.own), Typist(Sender(live.app, therapist), ids.own)


def test_scripts_are_shown_as_text_everywhere(populated_live, other_organisation, typists):
    ids, _ = other_organisation
    found: set[str] = set()
    seen: set[str] = set()
    taken: set[str] = set()
    for payload in range(len(PAYLOADS)):
        taken |= type_everywhere(typists[0], payload)
        write_record(typists[1], payload)
        for path, page in pages_of_one_thing(typists[1].sender, ids):
            found |= {f"{path}: {problem}" for problem in injected(page)}
            seen |= shown(page)
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
    found = set()
    for path, page in list(crawl(sender, ids)):
        for text in ("".join(PAYLOADS), "javascript:pwned()", "'\"><pwned>"):
            answer = sender.pages.get(path, query_string=dict.fromkeys(asked_for(page), text))
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


def type_everywhere(typist: Typist, payload: int) -> set[str]:
    """Type into every operation that takes text; return the endpoints that took it."""
    taken = set()
    app = typist.sender.app
    for rule, method in routes(app):
        operation = operation_of(app, rule)
        if operation is None or operation.body is None or "password" in operation.body().load_fields:
            continue
        probe = own_request(rule, method, operation, typist.own)
        answer = typist.type_into(probe, operation.body, payload)
        assert answer is None or answer.status_code < 500, f"{probe}: {answer.get_data(as_text=True)}"
        if answer is not None and answer.status_code < 300:
            taken.add(rule.endpoint)
    return taken


def write_record(therapist: Typist, payload: int) -> None:
    """Type into every section of a record, sign it and open its amendment."""
    rest, path = therapist.sender.rest, f"{RECORDS}/{therapist.own['record_id']}"
    record = rest.get(path)
    if record.json["draft"] is None:
        record = rest.post(f"{path}/amend", headers={"If-Match": record.headers["ETag"]})
    sections = record.json["draft"]["sections"]
    typed = typed_texts(sections, payload)
    saved = rest.patch(f"{path}/draft", {"sections": typed}, etag=record.headers["ETag"])
    assert saved.status_code == 200, saved.json
    checks = rest.get(f"{path}/checks")
    reason = f"{PAYLOADS[payload]} long enough"
    signature = {
        "acknowledged": [finding["id"] for finding in checks.json["findings"]],
        "late_reason": reason,
        "amendment_reason": reason,
    }
    signed = rest.post(f"{path}/sign", signature, headers={"If-Match": checks.headers["ETag"]})
    assert signed.status_code == 200, signed.json


def typed_texts(part: Any, payload: int) -> Any:
    """Return section data with payloads in its free texts; choices and ids stay."""
    if isinstance(part, list):
        return [typed_texts(item, payload) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: PAYLOADS[(payload + turn) % len(PAYLOADS)] if name in FREE else typed_texts(value, payload)
        for turn, (name, value) in enumerate(part.items())
    }


def pages_of_one_thing(sender: Sender, ids: Ids) -> Iterator[tuple[str, Page]]:
    for rule, method in routes(sender.app):
        if method == "GET" and rule.arguments and operation_of(sender.app, rule) is None:
            path = address(rule, ids.own)
            yield path, page_of(sender.pages.get(path))


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
