"""Workers of the real server are killed under load: what was acknowledged is there, once."""

import os
import signal
from collections import Counter

from tests.faults.conftest import load

WRITERS, EACH = 4, 75


def test_killed_workers_lose_and_double_nothing(served):
    killed: list[int] = []
    with load(served, writers=WRITERS, each=EACH) as work:
        for turn in (1, 2, 3):
            work.wait_for(WRITERS * EACH * turn // 4)
            victims = served.server.workers()[: None if turn == 2 else 1]
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
            killed += victims

    assert len(set(killed)) >= 4
    assert len(work.acknowledged) == WRITERS * EACH
    assert served.clients() == Counter(work.acknowledged)
    assert sum(writer.broken for writer in work.writers) >= 1
    assert {answer.status for answer in work.refusals} <= {503}
