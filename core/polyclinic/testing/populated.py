"""Two organisations with a row of everything, whose every text names its organisation, for probes of the walls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import insert, text

from polyclinic.access.actor import Actor
from polyclinic.app import create_app
from polyclinic.audit.sealing import seal_events
from polyclinic.clients.commands import CreateClient, HealthAnswer, RaiseFlag, RecordAnswers
from polyclinic.clients.services.clients import create_client
from polyclinic.clients.services.flags import raise_flag
from polyclinic.clients.services.health_history import record_answers
from polyclinic.clients.vocabulary import Answer
from polyclinic.identity.commands import CreateApiKey
from polyclinic.identity.services.api_keys import mint_api_key
from polyclinic.identity.services.signing_in import Membership, open_session
from polyclinic.kit import clock, zones
from polyclinic.kit.db import make_engine, session
from polyclinic.kit.ids import new_id
from polyclinic.mail.commands import Attachment, SendMail
from polyclinic.mail.services import send_mail
from polyclinic.organisation.commands import CreateRoom, UpdateClinic
from polyclinic.organisation.services import create_room, update_clinic
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.contract import SafetySeverity
from polyclinic.plugins.models import EntityExtension, Setting
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import enable_plugin
from polyclinic.records.commands import GrantAccess, OpenRecord, SaveDraft, SignRecord
from polyclinic.records.core_sections.safety import NONE
from polyclinic.records.queries.records import RecordRow
from polyclinic.records.services.amending import amend_treatment_record
from polyclinic.records.services.checks import check_treatment_record
from polyclinic.records.services.opening import open_treatment_record
from polyclinic.records.services.saving import save_draft
from polyclinic.records.services.sharing import grant_access
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.records.vocabulary import SAFETY, SOAP
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment, CreateService, Start
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.services.catalogue import create_service
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.testing.databases import TestDatabase, clone, drop
from polyclinic.testing.plugin import Live, commit_world, in_organisation
from polyclinic.testing.plugin_rows import fill_plugins, plugin_ids
from polyclinic.testing.populated_files import fill_client_files
from polyclinic.testing.settling import settle
from polyclinic.testing.sites import site_config
from polyclinic.testing.worlds import Person, World
from polyclinic.therapists.commands import CreateRegistration, CreateTherapist, HoursAtClinic, SetWorkingHours
from polyclinic.therapists.rows import HoursSpan
from polyclinic.therapists.services.hours import set_working_hours
from polyclinic.therapists.services.profiles import create_therapist
from polyclinic.therapists.services.registrations import create_registration

SLUGS = ("canary-harbour", "canary-meadow")
PREPARED = timedelta(days=4)
"""How long before the present the past visits were booked."""

S = AppointmentStatus


@dataclass(frozen=True)
class Populated:
    """A filled organisation: ids by the name that addresses and schemas give them, at either clinic."""

    world: World
    here: Mapping[str, UUID]
    there: Mapping[str, UUID]

    @property
    def canary(self) -> str:
        """Return the text that every text of the organisation holds, in small letters."""
        return self.world.organisation.slug

    @property
    def clinical_canary(self) -> str:
        """Return the text that clinical texts of the second clinic hold, in small letters."""
        return f"clinical-{self.canary}-south"


@dataclass(frozen=True)
class Place:
    """One clinic on its way to be filled."""

    world: World
    number: int
    person: Person
    modality: str | None

    @property
    def admin(self) -> Actor:
        """Return the actor who sets things up."""
        return self.world.actor()

    @property
    def clinic_id(self) -> UUID:
        """Return the clinic."""
        return self.world.clinics[self.number].id

    @property
    def colleagues(self) -> Mapping[str, Person]:
        """Return who works at the clinic, by role."""
        return (self.world.people, self.world.elsewhere)[self.number]

    def text(self, noun: str, *, clinical: bool = False) -> str:
        """Return a text that says where it belongs."""
        prefix = "CLINICAL" if clinical else "CANARY"
        return f"{prefix}-{self.world.organisation.slug}-{('north', 'south')[self.number]}-{noun}"


def populate(world: World) -> Populated:
    """Fill the running transaction's organisation; needs the plugin runtime of an application."""
    registry = runtime().registry
    for plugin in registry.active:
        enable_plugin(world.actor(), EnablePlugin(plugin.id), registry=registry)
    modality = next(iter(runtime().modalities()), None)
    therapists = (world.people["therapist"], world.elsewhere["therapist"])
    here, there = (_fill(Place(world, number, person, modality)) for number, person in enumerate(therapists))
    _fill_organisation(Place(world, 0, world.people["chain_administrator"], modality))
    fill_plugins(world, f"CANARY-{world.organisation.slug}")
    return Populated(world, here, there)


def _fill(place: Place) -> dict[str, UUID]:
    ids = {"clinic_id": place.clinic_id, "member_id": place.colleagues["clinic_manager"].member.id}
    ids |= _furnish(place) | _employ(place) | _register_client(place)
    ids |= _offer_services(place) | _fail_to_tell(place)
    people = (place.admin, place.person.actor)
    ids |= fill_client_files(people, place.clinic_id, ids["client_id"], place.text)
    return ids | _hold_visits(place, ids)


def _furnish(place: Place) -> dict[str, UUID]:
    changes = {name: place.text(name) for name in ("street", "city")} | {"name": place.text("clinic")}
    update_clinic(place.admin, UpdateClinic(place.clinic_id, place.world.clinics[place.number].row_version, changes))
    room = create_room(place.admin, CreateRoom(place.clinic_id, place.text("room")))
    command = CreateApiKey(place.text("key"), ("clinics:read",))
    return {"room_id": room.id, "key_id": mint_api_key(place.admin, place.person.member.id, command).key.id}


def _employ(place: Place) -> dict[str, UUID]:
    modalities = (place.modality,) if place.modality else ()
    command = CreateTherapist(place.text("therapist"), (place.clinic_id,), modalities, place.person.member.id)
    therapist = create_therapist(place.admin, command)
    start = date(2020, 1, 1)
    spans = tuple(HoursSpan(weekday, time(0), time(23, 45), start) for weekday in range(7))
    at_clinic = HoursAtClinic(place.clinic_id, spans)
    set_working_hours(place.admin, SetWorkingHours(therapist.id, therapist.row_version, at_clinic))
    licence = (place.text("authority"), place.text("number"), place.modality or "massage", start)
    registration = create_registration(place.admin, CreateRegistration(therapist.id, *licence))
    return {"therapist_id": therapist.id, "registration_id": registration.id}


def _register_client(place: Place) -> dict[str, UUID]:
    names = ("given_name", "family_name", "preferred_name", "pronouns", "gender_identity", "street", "city")
    texts: dict[str, Any] = {name: place.text(name)[:40] for name in names}
    email = f"{place.text('client').lower()}@example.org"
    client = create_client(
        place.admin,
        CreateClient(place.clinic_id, **texts, email=email, phone="+44 20 7946 0000", birth_on=date(1980, 5, 17)),
    )
    note = place.text("flag-note", clinical=True)
    label = place.text("flag", clinical=True)
    since = date(2024, 1, 1)
    flag = raise_flag(
        place.person.actor, RaiseFlag(client.id, "probe_flag", label, SafetySeverity.CAUTION, note, since_on=since)
    )
    answer = HealthAnswer(
        "probe", Answer.NO, place.text("answer", clinical=True), place.text("question", clinical=True)
    )
    record_answers(place.person.actor, RecordAnswers(client.id, (answer,)))
    return {"client_id": client.id, "flag_id": flag.id}


def _fail_to_tell(place: Place) -> dict[str, UUID]:
    """Leave a delivery that failed for good."""
    plugin_id = next((plugin.id for plugin in runtime().registry.active), "probe")
    values = {"organisation_id": place.world.id, "id": new_id(), "clinic_id": place.clinic_id}
    session().execute(_DELIVERY, values | {"plugin_id": plugin_id, "words": place.text("error")})
    return {"delivery_id": values["id"]}


def _offer_services(place: Place) -> dict[str, UUID]:
    synonyms = (place.text("synonym"),)
    service = create_service(place.admin, CreateService(place.text("service"), 45, place.modality, synonyms))
    return {"service_id": service.id}


def _hold_visits(place: Place, ids: Mapping[str, UUID]) -> dict[str, UUID]:
    """Book one visit per state, and write up the past ones."""
    now = clock.now()
    visits: dict[AppointmentStatus, UUID] = {}
    with clock.frozen(now - PREPARED):
        for hour, status in enumerate((S.COMPLETED, S.STARTED, S.NO_SHOW, S.CANCELLED), start=9):
            visits[status] = _book(place, ids, days=2, hour=hour)
    with clock.frozen(now - timedelta(hours=12)):
        for status, appointment_id in visits.items():
            _advance(place, appointment_id, status)
    for days, status in ((0, S.ARRIVED), (2, S.BOOKED), (3, S.CONFIRMED)):
        visits[status] = _book(place, ids, days=days, hour=10)
        _advance(place, visits[status], status)
    written = {
        "record_id": _signed_record(place, visits[S.COMPLETED]),
        "draft_record_id": _draft(place, visits[S.STARTED]).id,
    }
    return {"appointment_id": visits[S.BOOKED], "visit_id": visits[S.COMPLETED]} | written


def _book(place: Place, ids: Mapping[str, UUID], *, days: int, hour: int) -> UUID:
    zone = place.world.clinics[place.number].time_zone
    day = zones.to_local(clock.now(), zone).date() + timedelta(days=days)
    start = Start(local_start=datetime.combine(day, time(hour)))
    wanted = (place.clinic_id, ids["client_id"], ids["therapist_id"], ids["service_id"], start)
    booked = book_appointment(place.admin, BookAppointment(*wanted, note=place.text("note", clinical=True)))
    return booked.id


_STEPS: Mapping[AppointmentStatus, tuple[AppointmentStatus, ...]] = {
    S.COMPLETED: (S.ARRIVED, S.STARTED, S.COMPLETED),
    S.STARTED: (S.STARTED,),
    S.BOOKED: (),
}


def _advance(place: Place, appointment_id: UUID, status: AppointmentStatus) -> None:
    row_version = 1
    for to in _STEPS.get(status, (status,)):
        reason = place.text("cancel-reason", clinical=True)
        command = AdvanceAppointment(appointment_id, row_version, to, reason)
        row_version = advance_appointment(place.admin, command).row_version


def _draft(place: Place, appointment_id: UUID) -> RecordRow:
    actor = place.person.actor
    record = open_treatment_record(actor, OpenRecord(appointment_id))
    words = ("complaint", "objective", "assessment", "plan")
    sections: dict[str, Any] = {
        SOAP: {word: place.text(word, clinical=True) for word in words} | {"pain_before": 6, "pain_after": 3},
        SAFETY: {"asked": NONE},
    }
    for plugin in runtime().registry.active:
        for demo in plugin.declarations.demo:
            rng = Random(place.number)  # noqa: S311 -- test data
            sections[demo.section_key] = demo.make(rng, 1, None)
    return save_draft(actor, SaveDraft(record.id, record.row_version, sections, is_whole=True)).record


def _signed_record(place: Place, appointment_id: UUID) -> UUID:
    """Sign, amend and sign again, and leave another amendment open."""
    record = _draft(place, appointment_id)
    _sign(place, record.id, record.row_version)
    actor = place.person.actor
    for is_last in (False, True):
        version = record.row_version + (1 if not is_last else 3)
        amended = amend_treatment_record(actor, record.id, version)
        if not is_last:
            _sign(place, record.id, amended.row_version)
    reason = place.text("grant-reason", clinical=True)
    grant_access(actor, GrantAccess(record.id, place.colleagues["clinic_manager"].member.id, reason))
    return record.id


def _sign(place: Place, record_id: UUID, row_version: int) -> None:
    findings = check_treatment_record(place.person.actor, record_id).findings
    reason = place.text("reason", clinical=True)
    ticks = frozenset(finding.id for finding in findings)
    command = SignRecord(record_id, row_version, ticks, late_reason=reason, amendment_reason=reason)
    sign_treatment_record(place.person.actor, command)


_KEY = text(
    "INSERT INTO idempotency_key (organisation_id, principal, key, method, path, request_sha256, status, headers, body)"
    " VALUES (:organisation_id, :principal, :words, 'POST', :words, '', 201, '{}', CAST(:words AS text)::bytea)"
)

_DELIVERY = text(
    "INSERT INTO event_delivery (organisation_id, id, event_id, plugin_id, handler, clinic_id, aggregate_id, position, "
    "state, attempts, next_attempt_at, last_error, finished_at) SELECT organisation_id, :id, id, :plugin_id, "
    "'probe.answer', clinic_id, aggregate_id, position, 'dead', 9, occurred_at, :words, occurred_at FROM event "
    "WHERE organisation_id = :organisation_id AND clinic_id = :clinic_id ORDER BY position LIMIT 1"
)
_ONCE = text(
    "INSERT INTO plugin_once (organisation_id, id, plugin_id, key, at) "
    "VALUES (:organisation_id, :id, 'probe', :words, now())"
)


def _fill_organisation(place: Place) -> None:
    """Add what no service of a feature makes on its own: a setting, a session, a remembered request, a seal."""
    person, organisation_id = place.person, place.world.id
    values = {"organisation_id": organisation_id, "id": new_id(), "key": "probe", "value": place.text("setting")}
    session().execute(insert(Setting).values(values))
    values = {"organisation_id": organisation_id, "id": new_id(), "entity": "client", "entity_id": new_id()}
    values |= {"plugin_id": "probe", "version": 1, "data": {"note": place.text("extension")}}
    session().execute(insert(EntityExtension).values(values))
    own = Membership(person.actor.user_id or new_id(), organisation_id, "", person.member.id)
    open_session(own, session_hours=1, ip=place.text("address"))
    remembered = {"organisation_id": organisation_id, "principal": person.actor.principal, "words": place.text("key")}
    session().execute(_KEY, remembered)
    letter = SendMail(f"{place.text('mail').lower()}@example.org", place.text("subject"), place.text("words"))
    send_mail(place.admin, replace(letter, attachments=(Attachment(place.text("file"), "text/plain", b"probe"),)))
    session().execute(_ONCE, {"organisation_id": organisation_id, "id": new_id(), "words": place.text("once")})


@dataclass(frozen=True)
class PopulatedLive(Live):
    """A live application with two filled organisations; probes act as `own` and look for `foreign`."""

    own: Populated
    foreign: Populated


@dataclass(frozen=True)
class PopulatedTemplate:
    """A filled database to clone and what stands in it."""

    database: TestDatabase
    own: Populated
    foreign: Populated


@contextmanager
def populated_database(admin_url: str) -> Iterator[PopulatedTemplate]:
    """Make a database with two filled organisations, once; clone it for each use."""
    database = clone(admin_url)
    engine = make_engine(database.urls.app, pool_size=2, pool_timeout=5)
    app = create_app(site_config(database))
    try:
        filled = []
        for slug in SLUGS:
            world = commit_world(engine, slug, slug.upper())
            with app.app_context(), in_organisation(app.extensions["polyclinic_session"], world):
                filled.append(populate(world))
            settle(database)
            with app.app_context(), in_organisation(app.extensions["polyclinic_session"], world):
                seal_events(world.actor(), Ed25519PrivateKey.generate())
        app.extensions["polyclinic_engine"].dispose()
        engine.dispose()
        own, foreign = (_with_plugin_ids(database, app, populated) for populated in filled)
        yield PopulatedTemplate(database, own, foreign)
    finally:
        engine.dispose()
        drop(database)


def _with_plugin_ids(database: TestDatabase, app: Flask, populated: Populated) -> Populated:
    """Return a filled organisation with the ids of plugins' rows; those of core keep their names."""
    here, there = (
        {**plugin_ids(database, app, populated.world, ids["clinic_id"]), **ids}
        for ids in (populated.here, populated.there)
    )
    return Populated(populated.world, here, there)


@contextmanager
def open_populated(admin_url: str, template: PopulatedTemplate) -> Iterator[PopulatedLive]:
    """Run an application on a fresh copy of the filled database."""
    database = clone(admin_url, template.database.name)
    engine = make_engine(database.urls.app, pool_size=4, pool_timeout=5)
    app = create_app(site_config(database))
    worlds = template.own.world, template.foreign.world
    yield PopulatedLive(app, database, engine, *worlds, template.own, template.foreign)
    engine.dispose()
    app.extensions["polyclinic_engine"].dispose()
    drop(database)


@pytest.fixture(scope="session")
def populated_template(admin_url: str) -> Iterator[PopulatedTemplate]:
    """Return the filled database, made once per worker."""
    with populated_database(admin_url) as made:
        yield made


@pytest.fixture
def populated_live(admin_url: str, populated_template: PopulatedTemplate) -> Iterator[PopulatedLive]:
    """Return two filled organisations, committed on a fresh database, with an application on it."""
    with open_populated(admin_url, populated_template) as live:
        yield live
