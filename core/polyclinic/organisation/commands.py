"""Frozen inputs of the organisation feature's writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class FoundOrganisation:
    """Begin a new chain; `slug` is its short name in plain lower-case letters, digits and hyphens."""

    name: str
    slug: str


@dataclass(frozen=True)
class CreateClinic:
    """Open a clinic; `time_zone` is an IANA name, `country` an ISO 3166 alpha-2 code or empty."""

    name: str
    time_zone: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""
    id: UUID | None = None


@dataclass(frozen=True)
class UpdateClinic:
    """Change the named fields of a clinic."""

    clinic_id: UUID
    row_version: int
    changes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateRoom:
    """Add a room to a clinic."""

    clinic_id: UUID
    name: str
    id: UUID | None = None


@dataclass(frozen=True)
class UpdateRoom:
    """Change the named fields of a room."""

    room_id: UUID
    row_version: int
    changes: dict[str, str] = field(default_factory=dict)
