"""Two plugins that listen, made of declarations alone, and what the tables say about their events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.events import EventHandler, EventType
from polyclinic.plugins.queries import is_enabled
from polyclinic.plugins.registry import Declarations, LoadedPlugin, PluginRegistry, PluginState
from polyclinic.plugins.runtime import PluginRuntime, runtime, use_runtime
from polyclinic.testing.databases import TestDatabase
from tests.scheduling.conftest import diary, now  # noqa: F401 -- fixtures

OWN = ("counting", "listening")
EVENTS = text(
    "SELECT type, aggregate, aggregate_id, clinic_id, payload FROM event "
    "WHERE organisation_id = :id AND position > :since ORDER BY position"
)
DELIVERIES = text(
    "SELECT e.type, d.handler, d.state FROM event_delivery d JOIN event e ON e.id = d.event_id "
    "WHERE d.organisation_id = :id AND d.position > :since ORDER BY d.position, d.handler"
)


@dataclass(frozen=True)
class Stream:
    """What the running transaction's organisation announced since the test began."""

    db: Session
    since: int

    def rows(self, statement: Any) -> list[tuple[Any, ...]]:
        found = self.db.execute(statement, {"id": self.db.info["organisation_id"], "since": self.since})
        return [tuple(row) for row in found]

    def events(self) -> list[tuple[Any, ...]]:
        return self.rows(EVENTS)

    def types(self) -> list[str]:
        return [row[0] for row in self.events()]

    def last(self) -> tuple[Any, ...]:
        return self.events()[-1]

    def deliveries(self) -> list[tuple[Any, ...]]:
        return self.rows(DELIVERIES)


@pytest.fixture
def stream(db: Session) -> Stream:
    return Stream(db, db.execute(text("SELECT coalesce(max(position), 0) FROM event")).scalar_one())


@pytest.fixture(scope="module")
def installed(database: TestDatabase) -> Iterator[None]:
    """Record the plugins of these tests as `db upgrade` does, and take the record back."""
    with psycopg.connect(database.urls.owner, autocommit=True) as owner:
        for plugin_id in OWN:
            owner.execute("INSERT INTO plugin_installation VALUES (%s, '1.0', '1.0', 'installed')", (plugin_id,))
        yield
        owner.execute("DELETE FROM plugin_installation WHERE plugin_id = ANY (%s)", (list(OWN),))


def nothing(*_: Any) -> None:
    """Answer no event at all."""


def a_plugin(plugin_id: str, *handlers: EventHandler, **declared: Any) -> LoadedPlugin:
    declarations = Declarations(event_handlers=handlers, **declared)
    return LoadedPlugin(plugin_id, "1.0", PluginState.INSTALLED, declarations=declarations)


LISTENING = a_plugin(
    "listening",
    EventHandler("appointment.booked", "listening.on_booked", nothing),
    EventHandler("plugin.enabled", "listening.on_enabled", nothing),
    event_types=(EventType("listening.word_heard", 1, "A word was heard", {"word": "The word."}),),
)
COUNTING = a_plugin(
    "counting",
    EventHandler("appointment.booked", "counting.count", nothing),
    EventHandler("appointment.booked", "counting.note", nothing),
    EventHandler("listening.word_heard", "counting.on_word", nothing),
)


@pytest.fixture
def registry(installed: None) -> Iterator[PluginRegistry]:
    """Load the plugins of these tests."""
    before, made = runtime(), PluginRegistry((COUNTING, LISTENING))
    use_runtime(PluginRuntime(made, Dispatcher(made, is_enabled)))
    yield made
    use_runtime(before)
