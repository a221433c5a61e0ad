"""Looking at deliveries and having them done again: by query, REST and command, within the actor's clinics."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from polyclinic.audit.trail import Subject
from polyclinic.cli.plugins import plugin as plugin_command
from polyclinic.kit import clock
from polyclinic.kit.errors import Conflict, NotAllowed, NotFound
from polyclinic.kit.pagination import PageRequest, decode_cursor
from polyclinic.plugins.announcing import announce
from polyclinic.plugins.deliveries import count_deliveries, list_dead, list_deliveries
from polyclinic.plugins.replaying import replay_dead, replay_delivery, replay_since
from polyclinic.plugins.vocabulary import DeliveryState
from polyclinic.testing.counting import counted
from polyclinic.testing.worlds import without
from tests.events.test_announcing import ENABLE

BOOKED = ("appointment.booked", "appointment")
FINISH = text("UPDATE event_delivery SET state = :state, attempts = 9, finished_at = now() WHERE handler = :handler")


@pytest.fixture
def told(db, world, registry):
    """Announce an event at each clinic that two handlers of `counting` answer."""
    db.execute(ENABLE, {"organisation_id": world.id, "plugin_id": "counting", "clinic_id": None})
    for clinic in world.clinics:
        announce(world.actor(), BOOKED[0], Subject(BOOKED[1], uuid4(), clinic.id))
    db.execute(FINISH, {"state": "dead", "handler": "counting.note"})


def summary(rows):
    return [(row.handler, row.clinic_id, row.state.value, row.attempts) for row in rows]


def test_administrators_see_how_many_deliveries_stand_where(told, world):
    counts = count_deliveries(world.actor(), "counting")

    assert counts == {
        DeliveryState.PENDING: 2,
        DeliveryState.DONE: 0,
        DeliveryState.SKIPPED: 0,
        DeliveryState.DEAD: 2,
    }
    assert set(count_deliveries(world.actor(), "listening").values()) == {0}


def test_deliveries_are_paged_newest_first_within_the_actors_clinics(told, world, other_world):
    here, there = (clinic.id for clinic in world.clinics)
    manager = world.actor("clinic_manager")

    first = list_deliveries(world.actor(), "counting", PageRequest(3))
    rest = list_deliveries(world.actor(), "counting", PageRequest(3, decode_cursor(first.next_cursor or "")))

    assert sorted(summary([*first.rows, *rest.rows])) == sorted(
        (handler, clinic_id, state, attempts)
        for clinic_id in (here, there)
        for handler, state, attempts in (("counting.count", "pending", 0), ("counting.note", "dead", 9))
    )
    assert len(rest.rows) == 1
    assert summary(list_dead(manager, "counting")) == [("counting.note", here, "dead", 9)]
    assert list_dead(other_world.actor(), "counting") == []


def test_replayed_delivery_starts_anew_and_the_trail_says_by_whom(told, db, world):
    [dead, _] = list_dead(world.actor(), "counting")

    again = replay_delivery(world.actor(), "counting", dead.id)

    assert (again.state, again.attempts, again.finished_at) == (DeliveryState.PENDING, 0, None)
    line = db.execute(
        text("SELECT actor_id, detail FROM audit_event WHERE action = 'plugin.deliveries_replayed'")
    ).one()
    assert tuple(line) == (world.actor().member_id, {"plugin": "counting", "count": 1})
    with pytest.raises(Conflict, match="waiting already"):
        replay_delivery(world.actor(), "counting", dead.id)


def test_replay_reaches_the_actors_clinics_and_needs_the_permission(told, world):
    elsewhere = next(row for row in list_dead(world.actor(), "counting") if row.clinic_id != world.clinic.id)
    manager = world.actor("clinic_manager")

    with pytest.raises(NotAllowed):
        replay_dead(without(world.actor(), "plugins:write"), "counting")
    with pytest.raises((NotFound, NotAllowed)):
        replay_delivery(manager, "counting", elsewhere.id)
    with pytest.raises(NotFound):
        replay_delivery(world.actor(), "listening", elsewhere.id)


def test_everything_dead_or_since_an_instant_is_replayed(told, db, world):
    assert replay_dead(world.actor(), "counting") == 2
    db.execute(FINISH, {"state": "done", "handler": "counting.count"})

    assert replay_since(world.actor(), "counting", clock.now() + timedelta(minutes=1)) == 0
    assert replay_since(world.actor(), "counting", clock.now() - timedelta(minutes=1)) == 2


def test_replay_is_done_by_the_worker_again(told, world, db, drain):
    assert replay_dead(world.actor(), "counting") == 2

    done = drain()

    assert sorted(done.handlers) == ["counting.count", "counting.count", "counting.note", "counting.note"]


def test_rest_lists_dead_deliveries_and_replays_one(told, http, world):
    listed = http().get("/api/v1/plugins/counting/deliveries?state=dead").get_json()["data"]

    answer = http().post(f"/api/v1/plugins/counting/deliveries/{listed[0]['id']}/replay")

    assert [(row["handler"], row["state"], row["event_type"]) for row in listed] == [
        ("counting.note", "dead", "appointment.booked")
    ] * 2
    assert (answer.status_code, answer.get_json()["state"]) == (200, "pending")
    assert http("front_desk").get("/api/v1/plugins/counting/deliveries").status_code == 403


def test_list_costs_the_same_at_any_number_of_deliveries(told, engine, world):
    counts = []
    for limit in (1, 3):
        with counted(engine) as statements:
            list_deliveries(world.actor(), "counting", PageRequest(limit))
        counts.append(statements.count)

    assert counts[0] == counts[1]


def test_operator_replays_from_the_command_line(told, db, database, world, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database.urls.app)
    monkeypatch.setenv("DATABASE_OWNER_URL", database.urls.owner)
    run = CliRunner()

    wrong = run.invoke(plugin_command, ["replay", "counting", "--organisation", world.organisation.slug])
    done = run.invoke(
        plugin_command, ["replay", "counting", "--organisation", world.organisation.slug, "--since", "2020-01-01"]
    )

    assert (wrong.exit_code, "Give one of --delivery, --dead and --since." in wrong.output) == (2, True)
    # What this test's own transaction announced is not committed: the command sees none of it.
    assert (done.exit_code, done.output) == (0, "0 deliveries of counting will be done again.\n")
