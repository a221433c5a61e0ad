"""Write one signed version with its sections and measurements, and close the draft, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict
from polyclinic.kit.ids import new_id
from polyclinic.plugins.sections import DescribedSection
from polyclinic.records.queries.records import RecordRow
from polyclinic.records.queries.versions import StoredVersion
from polyclinic.records.services.drafts import stale

_OWNERS = "record_id uuid, version integer, clinic_id uuid, client_id uuid, therapist_id uuid"
_VERSION = (
    f"organisation_id uuid, id uuid, {_OWNERS}, kind text, reason text, outcome text, is_chronic boolean, "
    "carried_from_record_id uuid, service_at timestamptz, service_ends_at timestamptz, time_zone text, "
    "service_name text, recorded_at timestamptz, is_late boolean, late_reason text, signed_by uuid, author_name text, "
    "author_registration text, findings jsonb, override_reason text, summary text, content_sha256 text"
)
_PART = f"organisation_id uuid, id uuid, {_OWNERS}, position integer"
_SECTION = (
    f"{_PART}, section_key text, title text, plugin_id text, plugin_version text, schema_version integer, "
    "schema_digest text, data jsonb, summary text, print_view jsonb, marks jsonb"
)
_MEASUREMENT = (
    f"{_PART}, section_key text, code text, value numeric, unit text, moment text, subject_id text, region_id text, "
    "side text, service_at timestamptz"
)
_SCHEMA = "organisation_id uuid, digest text, key text, version integer, description jsonb"


def _insert(table: str, columns: str, parameter: str) -> str:
    names = ", ".join(column.strip().split(" ")[0] for column in columns.split(","))
    rows = f"jsonb_to_recordset(CAST(:{parameter} AS jsonb)) AS r ({columns})"
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {rows}"  # noqa: S608 -- built from the constants above


_KNOWN_SCHEMAS = text(
    "SELECT digest FROM section_schema WHERE organisation_id = :organisation_id AND digest = ANY(:digests)"
)
_STORE = text(
    f"""
    WITH schemas AS ({_insert("section_schema", _SCHEMA, "schemas")} ON CONFLICT DO NOTHING),
         versions AS ({_insert("treatment_record_version", _VERSION, "versions")}),
         sections AS ({_insert("treatment_record_section", _SECTION, "sections")}),
         measurements AS ({_insert("measurement", _MEASUREMENT, "measurements")}),
         closed AS (
            DELETE FROM treatment_record_draft
             WHERE organisation_id = :organisation_id AND record_id = :record_id AND row_version = :row_version
            RETURNING record_id
         )
    UPDATE treatment_record r SET row_version = :row_version + 1, updated_at = :now
      FROM closed WHERE r.organisation_id = :organisation_id AND r.id = closed.record_id
    RETURNING r.row_version
    """  # noqa: S608 -- built from the constants above
)


def store_version(record: RecordRow, stored: StoredVersion, described: Sequence[DescribedSection]) -> None:
    """Store a signed version and remove the draft it came from; raises `Stale` when the draft changed meanwhile."""
    signed = stored.signed
    parameters = {
        "organisation_id": signed.organisation_id,
        "record_id": record.id,
        "row_version": record.row_version,
        "now": signed.recorded_at,
        "schemas": _json(_missing_schemas(signed.organisation_id, described)),
        "versions": _json([_version_row(stored)]),
        "sections": _json([_part(stored, n) | vars(item) for n, item in enumerate(signed.sections, start=1)]),
        "measurements": _json(
            [
                _part(stored, n) | vars(item) | {"service_at": signed.service_at}
                for n, item in enumerate(signed.measurements, start=1)
            ]
        ),
    }
    try:
        closed = session().execute(_STORE, parameters).scalar_one_or_none()
    except IntegrityError as error:
        raise Conflict("This record was signed a moment ago. Reload it.", code="already_signed") from error
    if closed is None:
        raise stale(record)


def _missing_schemas(organisation_id: UUID, described: Sequence[DescribedSection]) -> list[dict[str, Any]]:
    """Descriptions are long (40 kB for a protocol) and nearly always stored already."""
    parameters = {"organisation_id": organisation_id, "digests": [item.digest for item in described]}
    known = set(session().execute(_KNOWN_SCHEMAS, parameters).scalars())
    return [_schema_row(organisation_id, item) for item in described if item.digest not in known]


def _version_row(stored: StoredVersion) -> dict[str, Any]:
    own = {name: value for name, value in vars(stored.signed).items() if name not in {"sections", "measurements"}}
    return {**own, "id": new_id(), "content_sha256": stored.content_sha256}


def _part(stored: StoredVersion, position: int) -> dict[str, Any]:
    signed = stored.signed
    return {
        "organisation_id": signed.organisation_id,
        "id": new_id(),
        "record_id": signed.record_id,
        "version": signed.version,
        "clinic_id": signed.clinic_id,
        "client_id": signed.client_id,
        "therapist_id": signed.therapist_id,
        "position": position,
    }


def _schema_row(organisation_id: UUID, described: DescribedSection) -> dict[str, Any]:
    section_type = described.section_type
    return {
        "organisation_id": organisation_id,
        "digest": described.digest,
        "key": section_type.key,
        "version": section_type.version,
        "description": described.description,
    }


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)
