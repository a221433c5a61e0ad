"""Announcing: what is stored, for whom it is kept, and what is refused."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from polyclinic.audit.trail import Subject
from polyclinic.plugins.announcing import announce, caused_by, recording_only
from polyclinic.plugins.core_events import CORE_EVENTS
from polyclinic.testing.counting import Statements, counted
from tests.events.conftest import COUNTING, LISTENING
from tests.scheduling.conftest import at

ENABLE = text(
    "INSERT INTO plugin_enablement (organisation_id, id, plugin_id, clinic_id, state, changed_at) "
    "VALUES (:organisation_id, gen_random_uuid(), :plugin_id, :clinic_id, 'enabled', now())"
)


def sent(statements: Statements) -> list[str]:
    """Return the first three words of every statement that is no savepoint of the test's own."""
    return [" ".join(text.split()[:3]) for text in statements.texts if "SAVEPOINT" not in text]


@pytest.fixture
def enable(db, world, registry):
    def switch_on(plugin_id: str, clinic_id: UUID | None = None) -> None:
        values = {"organisation_id": world.id, "plugin_id": plugin_id, "clinic_id": clinic_id}
        db.execute(ENABLE, values)
        db.info.pop("plugin_enablement", None)

    return switch_on


def test_event_tells_who_did_what_where_and_why(db, world, stream):
    client_id, cause = uuid4(), uuid4()
    actor = world.actor("front_desk")

    with caused_by(cause):
        event_id = announce(
            actor, "client.updated", Subject("client", client_id, world.clinic.id), payload={"fields": ["email"]}
        )

    row = db.execute(
        text(
            "SELECT version, actor_id, causation_id, xid = pg_current_xact_id()::text::bigint FROM event WHERE id=:id"
        ),
        {"id": event_id},
    ).one()
    assert stream.events() == [("client.updated", "client", client_id, world.clinic.id, {"fields": ["email"]})]
    assert tuple(row) == (1, actor.member_id, cause, True)


def test_ids_and_days_are_told_as_text(world, stream):
    client_id, merged = uuid4(), uuid4()

    announce(world.actor(), "client.merged", Subject("client", client_id), payload={"merged_client_id": merged})

    assert stream.last() == ("client.merged", "client", client_id, None, {"merged_client_id": str(merged)})


@pytest.mark.parametrize(
    ("event_type", "payload", "plugin_id", "complaint"),
    [
        ("client.forgotten", {}, "core", "declared nowhere"),
        ("client.updated", {"email": "a@example.org"}, "core", "says nothing of email"),
        ("listening.word_heard", {}, "core", "not one of core"),
        ("listening.word_heard", {}, "counting", "not one of counting"),
        ("client.created", {}, "listening", "not one of listening"),
    ],
)
def test_what_the_catalogue_does_not_know_is_refused(
    world, registry, stream, event_type, payload, plugin_id, complaint
):
    with pytest.raises(ValueError, match=complaint):
        announce(world.actor(), event_type, Subject("client", uuid4()), payload=payload, plugin_id=plugin_id)

    assert stream.events() == []


def test_an_event_is_about_one_thing_and_carries_plain_facts_alone(world, stream):
    with pytest.raises(ValueError, match="give the subject an id"):
        announce(world.actor(), "client.created", Subject("client"))
    with pytest.raises(TypeError, match="does not carry a float"):
        announce(world.actor(), "client.updated", Subject("client", uuid4()), payload={"fields": 1.5})

    assert stream.events() == []


def test_event_costs_one_statement_while_nobody_listens(db, world, engine, registry):
    with counted(engine) as statements:
        announce(world.actor(), "client.created", Subject("client", uuid4()))

    assert sent(statements) == ["INSERT INTO event"]


def test_every_handler_that_is_on_gets_a_delivery_and_every_plugin_one_job(world, engine, enable, stream):
    enable("counting", world.clinic.id)
    enable("listening", world.other_clinic.id)
    facts = {"client_id": uuid4()}

    with counted(engine) as statements:
        announce(world.actor(), "appointment.booked", Subject("appointment", uuid4(), world.clinic.id), payload=facts)

    assert stream.deliveries() == [
        ("appointment.booked", "counting.count", "pending"),
        ("appointment.booked", "counting.note", "pending"),
    ]
    assert sent(statements) == [
        "SELECT plugin_enablement.plugin_id, plugin_enablement.clinic_id,",
        "WITH announced AS",
        "SELECT jobs.procrastinate_defer_jobs_v1(ARRAY( SELECT",
    ]


def test_event_without_a_clinic_goes_to_plugins_that_are_on_anywhere(world, enable, stream):
    enable("counting", world.clinic.id)

    announce(
        world.actor(),
        "listening.word_heard",
        Subject("word", uuid4()),
        payload={"word": "hello"},
        plugin_id="listening",
    )

    assert stream.deliveries() == [("listening.word_heard", "counting.on_word", "pending")]


def test_events_of_a_past_that_is_made_up_are_recorded_only(world, engine, enable, stream):
    enable("counting")

    with recording_only(), counted(engine) as statements:
        announce(world.actor(), "appointment.booked", Subject("appointment", uuid4(), world.clinic.id))

    assert stream.types() == ["appointment.booked"]
    assert sent(statements) == ["INSERT INTO event"]
    assert stream.deliveries() == []


def test_booking_costs_one_statement_more_than_its_rows(diary, engine, stream):
    with counted(engine) as statements:
        row = diary.book(at(10))

    events = [statement for statement in statements.texts if "event (" in statement and "audit" not in statement]
    assert len(events) == 1
    assert stream.last() == (
        "appointment.booked",
        "appointment",
        row.id,
        diary.clinic_id,
        {
            "client_id": str(diary.tom),
            "therapist_id": str(diary.ana.id),
            "service_id": str(diary.massage.id),
            "on": "2026-11-23",
        },
    )


@pytest.mark.parametrize(
    "statement", ["UPDATE event SET payload = '{}'", "DELETE FROM event", "UPDATE plugin_once SET key = 'other'"]
)
def test_what_was_announced_or_done_is_never_changed(db, world, statement):
    announce(world.actor(), "client.created", Subject("client", uuid4()))

    with pytest.raises(DBAPIError, match="permission denied"), db.begin_nested():
        db.execute(text(statement))


def test_the_owner_cannot_change_events_either(database, worlds):
    with (
        psycopg.connect(database.urls.owner) as owner,
        pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="rows of event are never changed"),
    ):
        owner.execute("DELETE FROM event")


def test_no_plugin_listens_to_what_core_never_announces():
    heard = {handler.event for plugin in (COUNTING, LISTENING) for handler in plugin.declarations.event_handlers}

    assert heard - CORE_EVENTS.keys() == {"listening.word_heard"}
