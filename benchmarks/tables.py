"""The rows of every table that is loaded by COPY."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from benchmarks.dataset import CLOSES, OPENS, RECORDED_WEEKS, THERAPISTS_PER_CLINIC, UNWRITTEN_WEEKS, ZONE, Dataset
from benchmarks.founding import Founded
from benchmarks.texts import MODALITY
from benchmarks.written import Writing
from polyclinic.clients.folding import fold_email, fold_name, phone_key, search_text
from polyclinic.plugins.registry import PluginRegistry

Row: TypeAlias = tuple[Any, ...]
LONG_AGO = date(2020, 1, 1)
SLOT_MINUTES = 30
PRICE_MINOR = 4_500


@dataclass(frozen=True)
class Load:
    """What the rows of one organisation are made from; `members` are those of its signing therapists."""

    dataset: Dataset
    members: Sequence[UUID]
    writing: Writing
    money: Sequence[str] = ()
    """Daily figures that are sums of money."""


def load_of(founded: Founded, registry: PluginRegistry) -> Load:
    """Return what a founded organisation is filled from."""
    money = [key for key in founded.figures if not key.startswith("core.")]
    return Load(founded.dataset, [member for member, _ in founded.signers], Writing(registry), money)


@dataclass(frozen=True)
class Table:
    """One table: its columns after `organisation_id`, their PostgreSQL types and its rows in loading order."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Callable[[Load], Iterator[Row]]
    schema: str = "public"


def _table(name: str, columns: str, rows: Callable[[Load], Iterator[Row]], schema: str = "public") -> Table:
    pairs = [column.split(":") for column in columns.split()]
    return Table(name, tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs), rows, schema)


def _therapists(load: Load) -> Iterator[Row]:
    for number in range(load.dataset.therapists):
        member = load.members[number] if number < len(load.members) else None
        yield load.dataset.id("therapist", number), member, f"Therapist {number:03}", [MODALITY]


def _therapist_clinics(load: Load) -> Iterator[Row]:
    data = load.dataset
    for number in range(data.therapists):
        clinic = data.id("clinic", number // THERAPISTS_PER_CLINIC)
        yield data.id("therapist_clinic", number), data.id("therapist", number), clinic


def _registrations(load: Load) -> Iterator[Row]:
    data = load.dataset
    for number in range(data.therapists):
        yield (
            *(data.id("registration", number), data.id("therapist", number)),
            *("Board", f"R{number:05}", MODALITY, LONG_AGO, None),
        )


def _working_hours(load: Load) -> Iterator[Row]:
    data = load.dataset
    for number in range(data.therapists):
        clinic = data.id("clinic", number // THERAPISTS_PER_CLINIC)
        for weekday in range(5):
            row_id = data.id("working_hours", number * 5 + weekday)
            yield row_id, data.id("therapist", number), clinic, weekday, OPENS, CLOSES, LONG_AGO


def _clients(load: Load) -> Iterator[Row]:
    for number in range(load.dataset.clients):
        given, family = load.dataset.client_name(number)
        email, phone = f"client{number}@example.org", f"+4420{number:08}"
        yield (
            *(load.dataset.id("client", number), given, family, email, phone, date(1950 + number % 50, 1, 1)),
            *(fold_name(f"{family} {given}"), fold_name(f"{given} {family}"), fold_email(email), phone_key(phone)),
            search_text([given, family], email, phone),
        )


def _client_clinics(load: Load) -> Iterator[Row]:
    data = load.dataset
    seen: set[tuple[int, int]] = set()
    for visit in data.visits():
        clinic = visit.therapist // THERAPISTS_PER_CLINIC
        if (visit.client, clinic) not in seen:
            seen.add((visit.client, clinic))
            yield data.id("client_clinic", len(seen)), data.id("client", visit.client), data.id("clinic", clinic)


def _appointments(load: Load) -> Iterator[Row]:
    data = load.dataset
    past = (RECORDED_WEEKS + UNWRITTEN_WEEKS) * 5
    for visit in data.visits():
        slot = visit.slot
        yield (
            data.id("appointment", visit.number),
            data.id("clinic", visit.therapist // THERAPISTS_PER_CLINIC),
            data.id("client", visit.client),
            data.id("therapist", visit.therapist),
            data.id("service", visit.service),
            data.id("room", visit.therapist),
            *(slot.starts_at, slot.ends_at, ZONE, slot.local_start),
            "completed" if slot.day < past else "booked",
        )


def _reservations(load: Load) -> Iterator[Row]:
    data = load.dataset
    for visit in data.visits():
        kept = (("therapist", visit.therapist), ("room", visit.therapist), ("client", visit.client))
        for position, (kind, number) in enumerate(kept):
            yield (
                *(data.id("reservation", visit.number * 3 + position), kind, data.id(kind, number)),
                data.id("clinic", visit.therapist // THERAPISTS_PER_CLINIC),
                data.id("appointment", visit.number),
                *(visit.slot.starts_at, visit.slot.ends_at),
            )


def _rollup(load: Load) -> Iterator[Row]:
    """Yield what the product's own rebuild would write; revenue is made up, for nothing was sold here."""
    data = load.dataset
    past = (RECORDED_WEEKS + UNWRITTEN_WEEKS) * 5
    visits = Counter((visit.therapist // THERAPISTS_PER_CLINIC, visit.slot.day) for visit in data.visits())
    number = 0
    for (clinic, day), booked in sorted(visits.items()):
        values = {
            "core.booked": booked,
            "core.completed": booked if day < past else 0,
            "core.minutes_booked": booked * SLOT_MINUTES,
            "core.minutes_bookable": THERAPISTS_PER_CLINIC * (CLOSES.hour - OPENS.hour) * 60,
            "core.records_signed": booked if day < data.recorded_days else 0,
            **dict.fromkeys(load.money, booked * PRICE_MINOR if day < past else 0),
        }
        for key, value in values.items():
            if value:
                number += 1
                currency = "GBP" if key in load.money else ""
                yield data.id("rollup", number), data.id("clinic", clinic), data.day(day), key, currency, value


_PART = "id:uuid record_id:uuid version:int4 clinic_id:uuid client_id:uuid therapist_id:uuid position:int4"
TABLES = (
    _table("therapist", "id:uuid member_id:uuid display_name:text modalities:text[]", _therapists),
    _table("therapist_clinic", "id:uuid therapist_id:uuid clinic_id:uuid", _therapist_clinics),
    _table(
        "registration",
        "id:uuid therapist_id:uuid authority:text number:text modality:text valid_from:date expires_on:date",
        _registrations,
    ),
    _table(
        "working_hours",
        "id:uuid therapist_id:uuid clinic_id:uuid weekday:int2 starts_at:time ends_at:time valid_from:date",
        _working_hours,
    ),
    _table(
        "client",
        "id:uuid given_name:text family_name:text email:text phone:text birth_on:date "
        "sort_name:text name_folded:text email_folded:text phone_digits:text search_text:text",
        _clients,
    ),
    _table("client_clinic", "id:uuid client_id:uuid clinic_id:uuid", _client_clinics),
    _table(
        "appointment",
        "id:uuid clinic_id:uuid client_id:uuid therapist_id:uuid service_id:uuid room_id:uuid starts_at:timestamptz "
        "ends_at:timestamptz time_zone:text local_start:timestamp status:text",
        _appointments,
    ),
    _table(
        "reservation",
        "id:uuid resource_kind:text resource_id:uuid clinic_id:uuid appointment_id:uuid starts_at:timestamptz "
        "ends_at:timestamptz",
        _reservations,
    ),
    _table(
        "treatment_record",
        "id:uuid clinic_id:uuid client_id:uuid therapist_id:uuid appointment_id:uuid service_name:text modality:text "
        "service_at:timestamptz service_ends_at:timestamptz time_zone:text row_version:int4",
        lambda load: load.writing.records(load.dataset),
    ),
    _table(
        "section_schema", "digest:text key:text version:int4 description:jsonb", lambda load: load.writing.schemas()
    ),
    _table(
        "treatment_record_version",
        "id:uuid record_id:uuid version:int4 clinic_id:uuid client_id:uuid therapist_id:uuid kind:text outcome:text "
        "service_at:timestamptz service_ends_at:timestamptz time_zone:text service_name:text recorded_at:timestamptz "
        "is_late:bool signed_by:uuid author_name:text author_registration:text findings:jsonb summary:text "
        "content_sha256:text",
        lambda load: load.writing.versions(load.dataset),
    ),
    _table(
        "treatment_record_section",
        f"{_PART} section_key:text title:text plugin_id:text plugin_version:text schema_version:int4 "
        "schema_digest:text data:jsonb summary:text print_view:jsonb marks:jsonb",
        lambda load: load.writing.sections(load.dataset),
    ),
    _table(
        "measurement",
        f"{_PART} section_key:text code:text value:numeric unit:text moment:text subject_id:text region_id:text "
        "side:text service_at:timestamptz",
        lambda load: load.writing.measurements(load.dataset),
    ),
    _table(
        "daily_rollup",
        "id:uuid clinic_id:uuid day:date figure_key:text currency:text value:int8",
        _rollup,
        schema="plugin_reporting",
    ),
)
