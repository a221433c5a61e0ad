"""The API description in groups of a page's length: the operations under one tag and every schema they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
UNGROUPED = "Other"
_SCHEMA = "#/components/schemas/"


@dataclass(frozen=True)
class Operation:
    """One method of one path; `about` is its part of the description, `parameters` include those of the path."""

    id: str
    method: str
    path: str
    about: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]

    @property
    def summary(self) -> str:
        """Return what it does in a line, or nothing."""
        return str(self.about.get("summary") or "")


@dataclass(frozen=True)
class Group:
    """The operations that share their first tag, in the order of the description."""

    slug: str
    name: str
    operations: tuple[Operation, ...]


def list_groups(document: Mapping[str, Any]) -> list[Group]:
    """Return every operation of a description exactly once, grouped by tag."""
    found: dict[str, list[Operation]] = {}
    names: dict[str, str] = {}
    for name, operation in _operations(document):
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        names.setdefault(slug, name)
        found.setdefault(slug, []).append(operation)
    return [Group(slug, names[slug], tuple(operations)) for slug, operations in found.items()]


def list_schemas(document: Mapping[str, Any], group: Group) -> dict[str, Mapping[str, Any]]:
    """Return the schemas that a group's operations lead to, also through each other and through shared answers."""
    named: dict[str, Mapping[str, Any]] = {}
    unread: list[Any] = [(operation.about, operation.parameters) for operation in group.operations]
    seen: set[str] = set()
    while unread:
        for reference in set(_references(unread.pop())) - seen:
            seen.add(reference)
            target = _resolve(document, reference)
            unread.append(target)
            if reference.startswith(_SCHEMA):
                named[reference.removeprefix(_SCHEMA)] = target
    return dict(sorted(named.items()))


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                about = item[method]
                plain = re.sub(r"[{}]", "", path).replace("/", "-")
                parameters = (*item.get("parameters", ()), *about.get("parameters", ()))
                operation = Operation(about.get("operationId", method + plain), method, path, about, parameters)
                yield next(iter(about.get("tags", ())), UNGROUPED), operation


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = part.values()
    elif not isinstance(part, (list, tuple)):
        return
    for inner in part:
        yield from _references(inner)


def _resolve(document: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found  # type: ignore[no-any-return]
