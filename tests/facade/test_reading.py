"""What plugins read of core: facts by batch, at a constant number of statements, within the actor's clinics."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from polyclinic.facade.places import zone_of
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, Stale
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.facts import ClinicFact, MemberFact, OrganisationFact, RecordFact, RegistrationFact
from polyclinic.testing.counting import counted
from tests.facade.conftest import SCOPES


@pytest.fixture(autouse=True)
def granted(grant):
    grant(*SCOPES)


def statements(engine, call) -> int:
    with counted(engine) as found:
        call()
    return found.count


def test_organisation_and_clinics(core, world):
    clinic = world.clinic

    assert core().organisation() == OrganisationFact(world.id, world.organisation.name, world.organisation.slug)
    assert core().clinics.get(clinic.id) == ClinicFact(
        clinic.id, clinic.name, "Europe/London", "1 High Street", "", "", "GB", "", "", is_archived=False
    )
    assert [found.id for found in core().clinics.list()] == [clinic.id for clinic in world.clinics]


def test_zone_of_a_context_is_its_clinics(db, world):
    zones = [zone_of(Ctx(world.actor(), clinic_id)) for clinic_id in (None, world.other_clinic.id, uuid4())]

    assert zones == ["UTC", "America/New_York", "UTC"]


def test_therapists_are_facts_with_the_actors_clinics(core, make, world):
    member = make.member("therapist")
    one, other = make.therapist(member_id=member.id), make.therapist(clinic_id=world.other_clinic.id)
    of_north = core(world.actor("therapist")).therapists

    assert core().therapists.get_many([one.id, other.id, uuid4()]) == {one.id: one, other.id: other}
    assert core().therapists.of_member(member.id) == one
    assert core().therapists.of_member(uuid4()) is None
    assert (of_north.get_many([one.id, other.id]), [found.id for found in of_north.list()]) == ({one.id: one}, [one.id])


def test_registration_is_the_one_that_is_valid_on_the_day(core, make, registered):
    therapist = registered

    found = [
        core().therapists.registration(therapist.id, modality, on)
        for modality, on in (
            ("massage", date(2026, 6, 30)),
            ("massage", date(2026, 7, 1)),
            ("massage", date(2025, 12, 31)),
            ("other", date(2026, 6, 30)),
        )
    ]

    assert found == [RegistrationFact("Council", "M-1", "massage"), None, None, None]


@pytest.fixture
def registered(make, world):
    from polyclinic.therapists.commands import CreateRegistration
    from polyclinic.therapists.services.registrations import create_registration

    therapist = make.therapist()
    until = (date(2026, 1, 1), date(2026, 6, 30))
    create_registration(world.actor(), CreateRegistration(therapist.id, "Council", "M-1", "massage", *until))
    return therapist


def test_merged_client_answers_with_the_surviving_one(core, make, world):
    first, second, third = (make.client() for _ in range(3))
    for merged, into in ((first, second), (second, third)):
        session().execute(
            text("UPDATE client SET merged_into_id = :into WHERE organisation_id = :organisation_id AND id = :id"),
            {"into": into.id, "id": merged.id, "organisation_id": world.id},
        )

    assert core().clients.get_many([first.id, third.id, uuid4()]) == {first.id: third, third.id: third}


def test_clients_are_found_by_name_number_and_mail(core, make):
    tom = make.client("Tömas", "Reed", email="tom@example.org", phone="+44 20 7946 0123", street="1 Quay")
    make.client("Ina", "Stone")

    found = [core().clients.find(words) for words in ("tomas ree", "tom@example", "7946 0123", " ")]

    assert found == [[tom], [tom], [tom], []]


def test_services_keep_archived_ones_by_id_only(core, make, world):
    from polyclinic.scheduling.commands import ArchiveService
    from polyclinic.scheduling.services.catalogue import archive_service

    kept, gone = make.service("Kept"), make.service("Gone")
    archive_service(world.actor(), ArchiveService(gone.id, 1))

    found = core().services.get_many([kept.id, gone.id])

    assert {service_id: fact.is_archived for service_id, fact in found.items()} == {kept.id: False, gone.id: True}
    assert core().services.list() == [kept]


def test_appointments_are_read_by_id_span_and_client(core, make, world):
    here, there = make.appointment(), make.appointment(clinic_id=world.other_clinic.id, therapist_id=south(make, world))
    span = {"starts_from": here.starts_at, "starts_before": here.starts_at + timedelta(minutes=1)}
    of_north = core(world.actor("front_desk")).appointments

    assert core().appointments.get_many([here.id, there.id]) == {here.id: here, there.id: there}
    assert of_north.get_many([here.id, there.id]) == {here.id: here}
    assert of_north.list(clinic_id=None, **span) == [here]
    assert of_north.list(clinic_id=world.clinic.id, statuses=["completed"], **span) == []
    assert [found.id for found in core().appointments.of_client(here.client_id)] == newest_first(here, there)
    with pytest.raises(Invalid):
        of_north.list(clinic_id=None, starts_from=here.starts_at, starts_before=here.starts_at)


def south(make, world):
    return make.therapist(clinic_id=world.other_clinic.id).id


def newest_first(*appointments):
    return [found.id for found in sorted(appointments, key=lambda each: each.starts_at, reverse=True)]


def test_free_times_name_the_room_and_can_be_booked(core, make, world):
    therapist, service, client = make.therapist(), make.service(), make.client()
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    wanted = {"clinic_id": world.clinic.id, "service_id": service.id, "therapist_id": therapist.id}

    times = core().appointments.free_times(**wanted, first_on=day, last_on=day)
    booked = core().appointments.book(**wanted, client_id=client.id, starts_at=times[0].starts_at)

    assert (booked.starts_at, booked.ends_at, booked.local_start, booked.room_id, booked.status) == (
        times[0].starts_at,
        times[0].ends_at,
        times[0].local_start,
        times[0].room_id,
        "booked",
    )
    assert core().appointments.get_many([booked.id]) == {booked.id: booked}
    with pytest.raises(Conflict):
        core().appointments.book(**wanted, client_id=client.id, starts_at=times[0].starts_at)


def test_visit_is_completed_once_and_audited_as_the_actors_act(core, make, world):
    visit = make.appointment(status="started")

    done = core().appointments.complete(visit.id, row_version=visit.row_version)

    assert (done.status, done.row_version) == ("completed", visit.row_version + 1)
    with pytest.raises(Stale):
        core().appointments.complete(visit.id, row_version=visit.row_version)
    with pytest.raises(Conflict):
        core().appointments.complete(visit.id, row_version=done.row_version)


def test_visit_that_nobody_began_in_the_calendar_is_begun_and_completed(core, make, world):
    visit = make.appointment(status="arrived")

    done = core().appointments.complete(visit.id, row_version=visit.row_version)

    assert (done.status, done.row_version) == ("completed", visit.row_version + 2)


def test_records_are_states_without_content_and_without_a_clinical_read(core, make, world, db):
    visit = make.appointment(status="completed")
    record = make.record(appointment_id=visit.id)
    before = clinical_reads(db)

    found = core(world.actor("clinic_manager")).records.of_appointments([visit.id, uuid4()])

    assert found == {visit.id: RecordFact(record.id, visit.id, "draft", None, None)}
    assert core().records.get_many([record.id]) == {record.id: found[visit.id]}
    assert clinical_reads(db) == before


def test_record_that_only_its_author_may_read_is_left_out(core, make, world):
    visit = make.appointment(status="completed")
    record = make.record(appointment_id=visit.id)
    session().execute(
        text("UPDATE treatment_record SET privacy = 'author' WHERE organisation_id = :organisation_id AND id = :id"),
        {"organisation_id": world.id, "id": record.id},
    )

    assert core(world.actor("clinic_manager")).records.of_appointments([visit.id]) == {}


def clinical_reads(db) -> int:
    rows = db.connection().exec_driver_sql("SELECT count(*) FROM audit_event WHERE action LIKE '%%.read'")
    return rows.scalar_one()


def test_members_are_names_and_addresses(core, world):
    person = world.people["therapist"]

    fact = MemberFact(person.member.id, person.member.display_name, person.email)

    assert core().members.get_many([person.member.id]) == {person.member.id: fact}
    assert fact in core().members.list()


@pytest.mark.parametrize(
    ("most", "read"),
    [
        (1, lambda core, facts: core.therapists.get_many(facts["therapists"])),
        (1, lambda core, facts: core.clients.get_many(facts["clients"])),
        (2, lambda core, _: core.clients.find("Tom")),
        (1, lambda core, facts: core.services.get_many(facts["services"])),
        (1, lambda core, facts: core.appointments.get_many(facts["appointments"])),
        (2, lambda core, facts: core.records.of_appointments(facts["appointments"])),
        (2, lambda core, facts: core.records.get_many(facts["records"])),
        (2, lambda core, facts: core.members.get_many(facts["members"])),
    ],
)
def test_batch_costs_the_same_at_one_and_three_ids(core, make, engine, world, most, read):
    counts = []
    for size in (1, 3):
        facts = batch(make, size)
        core().clinics.list()  # the switches are read once for each transaction
        counts.append(statements(engine, lambda facts=facts: read(core(), facts)))

    assert counts == [most, most]


def batch(make, size: int):
    visits = [make.appointment(status="completed", client_id=make.client().id) for _ in range(size)]
    return {
        "therapists": [make.therapist().id for _ in range(size)],
        "clients": [visit.client_id for visit in visits],
        "services": [make.service().id for _ in range(size)],
        "appointments": [visit.id for visit in visits],
        "records": [make.record(appointment_id=visit.id).id for visit in visits],
        "members": [make.member("therapist").id for _ in range(size)],
    }
