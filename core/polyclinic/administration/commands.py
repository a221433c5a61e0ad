"""Frozen inputs of the administration pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Approved:
    """What an administrator ticked: the plugin's scopes and, for each role, permissions of the plugin."""

    clinic_id: UUID | None
    scopes: frozenset[str]
    role_permissions: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Place:
    """A clinic, or None for the whole organisation."""

    clinic_id: UUID | None
