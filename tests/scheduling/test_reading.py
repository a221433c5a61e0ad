"""Lists, available times and the service catalogue."""

from datetime import UTC, date, timedelta

import pytest
from sqlalchemy import event, select

from polyclinic.audit.models import AuditEvent
from polyclinic.kit.archiving import Archived
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from polyclinic.kit.pagination import PageRequest, decode_cursor
from polyclinic.scheduling import calendar, catalogue, queries
from polyclinic.scheduling.availability import TimesWanted, list_available_times
from polyclinic.scheduling.calendar import Span
from polyclinic.scheduling.commands import ArchiveService, CreateService, UpdateService
from polyclinic.scheduling.queries import AppointmentFilter
from polyclinic.scheduling.services.catalogue import archive_service, create_service, update_service
from polyclinic.testing.worlds import without
from tests.scheduling.conftest import at, cancel, make_client, make_therapist

MONDAY = date(2026, 11, 23)
PAGE = PageRequest(limit=2)


def starts(rows):
    return [row.starts_at.astimezone(UTC) for row in rows]


def statements(engine):
    seen = []
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return seen


def test_therapists_day_shows_their_own_visits_in_order(diary):
    diary.book(at(13))
    diary.book(at(10))
    diary.book(at(10), therapist_id=diary.ben.id, client_id=diary.noor)
    diary.book(at(10, day=24))

    rows = queries.list_therapist_day(diary.actor, diary.ana.id, MONDAY, "Europe/London")

    assert starts(rows) == [at(10), at(13)]


def test_clinics_week_has_seven_local_days(diary):
    diary.book(at(10))
    diary.book(at(10, day=27))
    diary.book(at(10, day=30))

    assert starts(queries.list_week(diary.actor, diary.clinic_id, MONDAY)) == [at(10), at(10, day=27)]
    assert starts(queries.list_day(diary.actor, diary.clinic_id, MONDAY)) == [at(10)]


def test_list_pages_by_start_without_gap_or_repeat(diary):
    booked = [diary.book(at(hour)) for hour in (9, 11, 13)]
    wanted = AppointmentFilter(clinic_id=diary.clinic_id)

    first = queries.list_appointments(diary.actor, wanted, PAGE)
    second = queries.list_appointments(
        diary.actor, wanted, PageRequest(limit=2, after=decode_cursor(first.next_cursor or ""))
    )

    assert [row.id for row in [*first.rows, *second.rows]] == [row.id for row in booked]
    assert second.next_cursor is None


@pytest.mark.parametrize(
    ("narrow", "expected"),
    [
        ({}, 2),
        ({"starts_from": at(11)}, 1),
        ({"starts_before": at(11)}, 1),
        ({"statuses": ("cancelled",)}, 0),
    ],
)
def test_list_is_narrowed_by(diary, narrow, expected):
    diary.book(at(10))
    diary.book(at(13), client_id=diary.noor)

    assert len(queries.list_appointments(diary.actor, AppointmentFilter(**narrow), PageRequest()).rows) == expected


def test_list_is_narrowed_by_person(diary):
    diary.book(at(10))
    diary.book(at(13), client_id=diary.noor)

    of_tom = queries.list_appointments(diary.actor, AppointmentFilter(client_id=diary.tom), PageRequest())

    assert starts(of_tom.rows) == [at(10)]
    assert starts(queries.list_client_appointments(diary.actor, diary.tom)) == [at(10)]


def test_lists_show_nothing_to_other_clinics_and_organisations(diary, other_world):
    row = diary.book(at(10))

    for stranger in (diary.world.elsewhere["clinic_manager"].actor, other_world.actor()):
        assert queries.list_appointments(stranger, AppointmentFilter(), PageRequest()).rows == []
        assert queries.list_client_appointments(stranger, diary.tom) == []
        with pytest.raises(NotFound):
            queries.get_appointment(stranger, row.id)
        with pytest.raises(NotFound):
            queries.list_week(stranger, diary.clinic_id, MONDAY)


def test_lists_need_the_permission(diary):
    with pytest.raises(NotAllowed):
        queries.list_week(without(diary.actor, "appointments:read"), diary.clinic_id, MONDAY)


def test_list_costs_one_statement_whatever_its_length(diary, engine):
    seen = statements(engine)
    wanted = AppointmentFilter(clinic_id=diary.clinic_id)
    diary.book(at(9))
    counts = []
    for hour in (11, 13):
        before = len(seen)
        queries.list_appointments(diary.actor, wanted, PageRequest())
        counts.append(len(seen) - before)
        diary.book(at(hour))

    assert counts == [1, 1]


def test_detail_leaves_a_read_in_the_trail_and_lists_do_not(diary):
    row = diary.book(at(10), note="prefers the front room")
    queries.list_week(diary.actor, diary.clinic_id, MONDAY)

    detail = queries.show_appointment(diary.actor, row.id)

    reads = (
        session().execute(select(AuditEvent.object_id).where(AuditEvent.action == "appointment.read")).scalars().all()
    )
    assert (detail.note, reads) == ("prefers the front room", [row.id])


def test_calendar_groups_the_day_by_therapist_and_shows_free_people(diary):
    diary.book(at(10))
    span = Span(diary.clinic_id, ["Europe/London"], MONDAY, MONDAY + timedelta(days=1))
    rows = calendar.list_visits(diary.actor, span)
    entries = calendar.entries_of(diary.actor, rows, day=MONDAY)

    groups = calendar.by_therapist(rows, entries, [(diary.ana.id, "Ana Ruiz"), (diary.ben.id, "Ben Okafor")])

    assert [(group.title, [entry.title for entry in group.entries]) for group in groups] == [
        ("Ana Ruiz", ["Tom Hale"]),
        ("Ben Okafor", []),
    ]


def times(diary, **changes):
    values = {"first": MONDAY, "end": MONDAY + timedelta(days=1), "service_id": diary.massage.id}
    parties = {"clinic_id": diary.clinic_id, "therapist_id": diary.ana.id}
    return list_available_times(diary.actor, TimesWanted(**values | parties | changes))


def test_free_times_leave_out_the_past_the_taken_and_what_does_not_fit(diary):
    diary.book(at(10))
    diary.book(at(13, 30), client_id=diary.noor)

    offered = {time.starts_at for time in times(diary)}

    assert at(9) not in offered
    assert at(11) not in offered
    assert at(11, 15) in offered
    assert at(12, 15) in offered
    assert at(12, 30) not in offered
    assert max(offered) == at(16)


def test_every_offered_time_can_be_booked(diary):
    for time in times(diary)[::7]:
        row = diary.book(time.starts_at)
        assert row.starts_at == time.starts_at
        cancel(diary, row)


def test_explained_times_carry_every_reason(diary):
    diary.book(at(10))

    found = {time.starts_at: time for time in times(diary, is_explained=True, client_id=diary.tom)}

    assert (found[at(10)].is_available, found[at(10)].reasons) == (False, ["therapist_busy", "client_busy"])
    assert (found[at(12)].is_available, found[at(12)].reasons) == (True, [])


def test_expired_registration_ends_the_offer(diary):
    offered = times(diary, service_id=diary.protocol.id, first=date(2026, 11, 30), end=date(2026, 12, 2))

    assert {time.local_start[:10] for time in offered} == {"2026-11-30"}


@pytest.mark.parametrize("end", [MONDAY, MONDAY + timedelta(days=32)])
def test_more_than_a_month_or_less_than_a_day_is_refused(diary, end):
    with pytest.raises(Invalid) as caught:
        times(diary, end=end)

    assert [error.pointer for error in caught.value.errors] == ["/to"]


def test_free_times_of_another_organisation_do_not_exist(diary, other_world):
    with pytest.raises(NotFound):
        times(diary, clinic_id=other_world.clinic.id)


def test_free_times_see_the_therapists_time_at_another_clinic(diary):
    from polyclinic.therapists.commands import TherapistAtClinic
    from polyclinic.therapists.services.profiles import add_clinic

    south = diary.world.other_clinic.id
    add_clinic(diary.actor, TherapistAtClinic(diary.ana.id, diary.ana.row_version + 1, south))
    diary.book(at(10), clinic_id=south, overbook_reason="visiting day")

    assert at(10) not in {time.starts_at for time in times(diary)}


def test_conflict_from_another_clinic_shows_its_time_only(diary):
    from polyclinic.therapists.commands import TherapistAtClinic
    from polyclinic.therapists.services.profiles import add_clinic

    south = diary.world.other_clinic.id
    add_clinic(diary.actor, TherapistAtClinic(diary.ana.id, diary.ana.row_version + 1, south))
    elsewhere = diary.book(at(10), clinic_id=south, overbook_reason="visiting day")

    with pytest.raises(Conflict) as caught:
        diary.book(at(10), diary.world.actor("front_desk"), client_id=diary.noor)

    conflict = caught.value.conflicts[0]
    assert (conflict.code, conflict.starts_at.astimezone(UTC), conflict.ref) == ("therapist_busy", at(10), None)
    assert str(elsewhere.id) not in repr(caught.value.conflicts)
    assert "South" not in caught.value.detail


@pytest.mark.parametrize("text", ["myotherapy", "MYOTHERAPY", "neuromus", "trigger point"])
def test_service_is_found_by_name_and_synonym(diary, text):
    found = catalogue.list_services(diary.actor, PageRequest(), text=text)

    assert [row.name for row in found.rows] == ["Neuromuscular 60"]


def test_changed_synonyms_are_searched(diary):
    update_service(diary.actor, UpdateService(diary.massage.id, 1, {"synonyms": ["Relaxation"]}))

    assert [row.name for row in catalogue.list_services(diary.actor, PageRequest(), text="relax").rows] == [
        "Massage 60"
    ]


def test_archived_service_leaves_the_list_and_cannot_be_booked(diary):
    archive_service(diary.actor, ArchiveService(diary.massage.id, 1))

    shown = catalogue.list_services(diary.actor, PageRequest())
    hidden = catalogue.list_services(diary.actor, PageRequest(), archived=Archived.ONLY)
    with pytest.raises(Conflict) as caught:
        diary.book(at(10), overbook_reason="regular")

    assert [row.name for row in shown.rows] == ["Neuromuscular 60"]
    assert [row.name for row in hidden.rows] == ["Massage 60"]
    assert [conflict.code for conflict in caught.value.conflicts] == ["archived"]


def test_second_service_of_a_name_and_a_stale_change_are_refused(diary):
    with pytest.raises(Conflict):
        create_service(diary.actor, CreateService("Massage 60", 30))
    with pytest.raises(Stale):
        update_service(diary.actor, UpdateService(diary.massage.id, 7, {"name": "Other"}))


def test_services_of_another_organisation_do_not_exist(diary, other_world):
    with pytest.raises(NotFound):
        catalogue.get_service(other_world.actor(), diary.massage.id)
    with pytest.raises(NotAllowed):
        create_service(diary.world.actor("front_desk"), CreateService("New", 30))


def test_new_therapist_without_visits_costs_the_calendar_no_statement(diary, engine):
    seen = statements(engine)
    span = Span(diary.clinic_id, ["Europe/London"], MONDAY, MONDAY + timedelta(days=1))
    counts = []
    for name in ("Cleo Martin", "Dai Evans"):
        cleo = make_therapist(diary.actor, diary.clinic_id, name)
        diary.book(
            at(10 if name.startswith("C") else 12),
            therapist_id=cleo.id,
            client_id=make_client(diary.actor, diary.clinic_id, name, ""),
        )
        before = len(seen)
        rows = calendar.list_visits(diary.actor, span)
        calendar.entries_of(diary.actor, rows, day=MONDAY)
        counts.append(len(seen) - before)

    assert counts[0] == counts[1]
