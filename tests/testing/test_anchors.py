"""The test kit makes every one of core's things that a plugin may refer to, and answers with the facts of the SDK."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from polyclinic.kit import clock
from polyclinic.sdk.context import ClientFact, ClinicFact, OrganisationFact, TherapistFact

TOLD = text("SELECT DISTINCT type FROM event WHERE organisation_id = :organisation_id")


def test_anchors_are_facts_of_the_tests_organisation(org, other_org, clinic, therapist, client_record, world):
    assert org == OrganisationFact(world.id, "Harbour", "harbour")
    assert other_org.slug == "meadow"
    assert clinic == ClinicFact(
        world.clinic.id, "Harbour North", "Europe/London", "1 High Street", "", "", "GB", "", "", is_archived=False
    )
    member_id = world.people["therapist"].member.id
    modalities = therapist.modalities
    assert therapist == TherapistFact(therapist.id, "Ana Ruiz", member_id, modalities, (clinic.id,), is_archived=False)
    assert client_record == ClientFact(
        client_record.id, "Tom Hale", "Tom", "Hale", None, "tom.hale@example.org", "", "", "", "", "", is_archived=False
    )


def test_appointment_is_ahead_at_the_clinic_with_both(appointment, clinic, therapist, client_record):
    assert (appointment.clinic_id, appointment.therapist_id, appointment.client_id, appointment.status) == (
        clinic.id,
        therapist.id,
        client_record.id,
        "booked",
    )
    assert appointment.starts_at > clock.now()
    assert appointment.ends_at - appointment.starts_at == timedelta(minutes=60)


def test_no_two_appointments_overlap_when_the_hour_turns_in_between(make, freeze_time):
    freeze_time(datetime(2026, 3, 4, 11, 59, tzinfo=UTC))
    before = [make.appointment(status="completed") for _ in range(2)]
    freeze_time(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
    after = [make.appointment(status="completed") for _ in range(3)]

    assert len({appointment.starts_at for appointment in (*before, *after)}) == 5


@pytest.mark.parametrize("status", ["confirmed", "arrived", "started", "completed", "cancelled", "no_show"])
def test_appointment_is_taken_to_any_status(make, status):
    made = [make.appointment(status=status) for _ in range(3)]

    assert [appointment.status for appointment in made] == [status] * 3
    assert len({appointment.starts_at for appointment in made}) == 3


def test_every_anchor_has_a_factory(make, http):
    clinic = make.clinic("Harbour West", city="Bath")
    member = make.member("front_desk")
    therapist, client, service = make.therapist("Bo Lind"), make.client("Eva"), make.service("Massage", minutes=30)
    booked = make.appointment(therapist_id=therapist.id, client_id=client.id, service_id=service.id)
    record = make.record()

    assert (clinic.name, clinic.city, member.display_name) == ("Harbour West", "Bath", "Front_Desk made-1")
    assert (booked.therapist_name, booked.service_name, booked.client_name) == (
        "Bo Lind",
        "Massage",
        client.display_name,
    )
    rest = http("therapist")
    assert rest.get(f"/api/v1/treatment-records/{record.id}").get_json()["state"] == record.state
    assert rest.get(f"/api/v1/appointments/{record.appointment_id}").get_json()["status"] == "started"


def test_what_is_made_is_announced_as_in_earnest(make, db, world):
    make.clinic()
    for status in ("confirmed", "arrived", "started", "completed", "cancelled", "no_show"):
        make.appointment(status=status)
    make.record()

    told = set(db.execute(TOLD, {"organisation_id": world.id}).scalars())
    assert told >= {
        "appointment.arrived",
        "appointment.booked",
        "appointment.cancelled",
        "appointment.completed",
        "appointment.confirmed",
        "appointment.no_show",
        "appointment.started",
        "client.created",
        "clinic.created",
        "service.created",
        "therapist.joined",
        "treatment_record.created",
    }
