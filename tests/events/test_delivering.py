"""Delivering: in order for each thing, again after a failure, never to a plugin that is off, and nothing half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.audit.trail import Subject
from polyclinic.background import tasks
from polyclinic.jobs.backoff import RETRY_SECONDS
from polyclinic.jobs.running import JobRunner
from polyclinic.kit import clock
from polyclinic.kit.db import make_engine, session, transaction
from polyclinic.kit.ids import new_id
from polyclinic.organisation.commands import CreateClinic
from polyclinic.organisation.services import create_clinic
from polyclinic.plugins.announcing import announce
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.delivering import Queue, deliver_queue, due_queues
from polyclinic.plugins.events import Event, EventHandler, EventType
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.runtime import runtime, use_runtime
from polyclinic.plugins.vocabulary import DeliveryState
from polyclinic.testing.databases import TestDatabase
from polyclinic.testing.worlds import World, make_organisation, system_actor
from polyclinic.wiring import wire
from tests.events.conftest import a_plugin
from tests.jobs.conftest import Queue as JobQueue

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ENABLE = text(
    "INSERT INTO plugin_enablement (organisation_id, id, plugin_id, clinic_id, state, granted_scopes, changed_at) "
    "VALUES (:organisation_id, gen_random_uuid(), :plugin_id, :clinic_id, 'enabled', '{clients:read}', now())"
)
DELIVERIES = (
    "SELECT d.handler, e.payload -> 'fields' ->> 0 AS word, d.state, d.attempts FROM event_delivery d "
    "JOIN event e ON e.id = d.event_id ORDER BY d.position, d.handler"
)


@dataclass
class Bench:
    """A database of its own with a plugin that does what the test tells it, and its worker's way in."""

    jobs: JobQueue
    runner: JobRunner
    seen: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, Callable[[Ctx, Event], None]] = field(default_factory=dict)

    @property
    def organisation_id(self) -> UUID:
        return self.jobs.world.id

    @property
    def actor(self) -> Actor:
        return system_actor(self.organisation_id, [clinic.id for clinic in self.jobs.world.clinics])

    def announce(self, word: str, client_id: UUID) -> None:
        with self.jobs.writes():
            announce(self.actor, "client.updated", Subject("client", client_id), payload={"fields": [word]})

    def deliver(self, client_id: UUID, plugin_id: str = "listening") -> list[tuple[str, DeliveryState]]:
        wanted = Queue(self.organisation_id, plugin_id, client_id)
        return [(one.handler, one.state) for one in deliver_queue(self.runner.open_transaction, wanted)]

    def answer(self, handler: str) -> Callable[[Ctx, Event], None]:
        def run(ctx: Ctx, event: Event) -> None:
            word = event.payload["fields"][0]
            self.seen.append((handler, word))
            self.answers.get(word, lambda *_: None)(ctx, event)

        return run

    def states(self) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.jobs.rows(DELIVERIES)]


@pytest.fixture
def jobs(fresh_database: TestDatabase) -> Iterator[JobQueue]:
    """Return the queue of a database with one organisation of two clinics and nobody in it."""
    app_engine = make_engine(fresh_database.urls.app, pool_timeout=5)
    worker_engine = make_engine(fresh_database.urls.worker, pool_timeout=5)
    with transaction(JobRunner.on(app_engine).connect, organisation_id=new_id(), clinic_ids=[]) as current:
        organisation = make_organisation(current, "bench", "Bench")
        actor = system_actor(organisation.id)
        clinics = [create_clinic(actor, CreateClinic(name, "Europe/London")) for name in ("North", "South")]
    yield JobQueue(fresh_database, World(organisation, clinics, (), {}), app_engine, worker_engine)
    app_engine.dispose()
    worker_engine.dispose()


@pytest.fixture
def bench(jobs: JobQueue) -> Iterator[Bench]:
    made = Bench(jobs, JobRunner.on(jobs.worker_engine))
    plugins = (
        a_plugin("counting", EventHandler("client.updated", "counting.count", made.answer("counting.count"))),
        a_plugin(
            "listening",
            EventHandler("client.updated", "listening.hear", made.answer("listening.hear")),
            event_types=(EventType("listening.word_heard", 1, "A word was heard", {"word": "The word."}),),
        ),
    )
    before = runtime()
    wire(PluginRegistry(plugins))
    with psycopg.connect(jobs.database.urls.owner, autocommit=True) as owner:
        for plugin_id in ("counting", "listening"):
            owner.execute("INSERT INTO plugin_installation VALUES (%s, '1.0', '1.0', 'installed')", (plugin_id,))
    enable(made, "listening")
    with clock.frozen(START):
        yield made
    use_runtime(before)


def enable(bench: Bench, plugin_id: str, clinic_id: UUID | None = None) -> None:
    with bench.jobs.writes() as db:
        values = {"organisation_id": bench.organisation_id, "plugin_id": plugin_id, "clinic_id": clinic_id}
        db.execute(ENABLE, values)


def fail(_ctx: Ctx, _event: Event) -> None:
    raise ValueError("Tom Hale has a bad back")


def test_events_of_one_thing_arrive_in_order(bench):
    client_id = uuid4()
    for word in ("one", "two", "three"):
        bench.announce(word, client_id)

    outcome = bench.deliver(client_id)

    assert bench.seen == [("listening.hear", word) for word in ("one", "two", "three")]
    assert outcome == [("listening.hear", DeliveryState.DONE)] * 3
    assert bench.deliver(client_id) == []


def test_handler_gets_the_whole_event_and_the_plugins_own_actor(bench):
    client_id, met = uuid4(), []
    bench.answers["hello"] = lambda ctx, event: met.append((ctx, event))
    bench.announce("hello", client_id)

    bench.deliver(client_id)

    [(ctx, event)] = met
    clinics = frozenset(clinic.id for clinic in bench.jobs.world.clinics)
    assert (event.type, event.version, event.aggregate, event.aggregate_id) == (
        "client.updated",
        1,
        "client",
        client_id,
    )
    assert (event.occurred_at, event.actor_id) == (START, None)
    assert (ctx.actor.kind, ctx.actor.name, ctx.plugin_id) == (ActorKind.PLUGIN, "listening", "listening")
    assert (frozenset(ctx.actor.clinic_ids), ctx.actor.grants) == (clinics, {"clients:read": clinics})


def test_plugin_acts_at_the_clinics_where_it_is_on(bench):
    client_id, met = uuid4(), []
    world = bench.jobs.world
    enable(bench, "counting", world.other_clinic.id)
    shown = text("SELECT current_setting('app.clinic_ids')")
    bench.answers["hello"] = lambda ctx, _: met.append((ctx.actor.clinic_ids, session().execute(shown).scalar_one()))
    bench.announce("hello", client_id)

    bench.deliver(client_id, "counting")

    assert met == [((world.other_clinic.id,), str(world.other_clinic.id))]


def test_failure_blocks_later_events_of_the_same_thing_and_no_others(bench):
    client_id, other_id = uuid4(), uuid4()
    enable(bench, "counting")
    bench.answers["bad"] = fail
    for word, about in (("bad", client_id), ("later", client_id), ("other", other_id)):
        bench.announce(word, about)

    first = bench.deliver(client_id)
    second = bench.deliver(client_id)
    elsewhere = bench.deliver(other_id)
    counted = bench.deliver(other_id, "counting")

    assert (first, second) == ([("listening.hear", DeliveryState.PENDING)], [])
    assert (elsewhere, counted) == (
        [("listening.hear", DeliveryState.DONE)],
        [("counting.count", DeliveryState.DONE)],
    )


def test_failing_delivery_is_tried_nine_times_over_hours_then_dead_and_the_next_goes_on(bench):
    client_id = uuid4()
    bench.answers["bad"] = fail
    bench.announce("bad", client_id)
    bench.announce("later", client_id)

    at = START
    for seconds in (0, *RETRY_SECONDS):
        at += timedelta(seconds=seconds)
        with clock.frozen(at - timedelta(seconds=1)):
            early = bench.deliver(client_id) if seconds else []
        with clock.frozen(at):
            outcome = bench.deliver(client_id)
        assert early == []

    assert outcome == [("listening.hear", DeliveryState.DEAD), ("listening.hear", DeliveryState.DONE)]
    assert bench.seen == [("listening.hear", "bad")] * 9 + [("listening.hear", "later")]
    assert (RETRY_SECONDS[0], RETRY_SECONDS[-1], len(RETRY_SECONDS)) == (5, 6 * 3600, 8)


def test_error_is_kept_without_its_words_and_death_is_in_the_trail(bench):
    client_id = uuid4()
    bench.answers["bad"] = fail
    bench.announce("bad", client_id)
    at = START
    for seconds in (0, *RETRY_SECONDS):
        at += timedelta(seconds=seconds)
        with clock.frozen(at):
            bench.deliver(client_id)

    [row] = bench.jobs.rows("SELECT state, attempts, last_error FROM event_delivery")
    [line] = bench.jobs.rows("SELECT actor_kind, detail FROM audit_event WHERE action = 'plugin.delivery_dead'")
    assert (row["state"], row["attempts"], row["last_error"].split(" at ")[0]) == ("dead", 9, "ValueError")
    assert "Tom" not in row["last_error"]
    assert line == {
        "actor_kind": "system",
        "detail": {"plugin": "listening", "handler": "listening.hear", "event_type": "client.updated", "attempts": 9},
    }


def test_nothing_of_a_failed_handler_is_kept(bench):
    client_id = uuid4()

    def write_and_fail(ctx: Ctx, event: Event) -> None:
        ctx.once("written")
        ctx.emit("listening.word_heard", "word", uuid4(), {"word": "lost"})
        fail(ctx, event)

    bench.answers["bad"] = write_and_fail
    bench.announce("bad", client_id)

    bench.deliver(client_id)

    assert bench.jobs.rows("SELECT key FROM plugin_once") == []
    assert bench.jobs.rows("SELECT id FROM event WHERE type = 'listening.word_heard'") == []
    assert bench.states() == [("listening.hear", "bad", "pending", 1)]


@pytest.mark.parametrize(
    "statement",
    ["SELECT no_such_column FROM event", "SELECT pg_terminate_backend(pg_backend_pid())", "ROLLBACK"],
)
def test_handler_that_breaks_the_transaction_is_a_failed_delivery(bench, statement):
    client_id = uuid4()
    bench.answers["bad"] = lambda *_: session().execute(text(statement))
    bench.announce("bad", client_id)

    outcome = bench.deliver(client_id)

    assert outcome == [("listening.hear", DeliveryState.PENDING)]
    assert bench.states() == [("listening.hear", "bad", "pending", 1)]


def test_delivery_to_a_plugin_that_is_off_by_then_is_skipped(bench):
    client_id = uuid4()
    bench.announce("hello", client_id)
    with bench.jobs.writes() as db:
        db.execute(text("UPDATE plugin_enablement SET state = 'disabled'"))

    outcome = bench.deliver(client_id)

    assert (bench.seen, outcome) == ([], [("listening.hear", DeliveryState.SKIPPED)])


def test_delivery_to_a_plugin_that_is_gone_is_skipped(bench):
    client_id = uuid4()
    bench.announce("hello", client_id)
    wire(PluginRegistry())

    assert bench.deliver(client_id) == [("listening.hear", DeliveryState.SKIPPED)]


def test_what_a_plugin_does_once_it_does_once(bench):
    client_id, met = uuid4(), []
    bench.answers["hello"] = lambda ctx, event: met.append((ctx.once(event.id), ctx.once(event.id), ctx.once("other")))
    bench.announce("hello", client_id)

    bench.deliver(client_id)

    assert met == [(True, False, True)]


def test_event_of_a_handler_names_the_event_that_caused_it(bench):
    client_id, word_id = uuid4(), uuid4()
    bench.answers["hello"] = lambda ctx, _: ctx.emit("listening.word_heard", "word", word_id, {"word": "hello"})
    bench.announce("hello", client_id)

    bench.deliver(client_id)

    caused = bench.jobs.rows(
        "SELECT e.payload, e.aggregate_id, c.type AS cause FROM event e JOIN event c ON c.id = e.causation_id"
    )
    assert caused == [{"payload": {"word": "hello"}, "aggregate_id": word_id, "cause": "client.updated"}]


def test_real_worker_delivers_to_every_plugin_after_the_commit(bench):
    client_id = uuid4()
    enable(bench, "counting")
    bench.announce("hello", client_id)

    bench.jobs.drain(*tasks(runtime().registry))

    assert sorted(bench.seen) == [("counting.count", "hello"), ("listening.hear", "hello")]
    assert bench.states() == [("counting.count", "hello", "done", 1), ("listening.hear", "hello", "done", 1)]


def test_what_a_killed_worker_left_is_found(bench):
    client_id = uuid4()
    bench.announce("hello", client_id)

    with bench.runner.open_transaction(bench.organisation_id):
        fresh = due_queues(bench.organisation_id, START - timedelta(seconds=1))
        left = due_queues(bench.organisation_id, START)

    assert (fresh, left) == ([], [Queue(bench.organisation_id, "listening", client_id)])


def test_two_workers_never_deliver_the_same(bench):
    client_id = uuid4()
    bench.announce("hello", client_id)
    inner: list[Any] = []
    bench.answers["hello"] = lambda *_: inner.append(bench.deliver(client_id))

    outer = bench.deliver(client_id)

    assert (outer, inner) == ([("listening.hear", DeliveryState.DONE)], [[]])


def test_rolled_back_act_is_told_to_nobody(bench):
    with bench.jobs.writes() as db:
        announce(bench.actor, "client.updated", Subject("client", uuid4()), payload={"fields": ["x"]})
        db.rollback()

    assert (bench.states(), bench.jobs.jobs()) == ([], [])
