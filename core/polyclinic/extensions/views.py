"""What pages show of plugins' fields on a thing: a form for those who may change them, else their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from polyclinic.access.actor import Actor
from polyclinic.kit.errors import Invalid, PolyclinicError, Stale
from polyclinic.plugins.describing import describe
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_fields import fields_of
from polyclinic.plugins.extension_queries import Extension, Thing, list_extensions
from polyclinic.plugins.form_names import Pairs
from polyclinic.plugins.forms import FormField
from polyclinic.plugins.print_view import print_view
from polyclinic.plugins.schema_forms import read_schema_form, schema_form


@dataclass(frozen=True)
class Card:
    """One plugin's fields on a thing; `url` takes the form, `rows` are label and value for reading."""

    plugin_id: str
    title: str
    url: str
    row_version: int
    can_write: bool
    is_readable: bool
    fields: Sequence[FormField]
    rows: Sequence[tuple[str, str]]
    errors: Mapping[str, str] = field(default_factory=dict)
    stored: Sequence[tuple[str, str]] = ()
    """After a stale save: what is stored now, beside what was typed."""

    @property
    def id(self) -> str:
        """Return the id of the card's element."""
        return f"extension-{self.plugin_id}"


@dataclass(frozen=True)
class TypedValues:
    """A form that came back: what was typed and why it was refused."""

    values: Mapping[str, Any]
    error: PolyclinicError


def cards(actor: Actor, thing: Thing, path: str) -> Sequence[Card]:
    """Return the cards of all plugins on a thing whose pages lie below `path`."""
    found = list_extensions(actor, thing)
    return [card_of(thing.entity, extension, f"{path}/extensions/{extension.plugin_id}") for extension in found]


def card_of(entity: Entity, extension: Extension, url: str, failed: TypedValues | None = None) -> Card:
    """Return one plugin's card, with what was typed when its form came back."""
    schema = fields_of(extension.plugin_id, entity).schema
    errors = _errors(failed.error) if failed else {}
    shown = _rows(entity, extension)
    return Card(
        extension.plugin_id,
        extension.title,
        url,
        extension.row_version,
        extension.can_write,
        extension.is_readable,
        schema_form(schema, extension.plugin_id, failed.values if failed else extension.values, errors),
        shown,
        {_control(extension.plugin_id, pointer): message for pointer, message in errors.items()},
        shown if failed and isinstance(failed.error, Stale) else (),
    )


def read_card(entity: Entity, plugin_id: str, pairs: Pairs) -> dict[str, Any]:
    """Return what a submitted card says; empty texts are null."""
    return read_schema_form(fields_of(plugin_id, entity).schema, plugin_id, pairs)


def _rows(entity: Entity, extension: Extension) -> list[tuple[str, str]]:
    described = {"fields": describe(fields_of(extension.plugin_id, entity).schema)}
    return [(row.label, f"{row.value} {row.unit}".strip()) for row in print_view(described, extension.values)]


def _errors(error: PolyclinicError) -> dict[str, str]:
    if isinstance(error, Invalid):
        return {found.pointer.removeprefix("/values") or "_form": found.detail for found in error.errors}
    return {"_form": error.detail}


def _control(plugin_id: str, pointer: str) -> str:
    return f"{plugin_id}:{pointer.lstrip('/')}" if pointer.startswith("/") else pointer
