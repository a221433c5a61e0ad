"""Chains filled by chance: two clinics in different zones, days on which the clocks change, merged clients, another
organisation beside. Rows are written straight into the tables; nothing here is shared with the code under test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Text, insert, update
from sqlalchemy.orm import Session

from polyclinic.clients.models import Client, ClientClinic
from polyclinic.kit.ids import new_id
from polyclinic.records.models import MeasurementRow, TreatmentRecord, TreatmentRecordVersion
from polyclinic.scheduling.models import Appointment, Service
from polyclinic.testing.worlds import World
from polyclinic.therapists.models import Therapist, TherapistClinic, WorkingHours

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 1), date(2026, 11, 30)
"""Holds both changes of the clocks of both zones."""
CHANGES = (date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1))
STATUSES = ("booked", "confirmed", "arrived", "started", "completed", "completed", "completed", "cancelled", "no_show")
CODES = ("nrs11", "nrs11", "nrs11", "ppt", "applied_pressure", "unheard_of")


@dataclass
class Rows:
    """What was written, as plain dictionaries by table."""

    world: World
    random: Random
    merged: dict[UUID, UUID] = field(default_factory=dict)
    """Clients who turned out to be others, in a chain of up to two steps; their rows still name them."""
    clients: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    therapists: list[dict[str, Any]] = field(default_factory=list)
    places: list[dict[str, Any]] = field(default_factory=list)
    hours: list[dict[str, Any]] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)
    appointments: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    measurements: list[dict[str, Any]] = field(default_factory=list)

    def zone(self, clinic_id: UUID) -> ZoneInfo:
        """Return a clinic's zone."""
        return ZoneInfo(next(clinic.time_zone for clinic in self.world.clinics if clinic.id == clinic_id))


def fill(db: Session, world: World, seed: int, visits: int = 160) -> Rows:
    """Fill the running transaction's organisation; the same seed makes the same chain."""
    rows = Rows(world, Random(seed))
    _people(rows)
    for _ in range(visits):
        _visit(rows)
    tables = (
        *((Client, rows.clients), (ClientClinic, rows.links), (Therapist, rows.therapists)),
        *((TherapistClinic, rows.places), (WorkingHours, rows.hours), (Service, rows.services)),
        *((Appointment, rows.appointments), (TreatmentRecord, rows.records), (TreatmentRecordVersion, rows.versions)),
        (MeasurementRow, rows.measurements),
    )
    for model, written in tables:
        if written:
            db.execute(insert(model.__table__), written)
    for client_id, survivor_id in rows.merged.items():
        known = (Client.organisation_id == world.id, Client.id == client_id)
        db.connection().execute(
            update(Client.__table__).where(*known).values(merged_into_id=survivor_id, merged_at=NOW)
        )
    return rows


def _row(rows: Rows, **values: Any) -> dict[str, Any]:
    return {"organisation_id": rows.world.id, "id": new_id(), **values}


def _people(rows: Rows) -> None:
    chance = rows.random
    clinics = [clinic.id for clinic in rows.world.clinics]
    texts = [name for name, column in Client.__table__.columns.items() if isinstance(column.type, Text)]
    for number in range(14):
        merged = rows.clients[number - 2]["id"] if number in {10, 11, 12} else None
        names = dict.fromkeys(texts, "") | {
            "given_name": f"Client {number}",
            "family_name": rows.world.organisation.name,
        }
        rows.clients.append(_row(rows, birth_on=None, **names))
        if merged is not None:
            rows.merged[rows.clients[-1]["id"]] = merged
        for clinic_id in chance.sample(clinics, chance.choice((1, 1, 2))):
            at = _instant(chance, FIRST, LAST)
            rows.links.append(_row(rows, client_id=rows.clients[-1]["id"], clinic_id=clinic_id, created_at=at))
    for number in range(5):
        left = _instant(chance, date(2026, 6, 1), LAST) if number == 4 else None
        name = f"Therapist {number} {rows.world.organisation.name}"
        rows.therapists.append(_row(rows, display_name=name, modalities=[], archived_at=left, member_id=None))
        for place, clinic_id in enumerate(clinics):
            rows.places.append(_row(rows, therapist_id=rows.therapists[-1]["id"], clinic_id=clinic_id))
            _hours(rows, clinic_id, night=number == 0, weekdays=range(place, 7, 2))
    for minutes in (30, 60):
        rows.services.append(
            _row(rows, name=f"Service {minutes}", synonyms=[], search_text="", duration_minutes=minutes)
        )


def _hours(rows: Rows, clinic_id: UUID, *, night: bool, weekdays: Sequence[int]) -> None:
    """A therapist works every other weekday at each clinic; one through the hours at which clocks change."""
    chance = rows.random
    for weekday in weekdays:
        spans = (
            [(time(0), time(0, 30)), (time(0, 45), time(9))] if night else [(time(9), time(chance.choice((13, 17))))]
        )
        ends_on = chance.choice((None, date(2026, 9, 15)))
        for starts_at, ends_at in spans:
            rows.hours.append(
                _row(
                    rows,
                    therapist_id=rows.therapists[-1]["id"],
                    clinic_id=clinic_id,
                    weekday=weekday,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    valid_from=chance.choice((date(2020, 1, 1), date(2026, 4, 10))),
                    valid_until=ends_on,
                )
            )


def _visit(rows: Rows) -> None:
    chance = rows.random
    clinic = chance.choice(rows.world.clinics)
    starts_at = _instant(chance, FIRST, LAST)
    if chance.random() < 0.2:
        starts_at = datetime.combine(chance.choice(CHANGES), time(chance.randrange(24)), UTC)
    local = starts_at.astimezone(ZoneInfo(clinic.time_zone)).replace(tzinfo=None)
    service = chance.choice(rows.services)
    visit = _row(
        rows,
        clinic_id=clinic.id,
        client_id=chance.choice(rows.clients)["id"],
        therapist_id=chance.choice(rows.therapists)["id"],
        service_id=service["id"],
        room_id=None,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=service["duration_minutes"]),
        time_zone=clinic.time_zone,
        local_start=local,
        status=chance.choice(STATUSES),
        cancel_reason=None,
    )
    if visit["status"] == "cancelled":
        visit["cancel_reason"] = "Ill"
    rows.appointments.append(visit)
    if visit["status"] in {"started", "completed"} and chance.random() < 0.9:
        _record(rows, visit)


def _record(rows: Rows, visit: dict[str, Any]) -> None:
    chance = rows.random
    shared = {name: visit[name] for name in ("clinic_id", "client_id", "therapist_id")}
    when = {
        "service_at": visit["starts_at"],
        "service_ends_at": visit["ends_at"],
        "time_zone": visit["time_zone"],
        "service_name": "Service",
    }
    privacy = chance.choice(("clinic", "clinic", "organisation", "author"))
    record = _row(rows, **shared, **when, author_member_id=None, appointment_id=visit["id"], privacy=privacy)
    rows.records.append(record)
    for version in range(1, chance.choice((1, 2, 2, 3))):
        rows.versions.append(
            _row(
                rows,
                **shared,
                **when,
                record_id=record["id"],
                version=version,
                kind="signed" if version == 1 else "amended",
                outcome="treated",
                reason="" if version == 1 else "More to say",
                recorded_at=visit["ends_at"] + timedelta(hours=version),
                is_late=False,
                signed_by=rows.world.people["therapist"].member.id,
                author_name="",
                findings=[],
                content_sha256="0" * 64,
            )
        )
        _measure(rows, record, version)


def _measure(rows: Rows, record: dict[str, Any], version: int) -> None:
    chance = rows.random
    shared = {name: record[name] for name in ("clinic_id", "client_id", "therapist_id", "service_at")}
    for position in range(chance.randrange(2, 8)):
        rows.measurements.append(
            _row(
                rows,
                **shared,
                record_id=record["id"],
                version=version,
                position=position,
                section_key="sample.points",
                subject_id=f"point {position % 2}",
                code=chance.choice(CODES),
                value=Decimal(chance.randrange(11)),
                unit="of 10",
                region_id=chance.choice((None, "neck_back", "upper_shoulder-left")),
                side=None,
                moment=chance.choice(("before", "before", "after")),
            )
        )


def _instant(chance: Random, first: date, last: date) -> datetime:
    minutes = chance.randrange((last - first).days * 24 * 4) * 15
    return datetime.combine(first, time(), UTC) + timedelta(minutes=minutes)
