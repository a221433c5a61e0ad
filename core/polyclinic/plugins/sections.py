"""Section types by key, and their data: strict and lenient loading, upcasting, and the print view of the archive."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from marshmallow import Schema, ValidationError

from polyclinic.kit.errors import FieldError, Invalid, NotFound
from polyclinic.plugins.canonical import NotCanonicalError, canonical_json
from polyclinic.plugins.contract import SectionData, SectionType
from polyclinic.plugins.describing import describe_section, digest

SECTION_KEY = re.compile(r"([a-z][a-z0-9_]{2,30})\.([a-z][a-z0-9_]{0,40})")
CORE = "core"


class NotUpcastableError(Exception):
    """Stored data cannot be lifted to the current version: it is newer, or a step is missing or raised."""


@dataclass(frozen=True)
class DescribedSection:
    """A section type with the description and digest that are stored beside its data."""

    section_type: SectionType
    description: Mapping[str, Any]
    digest: str
    plugin_id: str


@dataclass(frozen=True)
class SectionCatalogue:
    """All section types that this process can edit and sign, core's and the active plugins'."""

    by_key: Mapping[str, DescribedSection] = field(default_factory=lambda: MappingProxyType({}))

    @staticmethod
    def of(section_types: Iterable[SectionType]) -> SectionCatalogue:
        """Return the catalogue; raises `ValueError` on a malformed or repeated key."""
        described: dict[str, DescribedSection] = {}
        for section_type in section_types:
            if section_type.key in described:
                raise ValueError(f'the section key "{section_type.key}" is declared twice')
            description = describe_section(section_type)
            owner = plugin_of(section_type.key)
            described[section_type.key] = DescribedSection(section_type, description, digest(description), owner)
        return SectionCatalogue(MappingProxyType(described))

    def find(self, key: str) -> DescribedSection | None:
        """Return the section type, or None when its plugin is not loaded."""
        return self.by_key.get(key)

    def get(self, key: str) -> DescribedSection:
        """Return the section type; raises `NotFound`."""
        found = self.find(key)
        if found is None:
            raise NotFound("section type")
        return found

    def offered(self, modalities: Iterable[str], is_enabled: Callable[[str], bool]) -> Iterator[DescribedSection]:
        """Yield what may be added to a record of a service with `modalities`, where `is_enabled(plugin id)`."""
        wanted = frozenset(modalities)
        for described in self.by_key.values():
            applies_to = described.section_type.applies_to
            if (not applies_to or applies_to & wanted) and (
                described.plugin_id == CORE or is_enabled(described.plugin_id)
            ):
                yield described


def plugin_of(key: str) -> str:
    """Return the plugin id (or `core`) that owns a section key; raises `ValueError` for a malformed key."""
    match = SECTION_KEY.fullmatch(key)
    if match is None:
        raise ValueError(f'"{key}" is not a section key of the form <plugin id>.<name>')
    return match.group(1)


def load_strict(section_type: SectionType, data: SectionData) -> dict[str, Any]:
    """Return the data as they are stored: validated, in JSON form; raises `Invalid` with a pointer per field."""
    stored, errors = _load(section_type, data, partial=False)
    if errors:
        raise Invalid(errors)
    return stored


def load_lenient(section_type: SectionType, data: SectionData) -> tuple[dict[str, Any], tuple[FieldError, ...]]:
    """Return a draft's data and what is wrong with them; nothing typed is lost but fields that the schema lacks."""
    stored, errors = _load(section_type, data, partial=True)
    known = _instance(section_type.schema).fields
    kept = {name: data[name] for name in data if name in known and name in _wrong_fields(errors)}
    return {**stored, **json.loads(canonical_json(kept))}, errors


def upcast(section_type: SectionType, data: SectionData, stored_version: int) -> dict[str, Any]:
    """Return a copy of stored data lifted to the current version, step by step; raises `NotUpcastableError`."""
    lifted: dict[str, Any] = json.loads(canonical_json(data))
    if stored_version > section_type.version:
        raise NotUpcastableError(f"{section_type.key}: version {stored_version} is newer than {section_type.version}")
    for version in range(stored_version, section_type.version):
        step = section_type.upcasters.get(version)
        if step is None:
            raise NotUpcastableError(f"{section_type.key}: there is no upcaster from version {version}")
        lifted = step(lifted)
    return lifted


def _load(
    section_type: SectionType, data: SectionData, *, partial: bool
) -> tuple[dict[str, Any], tuple[FieldError, ...]]:
    schema = _instance(section_type.schema)
    try:
        canonical_json(dict(data))
    except NotCanonicalError as error:
        raise Invalid([FieldError(pointer="", detail=str(error), code="not_canonical")]) from error
    errors: tuple[FieldError, ...] = ()
    try:
        loaded = schema.load(dict(data), partial=partial)
    except ValidationError as error:
        errors = tuple(_field_errors(error.messages, ""))
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        loaded = {name: value for name, value in valid.items() if name not in _wrong_fields(errors)}
    return json.loads(canonical_json(schema.dump(loaded))), errors


@lru_cache(maxsize=512)
def _instance(schema: type[Schema]) -> Schema:
    """Making a schema costs more than using it; instances keep no state between loads."""
    return schema()


def _wrong_fields(errors: Iterable[FieldError]) -> frozenset[str]:
    return frozenset(error.pointer.split("/")[1] for error in errors if error.pointer)


def _field_errors(messages: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _field_errors(inner, pointer if name == "_schema" else f"{pointer}/{name}")
    else:
        for text in messages if isinstance(messages, list) else [messages]:
            yield FieldError(pointer=pointer or "/", detail=str(text))
