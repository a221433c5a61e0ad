"""Two filled organisations for the probes, and who probes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from polyclinic.testing.populated import (
    PopulatedLive,
    PopulatedTemplate,
    open_populated,
    populated_live,  # noqa: F401
    populated_template,  # noqa: F401
)
from polyclinic.testing.probes import WORDS, Ids
from polyclinic.testing.probing import Crawled, Hidden, Sender, Watch, crawl
from polyclinic.testing.snapshots import Observer

CLINICAL = frozenset({"appointment_id", "visit_id", "record_id", "draft_record_id", "flag_id"})
"""Things of one clinic that people of another clinic must not reach."""


@pytest.fixture(scope="session")
def probed(admin_url: str, populated_template: PopulatedTemplate) -> Iterator[PopulatedLive]:  # noqa: F811
    """One database for all probes of a worker: a refused probe leaves it as it was."""
    with open_populated(admin_url, populated_template) as live:
        yield live


@pytest.fixture(scope="session")
def watch(probed: PopulatedLive) -> Iterator[Watch]:
    observer = Observer(probed.database)
    yield Watch(observer, probed.world.id)
    observer.close()


@pytest.fixture(scope="session")
def other_organisation(probed: PopulatedLive, watch: Watch) -> tuple[Ids, Hidden]:
    foreign = probed.foreign
    ids = ids_between(probed.own.here, foreign.here)
    return ids, Hidden((foreign.canary,), watch.observer.ids(foreign.world.id), frozenset(ids.foreign))


@pytest.fixture(scope="session")
def other_clinic(probed: PopulatedLive) -> tuple[Ids, Hidden]:
    own = probed.own
    hidden = frozenset(str(own.there[name]) for name in CLINICAL)
    return ids_between(own.here, own.there), Hidden((own.clinical_canary,), hidden, CLINICAL)


@dataclass(frozen=True)
class Visit:
    """A person with every page that the organisation's own ids lead them to."""

    sender: Sender
    pages: Crawled


@pytest.fixture(scope="session")
def visit(probed: PopulatedLive, other_organisation: tuple[Ids, Hidden]) -> Callable[[str], Visit]:
    """Return a function role -> visit; each role's pages are loaded once."""
    ids, _ = other_organisation

    @cache
    def of(role: str) -> Visit:
        sender = Sender(probed.app, probed.world.people[role])
        return Visit(sender, list(crawl(sender, ids)))

    return of


def ids_between(own, foreign):
    """Return the ids with the further names that addresses and schemas give them."""
    drafted = {"record_id": own["draft_record_id"], "appointment_id": own["visit_id"]}
    return Ids(with_aliases(own), with_aliases(foreign), (drafted,))


def with_aliases(ids):
    document = WORDS["key"]().rpartition(".")[2]
    aliases = {"object_id": ids["client_id"], "organisation_id": ids["clinic_id"]}
    return {**ids, **aliases, "subject_id": ids.get(f"{document}_id", ids["client_id"])}
