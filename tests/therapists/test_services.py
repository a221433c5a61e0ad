"""Therapists, registrations and hours beneath the edges."""

from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from polyclinic.kit.errors import Invalid, NotAllowed
from polyclinic.kit.ids import new_id
from polyclinic.organisation.commands import CreateClinic
from polyclinic.organisation.services import create_clinic
from polyclinic.testing.worlds import without
from polyclinic.therapists import queries
from polyclinic.therapists.commands import CreateRegistration, CreateTherapist, HoursAtClinic, SetWorkingHours
from polyclinic.therapists.models import WorkingHours
from polyclinic.therapists.rows import HoursRow, RegistrationState
from polyclinic.therapists.services.hours import set_working_hours
from polyclinic.therapists.services.profiles import create_therapist
from polyclinic.therapists.services.registrations import create_registration
from polyclinic.therapists.vocabulary import RegistrationStatus

TODAY = date(2026, 11, 23)


def test_actor_without_the_permission_creates_no_therapist(db, world):
    actor = without(world.actor(), "therapists:write")

    with pytest.raises(NotAllowed):
        create_therapist(actor, CreateTherapist("Ana", (world.clinic.id,)))


def test_therapist_needs_a_clinic(db, world):
    with pytest.raises(Invalid):
        create_therapist(world.actor(), CreateTherapist("Ana", ()))


def test_own_therapist_is_found_by_the_sign_in(db, world, make_therapist):
    person = world.people["therapist"]
    own = make_therapist(member_id=person.member.id)

    assert queries.find_own_therapist(person.actor) == own
    assert queries.find_own_therapist(world.actor()) is None


def test_registration_state_names_number_and_expiry(db, world, make_therapist):
    ana = make_therapist()
    command = CreateRegistration(ana.id, "Council", "R-1", "neuromuscular", date(2025, 1, 1), date(2026, 11, 22))
    row = create_registration(world.actor(), command)
    expected = RegistrationState(RegistrationStatus.EXPIRED, "R-1", date(2026, 11, 22), row.id)

    assert queries.registration_state(world.actor("front_desk"), ana.id, "neuromuscular", TODAY) == expected
    assert queries.registration_state_for_booking(world.id, ana.id, "neuromuscular", TODAY) == expected
    assert queries.registration_state(world.actor(), ana.id, "sports", TODAY) == RegistrationState(
        RegistrationStatus.MISSING
    )


def test_hours_are_listed_when_they_count_within_the_days(db, world, make_therapist, span):
    ana = make_therapist()
    hours = (
        span("09:00", "12:00"),
        span("13:00", "15:00", valid_until=date(2026, 11, 22)),
        span("15:00", "17:00", valid_from=date(2026, 12, 1)),
    )
    set_working_hours(world.actor(), SetWorkingHours(ana.id, 1, HoursAtClinic(world.clinic.id, hours)))

    listed = queries.list_working_hours(world.actor(), [ana.id], world.clinic.id, TODAY, date(2026, 11, 30))
    for_booking = queries.list_working_hours_for_booking(
        world.id, world.clinic.id, [ana.id], (TODAY, date(2026, 11, 30))
    )

    assert listed == for_booking
    assert listed == [
        HoursRow(0, time(9), time(12), date(2026, 1, 1), None, listed[0].id, ana.id, world.clinic.id),
    ]


def test_hours_at_two_clinics_of_one_zone_may_not_overlap(db, world, make_therapist, span):
    twin = create_clinic(world.actor(), CreateClinic("Twin", world.clinic.time_zone))
    admin = everywhere(world, twin.id)
    ana = create_therapist(admin, CreateTherapist("Ana", (world.clinic.id, world.other_clinic.id, twin.id)))
    set_working_hours(admin, SetWorkingHours(ana.id, 1, HoursAtClinic(world.clinic.id, (span(),))))

    other_zone = HoursAtClinic(world.other_clinic.id, (span(),))
    assert len(set_working_hours(admin, SetWorkingHours(ana.id, 2, other_zone)).hours) == 1
    with pytest.raises(Invalid) as refusal:
        set_working_hours(admin, SetWorkingHours(ana.id, 3, HoursAtClinic(twin.id, (span("16:00", "18:00"),))))
    assert "09:00 to 17:00 at another clinic" in refusal.value.detail


def test_database_itself_refuses_overlapping_hours(db, world, make_therapist, span):
    ana = make_therapist()
    set_working_hours(world.actor(), SetWorkingHours(ana.id, 1, HoursAtClinic(world.clinic.id, (span(),))))
    row = {
        "organisation_id": world.id,
        "id": new_id(),
        "therapist_id": ana.id,
        "clinic_id": world.clinic.id,
        "weekday": 0,
        "starts_at": time(16),
        "ends_at": time(18),
        "valid_from": date(2030, 1, 1),
    }

    with pytest.raises(IntegrityError, match="ex_working_hours_no_overlap"), db.begin_nested():
        db.execute(insert(WorkingHours), row)


def test_every_write_leaves_an_audit_event(db, world, make_therapist, span):
    ana = make_therapist()
    set_working_hours(world.actor(), SetWorkingHours(ana.id, 1, HoursAtClinic(world.clinic.id, (span(),))))

    statement = text("SELECT action FROM audit_event WHERE object_id = :id ORDER BY at, id")

    assert [row.action for row in db.execute(statement, {"id": ana.id})] == ["therapist.created", "therapist.hours_set"]


def everywhere(world, clinic_id):
    """Return the chain administrator with one more clinic."""
    actor = world.actor()
    clinics = (*actor.clinic_ids, clinic_id)
    return replace(actor, clinic_ids=clinics, grants={name: frozenset(clinics) for name in actor.grants})
