"""PostgreSQL crashes and restarts under load: what was acknowledged is there, once, and the app recovers alone."""

import time
from collections import Counter

import pytest

from polyclinic.testing.databases import clone
from polyclinic.testing.servers import restartable_postgres
from tests.faults.conftest import load, serving

WRITERS, EACH = 4, 75
RECOVERY_SECONDS = 10


@pytest.fixture
def postgres():
    with restartable_postgres() as made:
        yield made


def test_restarted_database_loses_and_doubles_nothing(postgres, tmp_path):
    recovered = []
    with serving(clone(postgres.admin_url), tmp_path) as served:
        with load(served, writers=WRITERS, each=EACH) as work:
            for turn, mode in ((1, "immediate"), (2, "fast")):
                work.wait_for(WRITERS * EACH * turn // 3)
                postgres.restart(mode)
                recovered.append(time.monotonic())
        clients = served.clients()

    assert len(work.acknowledged) == WRITERS * EACH
    assert clients == Counter(work.acknowledged)
    assert sum(writer.broken for writer in work.writers) == 0
    # A repeat of a key whose first request still waits for the dead server is asked to come back (409).
    assert {(answer.status, answer.headers["Content-Type"]) for answer in work.refusals} <= {
        (503, "application/problem+json"),
        (409, "application/problem+json"),
    }
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in work.refusals)
    assert max(work.first_after(moment) for moment in recovered) <= RECOVERY_SECONDS
