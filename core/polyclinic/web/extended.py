"""A row of a feature together with plugins' fields on it, as REST shows a single thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from polyclinic.access.actor import Actor
from polyclinic.plugins.extension_queries import Thing, plain_extensions


class Extended:
    """Has everything that its row has, and `extensions`: plugin id -> values."""

    def __init__(self, row: Any, extensions: Mapping[str, Mapping[str, Any]]) -> None:
        self._row = row
        self.extensions = extensions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def extended(actor: Actor, row: Any, thing: Thing) -> Extended:
    """Return a row with the fields of the plugins that are on and whose values the actor may see."""
    return Extended(row, plain_extensions(actor, thing))


def extensions_field() -> fields.Dict:
    """Return the field `extensions` of a schema of a single thing."""
    return fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String()),
        dump_only=True,
        metadata={"description": "Plugin id -> the values of the fields that it adds."},
    )
