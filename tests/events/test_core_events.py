"""What core announces of its own acts: every event of the catalogue has an act behind it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

from polyclinic.clients.commands import UpdateClient
from polyclinic.clients.services.clients import archive_client, restore_client, update_client
from polyclinic.plugins import announcing
from polyclinic.plugins.core_events import CORE_EVENTS
from polyclinic.scheduling.commands import (
    AdvanceAppointment,
    ArchiveService,
    RescheduleAppointment,
    Start,
    UpdateService,
)
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.catalogue import archive_service, update_service
from polyclinic.scheduling.services.moving import reschedule_appointment
from polyclinic.scheduling.vocabulary import AppointmentStatus as S
from polyclinic.therapists.commands import CreateRegistration, TherapistAtClinic
from polyclinic.therapists.queries import get_therapist
from polyclinic.therapists.services.profiles import (
    add_clinic,
    archive_therapist,
    restore_therapist,
    withdraw_clinic,
)
from polyclinic.therapists.services.registrations import create_registration
from tests.scheduling.conftest import at

CORE = Path(announcing.__file__).parents[1]
ANNOUNCED_ELSEWHERE = {"client.merged", "client.unmerged", "client.erased"}


def test_every_step_of_a_visit_is_told_with_the_status_before(diary, stream):
    row = diary.book(at(10))

    for to in (S.CONFIRMED, S.ARRIVED, S.STARTED, S.COMPLETED, S.STARTED, S.ARRIVED, S.CANCELLED, S.BOOKED):
        row = advance_appointment(diary.actor, AdvanceAppointment(row.id, row.row_version, to, "asked for it"))

    told = [
        (kind, subject, payload.get("from"), payload["on"])
        for kind, _, subject, _, payload in stream.events()
        if kind.startswith("appointment.")
    ]
    assert told == [
        (f"appointment.{status}", row.id, before, "2026-11-23")
        for status, before in [
            ("booked", None),
            ("confirmed", "booked"),
            ("arrived", "confirmed"),
            ("started", "arrived"),
            ("completed", "started"),
            ("started", "completed"),
            ("arrived", "started"),
            ("cancelled", "arrived"),
            ("booked", "cancelled"),
        ]
    ]


def test_moved_visit_tells_both_days_and_the_therapist_before(diary, stream):
    row = diary.book(at(10))

    moved = RescheduleAppointment(row.id, row.row_version, Start(starts_at=at(11, day=24)), therapist_id=diary.ben.id)
    reschedule_appointment(diary.actor, moved)

    assert stream.last() == (
        "appointment.rescheduled",
        "appointment",
        row.id,
        diary.clinic_id,
        {
            "client_id": str(diary.tom),
            "therapist_id": str(diary.ben.id),
            "service_id": str(diary.massage.id),
            "on": "2026-11-24",
            "was_on": "2026-11-23",
            "was_therapist_id": str(diary.ana.id),
        },
    )


def test_changes_of_a_client_are_told_without_their_content(diary, stream):
    changed = update_client(diary.actor, UpdateClient(diary.tom, 1, {"email": "tom@example.org", "city": "Leeds"}))
    archived = archive_client(diary.actor, diary.tom, changed.row_version)
    restore_client(diary.actor, diary.tom, archived.row_version)

    assert stream.events()[-3:] == [
        ("client.updated", "client", diary.tom, None, {"fields": ["city", "email"]}),
        ("client.archived", "client", diary.tom, None, {}),
        ("client.restored", "client", diary.tom, None, {}),
    ]


def test_changes_of_a_service_are_told(diary, stream):
    service = diary.massage
    service = update_service(diary.actor, UpdateService(service.id, service.row_version, {"name": "Massage 61"}))
    service = archive_service(diary.actor, ArchiveService(service.id, service.row_version, is_archived=True))
    archive_service(diary.actor, ArchiveService(service.id, service.row_version, is_archived=False))

    assert stream.events()[-3:] == [
        ("service.updated", "service", service.id, None, {"fields": ["name"]}),
        ("service.archived", "service", service.id, None, {}),
        ("service.restored", "service", service.id, None, {}),
    ]


def test_therapist_joins_changes_and_leaves(diary, stream):
    actor, ana, elsewhere = diary.actor, diary.ana, diary.world.other_clinic.id
    told_before = len(stream.events())

    def version(therapist_id: UUID) -> int:
        return get_therapist(actor, therapist_id).row_version

    add_clinic(actor, TherapistAtClinic(ana.id, version(ana.id), elsewhere))
    withdraw_clinic(actor, TherapistAtClinic(ana.id, version(ana.id), elsewhere))
    create_registration(actor, CreateRegistration(ana.id, "Board", "B-2", "massage", date(2026, 1, 1)))
    archive_therapist(actor, ana.id, version(ana.id))
    restore_therapist(actor, ana.id, version(ana.id))

    assert stream.events()[told_before:] == [
        ("therapist.joined", "therapist", ana.id, elsewhere, {}),
        ("therapist.left", "therapist", ana.id, elsewhere, {}),
        ("therapist.updated", "therapist", ana.id, None, {"fields": ["registrations"]}),
        ("therapist.left", "therapist", ana.id, None, {}),
        ("therapist.joined", "therapist", ana.id, None, {}),
    ]


def test_every_event_of_the_catalogue_is_announced_somewhere():
    written = [path.read_text(encoding="utf-8") for path in CORE.rglob("*.py") if path.name != "core_events.py"]
    calls = "\n".join(text for text in written if "announce(" in text or "tell(" in text)

    unheard = {key for key in CORE_EVENTS if f'"{key}"' not in calls and f'f"{key.partition(".")[0]}.{{' not in calls}
    assert unheard - ANNOUNCED_ELSEWHERE == set()
