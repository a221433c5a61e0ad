"""Frozen inputs of the plugin services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class EnablePlugin:
    """Switch a plugin on.

    `granted_scopes` None grants all that its manifest asks for; `role_permissions` (role -> permissions of the plugin)
    None grants what the plugin suggests.
    """

    plugin_id: str
    clinic_id: UUID | None = None
    granted_scopes: frozenset[str] | None = None
    role_permissions: Mapping[str, frozenset[str]] | None = None


@dataclass(frozen=True)
class DisablePlugin:
    """Switch a plugin off; its data and signed content stay."""

    plugin_id: str
    clinic_id: UUID | None = None


@dataclass(frozen=True)
class PutSettings:
    """Replace a plugin's settings at a clinic, or (clinic_id None) the organisation's; values are in JSON form."""

    plugin_id: str
    clinic_id: UUID | None
    row_version: int
    values: Mapping[str, Any]
