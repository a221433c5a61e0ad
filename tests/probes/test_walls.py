"""Either wall alone holds: what a statement asks for, and what row security shows. Without both, the probes find it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
import structlog.testing
from sqlalchemy import Engine, event

from polyclinic.testing.populated import PopulatedLive
from polyclinic.testing.probes import api_probes
from polyclinic.testing.probing import Hidden, Sender, Watch, crawl, page_probes
from polyclinic.testing.snapshots import Observer

CREDENTIALS = ("FROM api_key", "FROM sign_in_session")
"""Who asks is proven before the first wall is taken down: a stranger's question would end with 401."""


@contextmanager
def asking_for(engine: Engine, answers: dict[UUID, UUID | list[UUID]]) -> Iterator[None]:
    """Let every statement ask for another organisation or clinics than its author meant."""

    def change(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> tuple[str, Any]:
        if any(name in statement for name in CREDENTIALS) or not isinstance(parameters, dict):
            return statement, parameters
        return statement, {name: swap(value) for name, value in parameters.items()}

    def swap(value: Any) -> Any:
        if isinstance(value, list):
            return [other for item in value for other in listed(swap(item))]
        return answers.get(value, value) if isinstance(value, UUID) else value

    def listed(value: Any) -> list[Any]:
        return value if isinstance(value, list) else [value]

    event.listen(engine, "before_cursor_execute", change, retval=True)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", change)


def take_down_row_security(live: PopulatedLive, observer: Observer) -> None:
    with psycopg.connect(live.database.urls.owner, autocommit=True) as owner:
        for table in observer.tables:
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


@pytest.fixture
def observer(populated_live: PopulatedLive) -> Iterator[Observer]:
    made = Observer(populated_live.database)
    yield made
    made.close()


def leaks(sender: Sender, observer: Observer, ids: Any, hidden: Hidden) -> tuple[list[str], list[str]]:
    """Send every probe and return what was told and which tables of others changed, whatever the status."""
    watch = Watch(observer, sender.person.actor.organisation_id)
    told, changed = [], []
    with structlog.testing.capture_logs():  # without a wall much breaks, which is not the question here
        pages = list(crawl(sender, ids))
        probes = [*api_probes(sender.app, ids), *page_probes(sender.app, pages, ids)]
        for probe in probes:
            told += [f"{probe}: {text}" for text in hidden.told_by(probe, sender.send(probe))]
            if probe.is_write:
                changed += [f"{probe}: {table}" for table in watch.changes()[1]]
    return told, changed


def every_id_of(live: PopulatedLive) -> dict[UUID, UUID | list[UUID]]:
    """Return the other organisation and its clinics for one's own."""
    clinics = zip(live.world.clinics, live.other_world.clinics, strict=True)
    return {live.world.id: live.other_world.id} | {own.id: other.id for own, other in clinics}


def test_row_security_alone_hides_other_organisations(populated_live, observer, other_organisation):
    live = populated_live
    sender = Sender(live.app, live.world.people["chain_administrator"])
    with asking_for(live.app.extensions["polyclinic_engine"], every_id_of(live)):
        told, changed = leaks(sender, observer, *other_organisation)

    assert (told, changed) == ([], [])


def test_statements_alone_ask_for_their_own_organisation(populated_live, observer, other_organisation):
    take_down_row_security(populated_live, observer)
    sender = Sender(populated_live.app, populated_live.world.people["chain_administrator"])

    told, changed = leaks(sender, observer, *other_organisation)

    assert (told, changed) == ([], [])


def test_without_both_walls_the_probes_find_other_organisations(populated_live, observer, other_organisation):
    live = populated_live
    take_down_row_security(live, observer)
    sender = Sender(live.app, live.world.people["chain_administrator"])
    with asking_for(live.app.extensions["polyclinic_engine"], every_id_of(live)):
        told, changed = leaks(sender, observer, *other_organisation)

    assert len(told) >= 100
    assert len(changed) >= 20


def test_row_security_alone_hides_clinical_things_of_another_clinic(populated_live, observer, other_clinic):
    live = populated_live
    ids, hidden = other_clinic
    sender = Sender(live.app, live.world.people["therapist"])
    both = [clinic.id for clinic in live.world.clinics]
    with asking_for(live.app.extensions["polyclinic_engine"], {live.world.clinic.id: both}):
        told, _ = leaks(sender, observer, ids, hidden)

    assert told == []
