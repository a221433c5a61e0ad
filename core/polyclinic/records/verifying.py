"""Prove that what was signed is what is stored: every hash is computed again from the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.orm import Session

from polyclinic.plugins.canonical import NotCanonicalError, content_hash
from polyclinic.records.content import SignedMeasurement, SignedSection, SignedVersion, hash_version
from polyclinic.records.models import (
    MeasurementRow,
    SectionSchemaRow,
    TreatmentRecordSection,
    TreatmentRecordVersion,
)

BATCH = 500


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was signed; names the record, never its content."""

    record_id: UUID | None
    version: int | None
    what: str


@dataclass(frozen=True)
class Verification:
    """Outcome for one organisation."""

    organisation_id: UUID
    versions: int
    differences: tuple[Difference, ...]


_V, _S, _M, _D = TreatmentRecordVersion, TreatmentRecordSection, MeasurementRow, SectionSchemaRow
_ORGANISATION = bindparam("organisation_id", type_=Uuid())
_RECORD_IDS = bindparam("record_ids", type_=ARRAY(Uuid()))
_RECORDS = (
    select(_V.record_id)
    .where(_V.organisation_id == _ORGANISATION, _V.version == 1, _V.record_id > bindparam("after", type_=Uuid()))
    .order_by(_V.record_id)
    .limit(BATCH)
)
_STRAY = (
    select(_V.record_id)
    .where(_V.organisation_id == _ORGANISATION, _V.version > 1)
    .where(_V.record_id.not_in(select(_V.record_id).where(_V.organisation_id == _ORGANISATION, _V.version == 1)))
)
_SCHEMAS = select(_D.digest, _D.description).where(_D.organisation_id == _ORGANISATION)


def _of_records(model: Any, kind: type[Any], *order: Any) -> Any:
    own = {"organisation_id", "record_id", "version", "sections", "measurements"}
    names = [field.name for field in fields(kind) if field.name not in own]
    columns = [model.record_id, model.version, *(getattr(model, name) for name in names)]
    return (
        select(*columns)
        .where(model.organisation_id == _ORGANISATION, model.record_id == any_(_RECORD_IDS))
        .order_by(model.record_id, model.version, *order)
    )


_VERSIONS = _of_records(_V, SignedVersion).add_columns(_V.content_sha256)
_SECTIONS = _of_records(_S, SignedSection, _S.position)
_MEASUREMENTS = _of_records(_M, SignedMeasurement, _M.position)
_VERSION_NAMES = tuple(column.key for column in _VERSIONS.selected_columns)


def verify_organisation(current: Session, organisation_id: UUID) -> Verification:
    """Compute every hash of one organisation again, in batches; row security must let the caller see all its rows."""
    differences: list[Difference] = list(_schema_differences(current, organisation_id))
    stray = current.execute(_STRAY, {"organisation_id": organisation_id}).scalars()
    differences += (Difference(record_id, 1, "the first version is missing") for record_id in stray)
    count, after = 0, UUID(int=0)
    while record_ids := _next_records(current, organisation_id, after):
        after = record_ids[-1]
        checked, found = _verify_batch(current, organisation_id, record_ids)
        count += checked
        differences += found
    return Verification(organisation_id, count, tuple(differences))


def _next_records(current: Session, organisation_id: UUID, after: UUID) -> list[UUID]:
    return list(current.execute(_RECORDS, {"organisation_id": organisation_id, "after": after}).scalars())


def _verify_batch(current: Session, organisation_id: UUID, record_ids: Sequence[UUID]) -> tuple[int, list[Difference]]:
    parameters = {"organisation_id": organisation_id, "record_ids": record_ids}
    sections = _grouped(current.execute(_SECTIONS, parameters), SignedSection)
    measurements = _grouped(current.execute(_MEASUREMENTS, parameters), SignedMeasurement)
    rows = [dict(zip(_VERSION_NAMES, row, strict=True)) for row in current.execute(_VERSIONS, parameters)]
    found = list(_gaps(rows))
    for row in rows:
        key = (row["record_id"], row["version"])
        stored_hash = row.pop("content_sha256")
        signed = SignedVersion(
            **row,
            organisation_id=organisation_id,
            sections=tuple(sections.get(key, ())),
            measurements=tuple(measurements.get(key, ())),
        )
        if _hash(signed) != stored_hash:
            found.append(Difference(*key, "the content differs from what was signed"))
    return len(rows), found


def _hash(signed: SignedVersion) -> str:
    try:
        return hash_version(signed)
    except NotCanonicalError:
        # Something that no signature ever covered, for instance a fraction: not what was signed.
        return ""


def _gaps(rows: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    expected: dict[UUID, int] = {}
    for row in rows:
        number = expected.get(row["record_id"], 0) + 1
        expected[row["record_id"]] = row["version"]
        if row["version"] != number:
            yield Difference(row["record_id"], number, "a version is missing")


def _schema_differences(current: Session, organisation_id: UUID) -> Iterator[Difference]:
    for row in current.execute(_SCHEMAS, {"organisation_id": organisation_id}):
        try:
            is_same = content_hash(row.description) == row.digest
        except NotCanonicalError:
            is_same = False
        if not is_same:
            yield Difference(None, None, f"the description {row.digest} differs from what was stored")


def _grouped(rows: Any, make: Any) -> dict[tuple[UUID, int], list[Any]]:
    grouped: dict[tuple[UUID, int], list[Any]] = {}
    for row in rows:
        grouped.setdefault((row[0], row[1]), []).append(make(*row[2:]))
    return grouped
