"""Signed versions as they were stored: reading them needs no plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam

from polyclinic.access.actor import Actor
from polyclinic.access.scope import scoped_everywhere
from polyclinic.audit import trail
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.records.content import SignedMeasurement, SignedSection, SignedVersion
from polyclinic.records.models import MeasurementRow, TreatmentRecordSection, TreatmentRecordVersion
from polyclinic.records.queries.records import RecordRow, get_record_row

_V, _S, _M = TreatmentRecordVersion, TreatmentRecordSection, MeasurementRow
_SECTION_FIELDS = tuple(field.name for field in fields(SignedSection))
_MEASUREMENT_FIELDS = tuple(field.name for field in fields(SignedMeasurement))
_VERSION_FIELDS = tuple(field.name for field in fields(SignedVersion) if field.name not in {"sections", "measurements"})


@dataclass(frozen=True)
class StoredVersion:
    """One signed version and the hash that was stored with it."""

    signed: SignedVersion
    content_sha256: str


@dataclass(frozen=True)
class RecordView:
    """A record as it is read: envelope, open draft and newest signed version."""

    record: RecordRow
    newest: StoredVersion | None

    @property
    def row_version(self) -> int:
        """Return the record's counter, the source of the ETag."""
        return self.record.row_version


def _of_record(model: Any, names: Sequence[str]) -> Any:
    columns = [getattr(model, name) for name in names]
    return scoped_everywhere(model, model.version, *columns).where(
        model.record_id == bindparam("record_id", type_=Uuid()),
        model.version >= bindparam("from_version", type_=Integer()),
    )


_VERSIONS = _of_record(_V, (*_VERSION_FIELDS, "content_sha256")).order_by(_V.version.desc())
_SECTIONS = _of_record(_S, _SECTION_FIELDS).order_by(_S.version, _S.position)
_MEASUREMENTS = _of_record(_M, _MEASUREMENT_FIELDS).order_by(_M.version, _M.position)


def get_treatment_record(actor: Actor, record_id: UUID) -> RecordView:
    """Return a record with its draft and newest version; the look is audited; raises `NotFound`."""
    record = get_record_row(actor, record_id)
    newest = read_newest(actor.organisation_id, record)
    trail.write_read(actor, "treatment_record", [record_id], clinic_id=record.clinic_id)
    return RecordView(record, newest)


def list_versions(actor: Actor, record_id: UUID) -> Sequence[StoredVersion]:
    """Return every signed version of a record, newest first; the look is audited; raises `NotFound`."""
    record = get_record_row(actor, record_id)
    trail.write_read(actor, "treatment_record", [record_id], clinic_id=record.clinic_id)
    return read_versions(actor.organisation_id, record_id)


def get_version(actor: Actor, record_id: UUID, version: int) -> StoredVersion:
    """Return one signed version; the look is audited; raises `NotFound`."""
    found = next((item for item in list_versions(actor, record_id) if item.signed.version == version), None)
    if found is None:
        raise NotFound("version of this treatment record")
    return found


def read_newest(organisation_id: UUID, record: RecordRow) -> StoredVersion | None:
    """Return the newest version of a record that was found in the actor's scope."""
    if record.latest_version is None:
        return None
    return next(iter(read_versions(organisation_id, record.id, from_version=record.latest_version)), None)


def read_versions(organisation_id: UUID, record_id: UUID, *, from_version: int = 1) -> list[StoredVersion]:
    """Return versions of one record, newest first; three statements for any number. The caller proved the scope."""
    parameters = {"organisation_id": organisation_id, "record_id": record_id, "from_version": from_version}
    sections = _by_version(session().execute(_SECTIONS, parameters), SignedSection)
    measurements = _by_version(session().execute(_MEASUREMENTS, parameters), SignedMeasurement)
    return [
        stored_version(row[1:-1], row[-1], sections.get(row[0], ()), measurements.get(row[0], ()))
        for row in session().execute(_VERSIONS, parameters)
    ]


def stored_version(
    values: Sequence[Any],
    content_sha256: str,
    sections: Sequence[SignedSection],
    measurements: Sequence[SignedMeasurement],
) -> StoredVersion:
    """Return the version that its rows describe; `values` in the order of `SignedVersion`'s own fields."""
    own = dict(zip(_VERSION_FIELDS, values, strict=True))
    return StoredVersion(
        SignedVersion(**own, sections=tuple(sections), measurements=tuple(measurements)), content_sha256
    )


def _by_version(rows: Any, kind: type[Any]) -> Mapping[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row[0], []).append(kind(*row[1:]))
    return grouped
