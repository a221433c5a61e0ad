"""Sends probes and judges the answers: nothing of others is told, nothing of others changes, nothing breaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from polyclinic.testing.clients import PageClient, RestClient
from polyclinic.testing.probes import (
    UNPROBED,
    Ids,
    Probe,
    address,
    form_probes,
    link_probes,
    operation_of,
    path_probes,
    routes,
    rule_at,
)
from polyclinic.testing.reading import Page, read_page
from polyclinic.testing.snapshots import VOLATILE, Contents, Observer
from polyclinic.testing.worlds import Person

Crawled: TypeAlias = Sequence[tuple[str, Page]]
"""Pages by the path that shows them."""

_UUID = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_numbers = count()


@dataclass
class Sender:
    """One person's REST and page clients on a live application."""

    app: Flask
    person: Person
    rest: RestClient = field(init=False)
    pages: PageClient = field(init=False)
    loaded: dict[str, TestResponse] = field(default_factory=dict)
    """What a crawl was answered, by address."""

    def __post_init__(self) -> None:
        self.rest = RestClient(self.app, self.person.token)
        self.pages = PageClient(self.app)
        self.pages.enter(self.person)

    def send(self, probe: Probe) -> TestResponse:
        """Send a probe as REST, or as what a browser would send; a page that a crawl loaded is not asked for again."""
        if not probe.where and probe.method == "GET" and not probe.query and probe.path in self.loaded:
            return self.loaded[probe.path]
        if hasattr(self.app.view_functions[probe.endpoint], "operation"):
            return self._call(probe)
        if probe.method == "GET":
            return self.pages.get(probe.path, query_string=dict(probe.form or probe.query))
        values: dict[str, Any] = {}
        for name, value in probe.form or ():
            values.setdefault(name, []).append(value)
        return self.pages.post(probe.path, values)

    def _call(self, probe: Probe) -> TestResponse:
        headers = dict(probe.headers)
        if "Idempotency-Key" in headers:  # one that was used before would replay its answer
            headers["Idempotency-Key"] = f"probe-{next(_numbers)}"
        options: dict[str, Any] = {"query_string": dict(probe.query), "headers": headers}
        if probe.method in {"GET", "DELETE"}:
            send = self.rest.get if probe.method == "GET" else self.rest.delete
            return send(probe.path, **options)
        change = {"POST": self.rest.post, "PATCH": self.rest.patch, "PUT": self.rest.put}[probe.method]
        return change(probe.path, probe.json, **options)


@dataclass(frozen=True)
class Hidden:
    """What no answer may hold: texts in small letters and ids, and the names of ids that no address may reach."""

    canaries: tuple[str, ...]
    ids: frozenset[str]
    nouns: frozenset[str]

    def told_by(self, probe: Probe, response: TestResponse) -> list[str]:
        """Return what an answer says that it must not say; ids that the request held may be repeated."""
        said = response.get_data().lower() + str(response.headers).encode().lower()
        found = [canary for canary in self.canaries if canary.encode() in said]
        ids = {match.decode() for match in _UUID.findall(said)} & self.ids - probe.sent
        return found + sorted(ids)

    def must_refuse(self, probe: Probe) -> bool:
        """Tell whether a probe names a hidden thing in its address, or as part of a change."""
        place, _, names = probe.where.partition(" ")
        parts = {part.removesuffix("s") for name in names.split() for part in name.split(".")}
        is_named = bool((parts | {f"{part}_id" for part in parts}) & self.nouns)
        return is_named and (place == "path" or (place != "query" and probe.is_write))


@dataclass
class Watch:
    """The contents of every organisation, before and after each change."""

    observer: Observer
    own: UUID
    seen: Mapping[UUID, Contents] = field(init=False)

    def __post_init__(self) -> None:
        self.seen = self.observer.all_contents()

    def changes(self) -> tuple[list[str], list[str]]:
        """Return the tables that changed since the last look: one's own, and those of others."""
        before, self.seen = self.seen, self.observer.all_contents()
        own = _changed(before.get(self.own, {}), self.seen.get(self.own, {}), without=VOLATILE)
        others = [
            table
            for organisation_id in {*before, *self.seen} - {self.own}
            for table in _changed(before.get(organisation_id, {}), self.seen.get(organisation_id, {}))
        ]
        return own, others


def run(sender: Sender, probes: Iterable[Probe], hidden: Hidden, watch: Watch) -> list[str]:
    """Send every probe and return what is wrong, one line each; an empty list is a pass."""
    found = _read(watch)
    found += [f"{probe}: {problem}" for probe in probes for problem in judge(sender, probe, hidden, watch)]
    return found + _read(watch)


def judge(sender: Sender, probe: Probe, hidden: Hidden, watch: Watch) -> Iterator[str]:
    """Send one probe and yield what is wrong with its answer and its effects."""
    response = sender.send(probe)
    status = response.status_code
    for told in hidden.told_by(probe, response):
        yield f"{status} tells {told}"
    if status >= 500 or status == 429:
        yield f"answers {status}: {response.get_data(as_text=True)[:300]}"
    if "/sign-in" in response.headers.get("Location", ""):
        yield "is sent to the sign-in: the session ended"
    # A form that is shown again answers 200; one that did what was asked leads on.
    did_it = 300 <= status < 400 if probe.where.startswith("field") else status < 400
    if did_it and hidden.must_refuse(probe):
        yield f"answers {status} for what must not be reached"
    if probe.is_write:
        own, others = watch.changes()
        if others:
            yield f"{status} changed rows of others in {', '.join(others)}"
        if own and status >= 400:
            yield f"{status} changed own rows in {', '.join(own)}"


def page_probes(app: Flask, pages: Crawled, ids: Ids) -> Iterator[Probe]:
    """Yield the probes of every page: addresses, the clinic asked for, and the ids in its forms and links."""
    seen: set[tuple[str, str, str]] = set()
    for probe in _page_probes(app, pages, ids):
        key = (probe.endpoint, probe.method, probe.where)
        if key not in seen:
            seen.add(key)
            yield probe


def forms_found(app: Flask, pages: Crawled) -> frozenset[str]:
    """Return the endpoints to which a form on some page sends."""
    targets = (
        rule_at(app, urlsplit(form.action or path).path, form.method.upper())
        for path, page in pages
        for form in page.forms
    )
    return frozenset(rule.endpoint for rule in targets if rule is not None)


def crawl(sender: Sender, ids: Ids) -> Iterator[tuple[str, Page]]:
    """Yield every page that the sender may see of one's own things, and those that their links with a query lead to."""
    app = sender.app
    shown = [rule for rule, method in routes(app) if method == "GET" and operation_of(app, rule) is None]
    waiting = [address(rule, own) for own in ids.all_own for rule in shown if own is ids.own or rule.arguments]
    seen: set[object] = set()
    linked: list[str] = []
    for path in dict.fromkeys(waiting):
        page = _load(sender, path)
        linked += [link for link in page.links if _is_new(app, link, seen)]
        yield path, page
    for link in linked:
        yield urlsplit(link).path, _load(sender, link)


def _is_new(app: Flask, link: str, seen: set[object]) -> bool:
    """Tell whether a link asks a page for something that no link before it asked for."""
    parts = urlsplit(link)
    rule = rule_at(app, parts.path, "GET") if parts.query and not parts.netloc else None
    key = (rule.endpoint, tuple(sorted(name for name, _ in parse_qsl(parts.query)))) if rule else None
    if rule is None or rule.endpoint in UNPROBED or key in seen:
        return False
    seen.add(key)
    return True


def _page_probes(app: Flask, pages: Crawled, ids: Ids) -> Iterator[Probe]:
    for path, page in pages:
        rule = rule_at(app, path, "GET")
        if rule is not None:
            yield Probe(rule.endpoint, "GET", path)
            yield Probe(rule.endpoint, "GET", path, "query clinic", query={"clinic": str(ids.foreign["clinic_id"])})
        for form in page.forms:
            yield from form_probes(app, form, path, ids)
        for link in page.links:
            yield from link_probes(app, link, path, ids)
    for rule, method in routes(app):
        if operation_of(app, rule) is None:
            own = Probe(rule.endpoint, method, address(rule, ids.own), form=() if method == "POST" else None)
            yield from path_probes(rule, own, ids)


def _load(sender: Sender, path: str) -> Page:
    response = sender.loaded[path] = sender.pages.get(path)
    return read_page(response.get_data(as_text=True)) if response.mimetype == "text/html" else Page()


def _read(watch: Watch) -> list[str]:
    _, others = watch.changes()
    return [f"reading changed rows of others in {table}" for table in others]


def _changed(before: Contents, after: Contents, *, without: frozenset[str] = frozenset()) -> list[str]:
    return sorted(
        table for table in {*before, *after} if table not in without and before.get(table) != after.get(table)
    )
