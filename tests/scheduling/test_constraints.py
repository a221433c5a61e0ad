"""The database keeps reservations apart whatever the code does: tried as the app role."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from polyclinic.kit.db import session
from polyclinic.kit.ids import new_id
from tests.scheduling.conftest import at

INSERT = text(
    "INSERT INTO reservation (organisation_id, id, resource_kind, resource_id, clinic_id, appointment_id, hold_id, "
    "starts_at, ends_at, overbooked) VALUES (:organisation_id, :id, :kind, :resource_id, :clinic_id, :appointment_id, "
    ":hold_id, :starts_at, :ends_at, :overbooked)"
)


def row_of(diary, cause, **changes):
    values = {
        "organisation_id": diary.world.id,
        "id": new_id(),
        "kind": "equipment",
        "resource_id": diary.ana.id,
        "clinic_id": diary.clinic_id,
        "appointment_id": cause,
        "hold_id": None,
        "starts_at": at(10),
        "ends_at": at(11),
        "overbooked": False,
    }
    return values | changes


def insert(values):
    with session().begin_nested():
        session().execute(INSERT, values)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({}, "ex_reservation_no_overlap"),
        ({"starts_at": at(10, 59), "ends_at": at(12)}, "ex_reservation_no_overlap"),
        ({"starts_at": at(13), "ends_at": at(13)}, "ck_reservation_ends_after_start"),
        ({"starts_at": at(13), "ends_at": at(12)}, "ck_reservation_ends_after_start"),
        ({"starts_at": at(13), "ends_at": at(13) + timedelta(days=1)}, "ck_reservation_is_not_endless"),
        ({"ends_at": None}, "ends_at"),
        ({"hold_id": new_id()}, "ck_reservation_has_one_cause"),
        ({"appointment_id": None}, "ck_reservation_has_one_cause"),
        ({"appointment_id": new_id(), "starts_at": at(13), "ends_at": at(14)}, "fk_appointment_id_to_appointment"),
        ({"kind": "chair"}, "ck_reservation_kind_is_known"),
        ({"organisation_id": new_id()}, "row-level security"),
    ],
)
def test_reservation_is_refused(diary, changes, constraint):
    booked = diary.book(at(10))

    with pytest.raises(DBAPIError) as caught:
        insert(row_of(diary, booked.id, **changes))

    assert constraint in str(caught.value.orig)


@pytest.mark.parametrize(
    "changes", [{"overbooked": True}, {"starts_at": at(11, 15), "ends_at": at(12)}, {"resource_id": new_id()}]
)
def test_reservation_beside_or_over_another_on_purpose_is_kept(diary, changes):
    booked = diary.book(at(10))

    insert(row_of(diary, booked.id, **changes))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM reservation",
        "TRUNCATE reservation",
        "DELETE FROM appointment",
        "UPDATE appointment SET ends_at = starts_at",
        "UPDATE appointment SET status = 'lost'",
        "UPDATE appointment SET is_overbooked = true",
        "UPDATE appointment SET status = 'cancelled'",
    ],
)
def test_app_role_cannot(diary, statement):
    diary.book(at(10))

    with pytest.raises(DBAPIError), session().begin_nested():
        session().execute(text(statement))


def test_promotion_function_leaves_overbooked_visits_alone(diary):
    diary.book(at(10))
    second = diary.book(at(10), client_id=diary.noor, overbook_reason="regular of Ana")

    rows = session().execute(text("SELECT * FROM end_overbooking(:id)"), {"id": second.id}).all()

    assert rows == []
