"""What needs no mapped class runs on the connection; everything else is left to the session."""

from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from polyclinic.kit.db import TenantSession, is_plain, make_session_factory, transaction
from polyclinic.kit.ids import new_id
from polyclinic.organisation.models import Clinic, Organisation


def test_only_what_needs_no_mapped_class_takes_the_short_way():
    table: Any = Clinic.__table__
    short = [
        *(select(Clinic.id), select(Clinic.name.label("n"), func.count()), select(table), text("SELECT 1")),
        *(insert(table), update(table), delete(table), insert(table).returning(table.c.id)),
    ]
    long = [select(Clinic), select(Clinic, Clinic.id), insert(Clinic), update(Clinic), delete(Clinic)]

    assert [is_plain(statement) for statement in short] == [True] * 8
    assert [is_plain(statement) for statement in long] == [False] * 5


def test_both_ways_return_the_same_rows(db, world):
    statement = select(Clinic.id, Clinic.name).where(Clinic.organisation_id == world.id).order_by(Clinic.name)

    short = db.execute(statement).all()
    long = db.connection().execute(statement).all()

    assert isinstance(db, TenantSession)
    assert [tuple(row) for row in short] == [tuple(row) for row in long] == [(c.id, c.name) for c in world.clinics]
    assert [row.name for row in short] == [clinic.name for clinic in world.clinics]


def test_a_select_sees_what_the_session_has_not_written_yet(db, world):
    clinic = Clinic(organisation_id=world.id, id=new_id(), name="Just opened", time_zone="Europe/London")
    db.add(clinic)

    found = db.execute(select(Clinic.name).where(Clinic.id == clinic.id)).all()

    # Its clinic is not among the actor's yet, but clinics have no clinic policy.
    assert [row.name for row in found] == ["Just opened"]


def test_a_new_transaction_of_the_same_session_gets_its_own_tenant(engine, world):
    factory = make_session_factory(engine)
    statement = select(Organisation.id)

    with transaction(factory, organisation_id=world.id) as current:
        first = current.execute(statement).scalars().all()
        current.commit()
        second = current.execute(statement).scalars().all()
    with transaction(factory) as current:
        nobody = current.execute(statement).scalars().all()

    assert (first, second, nobody) == ([world.id], [world.id], [])


def test_a_failure_inside_a_savepoint_leaves_the_transaction_usable(db, world):
    with pytest.raises(DBAPIError), db.begin_nested():
        db.execute(text("SELECT 1/0"))
    found = db.execute(select(Clinic.id).where(Clinic.id == world.clinic.id)).scalars().all()

    assert found == [world.clinic.id]
