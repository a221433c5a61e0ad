"""Moving, cancelling and promoting on PostgreSQL."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select

from polyclinic.audit.models import AuditEvent
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, NotFound, Stale
from polyclinic.scheduling import history, queries
from polyclinic.scheduling.commands import AdvanceAppointment, RescheduleAppointment, Start
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.moving import reschedule_appointment
from polyclinic.scheduling.vocabulary import AppointmentStatus as S
from tests.scheduling.conftest import at, make_client


def move(diary, row, start, **changes):
    command = RescheduleAppointment(row.id, row.row_version, Start(starts_at=start), **changes)
    return reschedule_appointment(diary.actor, command)


def step(diary, row, to, reason="", actor=None):
    return advance_appointment(actor or diary.actor, AdvanceAppointment(row.id, row.row_version, to, reason))


def actions(appointment_id):
    statement = select(AuditEvent.action).where(AuditEvent.object_id == appointment_id)
    return session().execute(statement.order_by(AuditEvent.id)).scalars().all()


def test_moved_visit_keeps_its_room_and_frees_its_old_time(diary, reservations_of):
    row = diary.book(at(10))

    moved = move(diary, row, at(13))

    assert (moved.starts_at.astimezone(UTC), moved.room_name, moved.row_version) == (at(13), "Room 1", 2)
    assert reservations_of(row.id) == [
        ("client", at(13), at(14), False),
        ("room", at(13), at(14, 15), False),
        ("therapist", at(13), at(14, 15), False),
    ]
    assert diary.book(at(10)).starts_at == at(10)


def test_visit_can_move_into_its_own_old_time(diary):
    row = diary.book(at(10))

    assert move(diary, row, at(10, 15)).starts_at.astimezone(UTC) == at(10, 15)


def test_move_onto_another_visit_is_refused_and_changes_nothing(diary, reservations_of):
    row = diary.book(at(10))
    diary.book(at(13), client_id=diary.noor)

    with pytest.raises(Conflict) as caught:
        move(diary, row, at(13))

    assert [conflict.code for conflict in caught.value.conflicts] == ["therapist_busy"]
    assert reservations_of(row.id)[0] == ("client", at(10), at(11), False)


def test_visit_moves_to_another_therapist(diary):
    row = diary.book(at(10))

    assert move(diary, row, at(10), therapist_id=diary.ben.id).therapist_name == "Ben Okafor"


def test_stale_move_is_refused_with_the_current_version(diary):
    row = diary.book(at(10))
    move(diary, row, at(13))

    with pytest.raises(Stale) as caught:
        move(diary, row, at(14))

    assert caught.value.row_version == 2


@pytest.mark.parametrize("to", [S.STARTED, S.CANCELLED])
def test_visit_that_began_or_was_cancelled_cannot_move(diary, to):
    row = step(diary, diary.book(at(10)), to)

    with pytest.raises(Conflict) as caught:
        move(diary, row, at(13))

    assert caught.value.code == "not_movable"


def test_cancelling_frees_the_time_and_keeps_the_reason(diary, reservations_of):
    row = diary.book(at(10))

    cancelled = step(diary, row, S.CANCELLED, "client is ill")

    assert cancelled.status == "cancelled"
    assert reservations_of(row.id) == []
    assert queries.show_appointment(diary.actor, row.id).cancel_reason == "client is ill"
    assert diary.book(at(10), client_id=diary.noor).starts_at == at(10)


def test_cancelling_the_first_promotes_the_overbooked_one(diary, reservations_of):
    first = diary.book(at(10))
    second = diary.book(at(10), client_id=diary.noor, overbook_reason="regular of Ana")

    step(diary, first, S.CANCELLED)

    promoted = queries.get_appointment(diary.actor, second.id)
    assert (promoted.is_overbooked, promoted.row_version) == (False, 2)
    assert {overbooked for *_, overbooked in reservations_of(second.id)} == {False}
    assert actions(second.id) == ["appointment.booked", "appointment.promoted"]


def test_only_the_oldest_overbooked_visit_is_promoted(diary):
    first = diary.book(at(10))
    second = diary.book(at(10), client_id=diary.noor, overbook_reason="regular of Ana")
    eva = make_client(diary.actor, diary.clinic_id, "Eva", "Novak")
    third = diary.book(at(10, 30), client_id=eva, overbook_reason="urgent")

    step(diary, first, S.CANCELLED)

    marks = [queries.get_appointment(diary.actor, row.id).is_overbooked for row in (second, third)]
    assert marks == [False, True]


def test_moving_the_first_away_promotes_too(diary):
    first = diary.book(at(10))
    second = diary.book(at(10), client_id=diary.noor, overbook_reason="regular of Ana")

    move(diary, first, at(14))

    assert queries.get_appointment(diary.actor, second.id).is_overbooked is False


def test_third_cannot_land_on_a_promoted_visit(diary):
    first = diary.book(at(10))
    diary.book(at(10), client_id=diary.noor, overbook_reason="regular of Ana")
    step(diary, first, S.CANCELLED)

    with pytest.raises(Conflict):
        diary.book(at(10), client_id=make_client(diary.actor, diary.clinic_id, "Eva", "Novak"))


def test_visit_goes_from_booked_to_done_and_the_history_tells(diary):
    row = diary.book(at(10))
    for to in (S.CONFIRMED, S.ARRIVED, S.STARTED, S.COMPLETED):
        row = step(diary, row, to)

    assert (row.status, row.row_version) == ("completed", 5)
    assert [each.title for each in history.list_steps(diary.actor, row.id)] == [
        "Booked",
        "Confirmed",
        "Arrived",
        "In room",
        "Done",
    ]


def test_a_step_that_does_not_exist_is_refused(diary):
    row = diary.book(at(10))

    with pytest.raises(Conflict) as caught:
        step(diary, row, S.COMPLETED)

    assert (caught.value.code, caught.value.detail) == (
        "not_a_step",
        "This appointment is booked; it cannot become done from there.",
    )


def test_no_show_frees_the_rest_of_the_time_once_the_visit_began(diary, reservations_of):
    row = diary.book(at(10))
    with pytest.raises(Conflict):
        step(diary, row, S.NO_SHOW)

    with clock.frozen(at(10, 10)):
        missed = step(diary, row, S.NO_SHOW)

    assert missed.status == "no_show"
    assert reservations_of(row.id) == []


def test_undone_cancellation_takes_its_time_again(diary, reservations_of):
    row = step(diary, diary.book(at(10)), S.CANCELLED, "mistake")

    again = step(diary, row, S.BOOKED)

    assert again.status == "booked"
    assert len(reservations_of(row.id)) == 3
    assert queries.show_appointment(diary.actor, row.id).cancel_reason is None


def test_undone_cancellation_is_refused_when_the_time_is_gone(diary):
    row = step(diary, diary.book(at(10)), S.CANCELLED)
    diary.book(at(10), client_id=diary.noor)

    with pytest.raises(Conflict) as caught:
        step(diary, row, S.BOOKED)

    assert [conflict.code for conflict in caught.value.conflicts] == ["therapist_busy"]


def test_stale_step_is_refused(diary):
    row = diary.book(at(10))
    step(diary, row, S.ARRIVED)

    with pytest.raises(Stale):
        step(diary, row, S.ARRIVED)


def test_other_clinics_and_organisations_cannot_touch_it(diary, other_world):
    row = diary.book(at(10))

    for stranger in (diary.world.elsewhere["front_desk"].actor, other_world.actor()):
        with pytest.raises(NotFound):
            step(diary, row, S.ARRIVED, actor=stranger)


def test_buffer_and_length_stay_when_the_service_changes(diary):
    from polyclinic.scheduling.commands import UpdateService
    from polyclinic.scheduling.services.catalogue import update_service

    row = diary.book(at(10))
    update_service(diary.actor, UpdateService(diary.massage.id, 1, {"duration_minutes": 90}))

    moved = move(diary, row, at(13))

    assert moved.ends_at - moved.starts_at == timedelta(hours=1)
