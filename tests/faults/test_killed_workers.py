"""Workers of the real server are killed under load: what was acknowledged is there, once."""

import os
import signal
from collections import Counter

from tests.faults.conftest import load

WRITERS, EACH, KILLS = 4, 75, 3


def test_killed_workers_lose_and_double_nothing(served):
    killed = []
    with load(served, writers=WRITERS, each=EACH) as work:
        for turn in range(1, KILLS + 1):
            work.wait_for(WRITERS * EACH * turn // (KILLS + 1))
            killed.append(min(served.server.workers()))
            os.kill(killed[-1], signal.SIGKILL)

    assert len(set(killed)) == KILLS
    assert len(work.acknowledged) == WRITERS * EACH
    assert served.clients() == Counter(work.acknowledged)
    assert sum(writer.broken for writer in work.writers) >= 1
    assert {answer.status for answer in work.refusals} <= {503}
