"""Requests with ids that the sender must not reach, made from the URL map, the schemas and the pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, Rule

from polyclinic.plugins.runtime import runtime
from polyclinic.testing.bodies import Place, body_for, id_places, replaced
from polyclinic.testing.reading import Form
from polyclinic.web.api_blueprint import Operation

WORDS: Mapping[str, Callable[[], str]] = {
    "version": lambda: "1",
    "key": lambda: next((d.key for p in runtime().registry.active for d in p.declarations.documents), "probe"),
    "subject_id": lambda: str(UUID(int=1)),
    "kind": lambda: "csv",
    "report_key": lambda: next((r.key for p in runtime().registry.active for r in p.declarations.reports), "probe"),
    "api_group": lambda: "appointments",
    "plugin_id": lambda: next((plugin.id for plugin in runtime().registry.active), "probe"),
}
"""Address arguments that name no row."""

UNPROBED = frozenset({"static"})
"""Endpoints that serve files and touch no row."""

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class UnknownArgument(Exception):
    """An address has an argument that `populate` gives no id for; the text names the rule and the argument."""


@dataclass(frozen=True)
class Ids:
    """Ids by name: the sender's own, and those that it must not reach."""

    own: Mapping[str, UUID]
    foreign: Mapping[str, UUID]
    variants: Sequence[Mapping[str, UUID]] = ()
    """Further ids of one's own, for instance a record in another state, whose pages show other forms."""

    @property
    def all_own(self) -> Sequence[Mapping[str, UUID]]:
        """Return every set of one's own ids."""
        return (self.own, *({**self.own, **variant} for variant in self.variants))

    @cached_property
    def nouns(self) -> Mapping[str, str]:
        """Return what each of one's own ids names."""
        return {str(value): noun for own in reversed(self.all_own) for noun, value in own.items()}


@dataclass(frozen=True)
class Probe:
    """One request; `where` says which id is the foreign one, empty when none is."""

    endpoint: str
    method: str
    path: str
    where: str = ""
    json: Any = None
    form: Sequence[tuple[str, str]] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_foreign_path(self) -> bool:
        """Tell whether the address itself names the foreign thing."""
        return self.where.startswith("path")

    @property
    def is_write(self) -> bool:
        """Tell whether the request may change something."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}

    @property
    def sent(self) -> frozenset[str]:
        """Return every id that the request holds: an answer may repeat them."""
        return frozenset(_UUID.findall(f"{self.path} {self.json} {self.form} {dict(self.query)}".lower()))

    def __str__(self) -> str:
        return f"{self.method} {self.path} [{self.where or 'own ids'}]"


def operation_of(app: Flask, rule: Rule) -> Operation | None:
    """Return the REST operation behind a rule, None for a page."""
    return getattr(app.view_functions[rule.endpoint], "operation", None)


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield every rule with each method that it answers, the automatic ones left out."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule.endpoint not in UNPROBED:
                yield rule, method


def api_probes(app: Flask, ids: Ids) -> Iterator[Probe]:
    """Yield the probes of every REST operation: each id of address, query and body replaced, one at a time."""
    for rule, method in routes(app):
        operation = operation_of(app, rule)
        if operation is not None:
            yield from _of_operation(rule, method, operation, ids)


def own_request(rule: Rule, method: str, operation: Operation, ids: Mapping[str, UUID]) -> Probe:
    """Return a request of an operation with one's own ids alone."""
    body = body_for(operation.body, ids) if operation.body else None
    query = body_for(operation.query, ids) if operation.query else {}
    return Probe(rule.endpoint, method, address(rule, ids), "", body, None, query, _headers(method, operation))


def address(rule: Rule, ids: Mapping[str, UUID], **changed: UUID) -> str:
    """Return the path of a rule; raises `UnknownArgument`."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        if name not in ids and name not in WORDS:
            raise UnknownArgument(f"{rule.rule} has the argument {name}: add it to `populate`, or to WORDS.")
        values[name] = changed.get(name) or ids.get(name) or WORDS[name]()
    return _adapter(rule).build(rule.endpoint, values, append_unknown=False)


def path_probes(rule: Rule, own: Probe, ids: Ids) -> Iterator[Probe]:
    """Yield the probe with foreign ids in every argument, and those with one alone."""
    arguments = sorted(name for name in rule.arguments if name in ids.own)
    groups = [tuple(arguments)] + [(name,) for name in arguments if len(arguments) > 1]
    for names in groups if arguments else ():
        changed = {name: ids.foreign[name] for name in names}
        yield _moved(own, address(rule, ids.own, **changed), f"path {' '.join(names)}")


def form_probes(app: Flask, form: Form, at: str, ids: Ids) -> Iterator[Probe]:
    """Yield the probes of one form: its address and each of its fields that holds an id, replaced one at a time."""
    path = urlsplit(form.action or at).path
    rule = rule_at(app, path, form.method.upper())
    if rule is None or operation_of(app, rule) is not None:
        return
    values = tuple(form.values)
    own = Probe(rule.endpoint, form.method.upper(), path, "", None, values)
    yield from path_probes(rule, own, ids)
    for number, (name, value) in enumerate(values):
        foreign = foreign_for(name, value, ids)
        if foreign is not None:
            changed = (*values[:number], (name, str(foreign)), *values[number + 1 :])
            yield Probe(rule.endpoint, own.method, path, f"field {name}", None, changed)


def link_probes(app: Flask, link: str, at: str, ids: Ids) -> Iterator[Probe]:
    """Yield the probes of a link's query parameters that hold an id."""
    parts = urlsplit(link)
    path = parts.path or at
    rule = rule_at(app, path, "GET") if not parts.netloc else None
    if rule is None or rule.endpoint in UNPROBED:
        return
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name, value in query.items():
        foreign = foreign_for(name, value, ids)
        if foreign is not None:
            yield Probe(rule.endpoint, "GET", path, f"query {name}", query=query | {name: str(foreign)})


def foreign_for(name: str, value: str, ids: Ids) -> UUID | None:
    """Return the foreign counterpart of a value, known by the value itself or by the field's name."""
    nouns = ids.nouns
    for noun in (nouns.get(value), name, f"{name}_id", name.rpartition(".")[2]):
        if noun is not None and noun in ids.foreign:
            return ids.foreign[noun]
    return None


def rule_at(app: Flask, path: str, method: str) -> Rule | None:
    """Return the rule that answers a path."""
    try:
        rule, _ = app.url_map.bind("localhost").match(path, method=method, return_rule=True)
    except HTTPException:
        return None
    return rule


def _of_operation(rule: Rule, method: str, operation: Operation, ids: Ids) -> Iterator[Probe]:
    own = own_request(rule, method, operation, ids.own)
    if method == "GET":
        yield own
    yield from path_probes(rule, own, ids)
    if operation.query is not None:
        for place, noun in id_places(operation.query, own.query):
            yield _asking(own, place, ids.foreign[noun])
    if operation.body is not None:
        for place, noun in id_places(operation.body, own.json):
            if noun != "id":
                yield _sending(own, place, ids.foreign[noun])


def taken_id_probes(app: Flask, ids: Ids) -> Iterator[Probe]:
    """Yield the creations whose chosen id is one that another organisation's thing has: ids are one's own affair."""
    for rule, method in routes(app):
        operation = operation_of(app, rule)
        if operation is None or operation.body is None or "id" not in operation.body().load_fields:
            continue
        own = own_request(rule, method, operation, ids.own)
        last = rule.rule.rstrip("/").rsplit("/", 1)[-1].removesuffix("s").replace("-", "_")
        nouns = (f"{last}_id", f"{last.split('_')[-1]}_id")
        taken = next((ids.foreign[noun] for noun in nouns if noun in ids.foreign), ids.foreign["client_id"])
        yield _sending(own, ("id",), taken)


def _sending(own: Probe, place: Place, foreign: UUID) -> Probe:
    where = f"body {'.'.join(map(str, place))}"
    body = replaced(own.json, place, str(foreign))
    return Probe(own.endpoint, own.method, own.path, where, body, None, own.query, own.headers)


def _asking(own: Probe, place: Place, foreign: UUID) -> Probe:
    where = f"query {'.'.join(map(str, place))}"
    query = replaced(own.query, place, str(foreign))
    return Probe(own.endpoint, own.method, own.path, where, own.json, None, query, own.headers)


def _moved(own: Probe, path: str, where: str) -> Probe:
    return Probe(own.endpoint, own.method, path, where, own.json, own.form, own.query, own.headers)


def _headers(method: str, operation: Operation) -> dict[str, str]:
    headers = {"If-Match": '"1"'} if operation.if_match else {}
    if method == "POST" and operation.needs_key:
        headers["Idempotency-Key"] = "probe"
    return headers


def _adapter(rule: Rule) -> MapAdapter:
    assert rule.map is not None  # noqa: S101 -- every rule of an application is bound
    return rule.map.bind("localhost")
