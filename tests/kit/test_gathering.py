"""Rows that are gathered: written at the end of the block, without those that a savepoint took back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from polyclinic.audit import trail
from polyclinic.audit.models import AuditEvent
from polyclinic.kit.errors import Conflict
from polyclinic.kit.gathering import gathering, savepoint
from polyclinic.kit.ids import new_id
from polyclinic.testing.worlds import World

SUBJECT = trail.Subject("probe", new_id())


def actions(db: Session) -> Sequence[str]:
    statement = select(AuditEvent.action).where(AuditEvent.object_id == SUBJECT.object_id)
    return sorted(db.execute(statement).scalars())


def act_and_fail(world: World) -> None:
    with savepoint():
        trail.write(world.actor(), "probe.refused", SUBJECT)
        raise Conflict("Not this one.")


def gather_and_fail(world: World) -> None:
    with gathering():
        trail.write(world.actor(), "probe.first", SUBJECT)
        raise Conflict("Not this one.")


def test_gathered_rows_are_written_at_the_end_without_those_of_a_failed_savepoint(db: Session, world: World) -> None:
    with gathering():
        trail.write(world.actor(), "probe.first", SUBJECT)
        with pytest.raises(Conflict):
            act_and_fail(world)
        with savepoint():
            trail.write(world.actor(), "probe.second", SUBJECT)
        before = actions(db)

    assert (before, actions(db)) == ([], ["probe.first", "probe.second"])


def test_rows_of_a_failed_block_are_never_written(db: Session, world: World) -> None:
    with pytest.raises(Conflict):
        gather_and_fail(world)

    assert actions(db) == []
