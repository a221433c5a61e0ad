"""What a signature covers: the signed document, its canonical form and its hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from polyclinic.plugins.canonical import content_hash

FORMAT = 1
"""Version of the signed document's own form; a change needs a new number and both readers."""


@dataclass(frozen=True)
class SignedMeasurement:
    """One measurement as it was signed."""

    section_key: str
    code: str
    value: Decimal
    unit: str
    moment: str
    subject_id: str | None = None
    region_id: str | None = None
    side: str | None = None


@dataclass(frozen=True)
class SignedSection:
    """One section as it was signed; `print_view` rows are label, value and unit."""

    section_key: str
    title: str
    plugin_id: str
    plugin_version: str
    schema_version: int
    schema_digest: str
    data: dict[str, Any]
    summary: str
    print_view: list[dict[str, Any]]
    marks: list[dict[str, Any]]


@dataclass(frozen=True)
class SignedVersion:
    """One version of a treatment record as it was signed."""

    organisation_id: UUID
    record_id: UUID
    version: int
    clinic_id: UUID
    client_id: UUID
    therapist_id: UUID
    kind: str
    reason: str
    outcome: str
    is_chronic: bool | None
    carried_from_record_id: UUID | None
    service_at: datetime
    service_ends_at: datetime
    time_zone: str
    service_name: str
    recorded_at: datetime
    is_late: bool
    late_reason: str
    signed_by: UUID
    author_name: str
    author_registration: str
    findings: list[dict[str, Any]]
    override_reason: str
    summary: str
    sections: tuple[SignedSection, ...]
    measurements: tuple[SignedMeasurement, ...]


def hash_version(version: SignedVersion) -> str:
    """Return the SHA-256 over the canonical JSON of everything that was signed, the printed rows included."""
    return content_hash({"format": FORMAT, **_plain(vars(version))})


def decimal_text(value: Decimal) -> str:
    """Return one spelling per number: no exponent, no trailing zeros."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def _plain(value: Any) -> Any:
    if isinstance(value, SignedSection | SignedMeasurement):
        value = vars(value)  # `asdict` would copy everything below as well
    if isinstance(value, dict):
        return {name: item if type(item) in _LEAVES else _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [item if type(item) in _LEAVES else _plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):
        return decimal_text(value)
    return str(value) if isinstance(value, UUID) else value


_LEAVES = frozenset({str, int, bool, type(None)})
"""What stands in the document as it is; a call for each of hundreds of values would cost more than the hash."""
