"""Booking on PostgreSQL: reservations, conflicts, overbooking, scope."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from polyclinic.audit.models import AuditEvent
from polyclinic.kit.db import session
from polyclinic.kit.errors import BookingConflict, Conflict, Invalid, NotAllowed, NotFound
from polyclinic.kit.ids import new_id
from polyclinic.organisation.commands import CreateRoom
from polyclinic.organisation.services import create_room
from polyclinic.scheduling import queries
from polyclinic.scheduling.commands import Start
from polyclinic.testing.worlds import without
from tests.scheduling.conftest import at, make_client, make_therapist

OVERBOOK = "appointments:overbook"


def refusal(diary, start, actor=None, **changes):
    with pytest.raises(Conflict) as caught:
        diary.book(start, actor, **changes)
    return caught.value


def codes(error):
    return [conflict.code for conflict in error.conflicts]


def test_booking_keeps_therapist_and_room_with_buffers_and_the_client_without(diary, reservations_of):
    row = diary.book(at(10))

    assert reservations_of(row.id) == [
        ("client", at(10), at(11), False),
        ("room", at(10), at(11, 15), False),
        ("therapist", at(10), at(11, 15), False),
    ]


def test_booked_appointment_reads_back_as_it_was_answered(diary):
    row = diary.book(at(10))

    assert queries.get_appointment(diary.actor, row.id) == row
    assert (row.client_name, row.therapist_name, row.service_name) == ("Tom Hale", "Ana Ruiz", "Massage 60")
    assert (row.room_name, row.status, row.row_version) == ("Room 1", "booked", 1)
    assert (row.local_start_text, row.time_zone) == ("2026-11-23T10:00:00", "Europe/London")


def test_booking_leaves_one_line_in_the_trail_and_links_the_client_to_the_clinic(diary):
    row = diary.book(at(10))

    actions = session().execute(select(AuditEvent.action).where(AuditEvent.object_id == row.id)).scalars().all()
    links = text("SELECT count(*) FROM client_clinic WHERE client_id = :id AND clinic_id = :clinic")
    linked = session().execute(links, {"id": diary.tom, "clinic": diary.clinic_id}).scalar_one()
    assert (actions, linked) == (["appointment.booked"], 1)


def test_taken_time_is_refused_with_every_conflict_and_the_next_free_time(diary):
    first = diary.book(at(10))

    error = refusal(diary, at(10, 30))

    assert error.conflicts == (
        BookingConflict(
            "therapist_busy", "therapist", at(10), at(11, 15), "Ana Ruiz is busy from 10:00 to 11:15.", str(first.id)
        ),
        BookingConflict(
            "client_busy",
            "client",
            at(10),
            at(11),
            "The client has another appointment from 10:00 to 11:00.",
            str(first.id),
        ),
    )
    assert error.detail.endswith("The next free time is Monday 23 November 2026, 11:15.")


def test_refused_booking_leaves_nothing(diary):
    diary.book(at(10))
    before = session().execute(text("SELECT count(*) FROM reservation")).scalar_one()

    refusal(diary, at(10))

    assert session().execute(text("SELECT count(*) FROM reservation")).scalar_one() == before


def test_visits_that_only_touch_are_both_booked(diary):
    diary.book(at(10))

    row = diary.book(at(11, 15))

    assert row.starts_at == at(11, 15)


def test_second_visit_gets_the_next_free_room_and_a_third_none(diary):
    rooms = [
        diary.book(at(10)).room_name,
        diary.book(at(10), therapist_id=diary.ben.id, client_id=diary.noor).room_name,
    ]
    cleo = make_therapist(diary.actor, diary.clinic_id, "Cleo Martin")
    eva = make_client(diary.actor, diary.clinic_id, "Eva", "Novak")

    error = refusal(diary, at(10), therapist_id=cleo.id, client_id=eva)

    assert rooms == ["Room 1", "Room 2"]
    assert codes(error) == ["room_busy"]


def test_wished_room_is_kept_to(diary):
    room = create_room(diary.actor, CreateRoom(diary.clinic_id, "Room 9"))

    assert diary.book(at(10), room_id=room.id).room_name == "Room 9"
    assert codes(refusal(diary, at(10), room_id=room.id, therapist_id=diary.ben.id, client_id=diary.noor)) == [
        "room_busy"
    ]


def test_room_of_another_clinic_does_not_exist_here(diary):
    elsewhere = next(room for room in diary.world.rooms if room.clinic_id == diary.world.other_clinic.id)

    with pytest.raises(NotFound):
        diary.book(at(10), room_id=elsewhere.id)


def test_time_outside_the_hours_names_them_and_the_next_free_time(diary):
    error = refusal(diary, at(16, 30))

    assert [(conflict.code, conflict.detail) for conflict in error.conflicts] == [
        ("outside_hours", "Ana Ruiz does not work then. Working hours on this day: 09:00 to 17:00.")
    ]
    assert error.detail.endswith("The next free time is Tuesday 24 November 2026, 09:00.")


def test_valid_registration_lets_the_modality_be_booked(diary):
    assert diary.book(at(10), service_id=diary.protocol.id).service_modality == "neuromuscular"


def test_expired_registration_refuses_the_modality_on_that_day(diary):
    error = refusal(diary, at(10) + timedelta(days=8), service_id=diary.protocol.id)

    assert codes(error) == ["registration_expired"]
    assert error.conflicts[0].detail.startswith(
        "Ana Ruiz has an expired registration for neuromuscular on 01 December 2026."
    )


def test_missing_registration_refuses_the_modality_even_with_overbooking(diary):
    error = refusal(
        diary, at(10), service_id=diary.protocol.id, therapist_id=diary.ben.id, overbook_reason="asked for him"
    )

    assert codes(error) == ["registration_missing"]


def test_therapist_of_another_clinic_is_refused_by_name_only_to_those_who_see_them(diary):
    south = make_therapist(diary.actor, diary.world.other_clinic.id, "Sue South")

    error = refusal(diary, at(10), therapist_id=south.id, overbook_reason="visiting")
    with pytest.raises(NotFound):
        diary.book(at(10), diary.world.actor("front_desk"), therapist_id=south.id)

    assert [(c.code, c.detail) for c in error.conflicts] == [
        ("not_at_this_clinic", "Sue South does not work at Harbour North. Choose another therapist.")
    ]


def test_yesterday_is_refused_and_this_morning_is_not(diary):
    assert codes(refusal(diary, at(10, day=20))) == ["in_the_past"]
    assert diary.book(at(9)).status == "booked"


def test_overbooking_needs_the_permission(diary):
    diary.book(at(10))
    front_desk = diary.world.actor("front_desk")

    with pytest.raises(NotAllowed) as caught:
        diary.book(at(10), front_desk, client_id=diary.noor, overbook_reason="regular of Ana")

    assert caught.value.permission == OVERBOOK


def test_overbooking_marks_the_visit_and_only_the_resources_that_clash(diary, reservations_of):
    diary.book(at(10))

    row = diary.book(at(10), client_id=diary.noor, overbook_reason="regular of Ana")

    assert (row.is_overbooked, row.is_outside_hours) == (True, False)
    assert [(kind, overbooked) for kind, _, _, overbooked in reservations_of(row.id)] == [
        ("client", False),
        ("room", False),
        ("therapist", True),
    ]


def test_overbooked_time_is_still_busy_for_the_next(diary):
    diary.book(at(10))
    diary.book(at(10, 30), client_id=diary.noor, overbook_reason="regular of Ana")

    error = refusal(diary, at(11, 15), client_id=make_client(diary.actor, diary.clinic_id, "Eva", "Novak"))

    assert codes(error) == ["therapist_busy"]


def test_reason_for_a_free_time_marks_nothing(diary):
    row = diary.book(at(10), overbook_reason="not needed")

    assert (row.is_overbooked, row.is_outside_hours) == (False, False)


def test_visit_outside_hours_is_marked_as_such(diary):
    row = diary.book(at(18), overbook_reason="emergency")

    assert (row.is_overbooked, row.is_outside_hours) == (False, True)


def test_wall_time_is_the_clinics(diary):
    row = diary.book(at(0), start=Start(local_start=at(10).replace(tzinfo=None)))

    assert row.starts_at == at(10)


def test_sent_end_before_the_start_names_the_field(diary):
    with pytest.raises(Invalid) as caught:
        diary.book(at(10), ends_at=at(9))

    assert [error.pointer for error in caught.value.errors] == ["/ends_at"]


def test_sent_end_must_be_the_services_own(diary):
    with pytest.raises(Invalid) as caught:
        diary.book(at(10), ends_at=at(12))

    assert "ends at 11:00" in caught.value.errors[0].detail
    assert diary.book(at(10), ends_at=at(11)).ends_at == at(11)


@pytest.mark.parametrize("name", ["client_id", "therapist_id", "service_id", "room_id"])
def test_unknown_things_do_not_exist(diary, name):
    with pytest.raises(NotFound):
        diary.book(at(10), **{name: new_id()})


def test_clinic_of_another_organisation_does_not_exist(diary, other_world):
    with pytest.raises(NotFound):
        diary.book(at(10), clinic_id=other_world.clinic.id)


def test_actor_of_another_clinic_cannot_book_here(diary):
    with pytest.raises(NotFound):
        diary.book(at(10), diary.world.elsewhere["front_desk"].actor)


def test_booking_needs_the_permission(diary):
    with pytest.raises(NotAllowed):
        diary.book(at(10), without(diary.actor, "appointments:write"))


def test_client_given_id_is_kept_and_a_second_one_refused(diary):
    wanted = new_id()
    assert diary.book(at(10), id=wanted).id == wanted

    error = refusal(diary, at(12), id=wanted, client_id=diary.noor)

    assert error.code == "id_taken"
