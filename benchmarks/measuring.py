"""Runs the cells: both targets take turns inside each round, every answer is checked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from benchmarks.figures import Figures, figures_of
from benchmarks.operations import Act, Bodies, Operations
from benchmarks.plan import CONNECTIONS, Plan
from benchmarks.processes import backends, cpu_seconds
from benchmarks.servers import Server
from benchmarks.wire import Connection

APP_ROLE = "polyclinic_app"


class WrongAnswer(Exception):
    """A target answered something else than it must."""


@dataclass(frozen=True)
class Cell:
    """Which figures: an operation on a target with a number of connections."""

    operation: str
    connections: int
    target: str


@dataclass
class Bench:
    """One run over running servers."""

    plan: Plan
    operations: Operations
    servers: Sequence[Server]
    postmaster: int
    say: Callable[[str], None]
    measured: dict[Cell, list[Figures]] = field(default_factory=dict)

    def run(self) -> dict[Cell, list[Figures]]:
        """Warm up, then measure every cell once in every round; raises `WrongAnswer`."""
        for operation in self.plan.operations:
            for server in self.servers:
                acts = self.operations.acts(operation, self.plan.warm_up)
                check(server, acts, drive(server.port, acts, max(CONNECTIONS))[1])
        for number in range(self.plan.rounds):
            self.say(f"round {number + 1} of {self.plan.rounds}")
            turn = self.servers if number % 2 == 0 else self.servers[::-1]
            for operation, connections, server in product(self.plan.operations, CONNECTIONS, turn):
                self._measure(operation, connections, server)
        return self.measured

    def _measure(self, operation: str, connections: int, server: Server) -> None:
        acts = self.operations.acts(operation, self.plan.requests[operation])
        app, database = server.pids(), backends(self.postmaster, APP_ROLE)
        before = cpu_seconds(app), cpu_seconds(database)
        started = time.perf_counter()
        latencies, answers = drive(server.port, acts, connections)
        seconds = time.perf_counter() - started
        cpu = cpu_seconds(app) - before[0], cpu_seconds(database) - before[1]
        check(server, acts, answers)
        cell = Cell(operation, connections, server.name)
        self.measured.setdefault(cell, []).append(figures_of(latencies, seconds, cpu))


Answer = tuple[tuple[int, ...], Bodies]


def drive(port: int, acts: Sequence[Act], connections: int) -> tuple[list[float], list[Answer]]:
    """Do all acts over keep-alive connections and return latencies in seconds and answers, both in the acts' order."""
    latencies = [0.0] * len(acts)
    answers: list[Answer] = [((), ())] * len(acts)
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            with Connection(port) as connection:
                for place in range(first, len(acts), connections):
                    started = time.perf_counter()
                    answered = [connection.ask(request) for request in acts[place].requests]
                    latencies[place] = time.perf_counter() - started
                    answers[place] = tuple(each[0] for each in answered), tuple(each[1] for each in answered)
        except BaseException as error:  # noqa: BLE001 -- handed to the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first,), daemon=True) for first in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return latencies, answers


def check(server: Server, acts: Iterable[Act], answers: Iterable[Answer]) -> None:
    """Raise `WrongAnswer` for the first answer that is not what its act must get."""
    for act, (statuses, bodies) in zip(acts, answers, strict=True):
        if statuses != act.statuses or not act.is_right(bodies):
            shown = b" | ".join(body[:600] for body in bodies).decode(errors="replace")
            raise WrongAnswer(f"{server.name} answered {statuses} instead of {act.statuses}: {shown}")
