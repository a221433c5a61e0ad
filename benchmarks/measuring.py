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
SLICES = 4
FEWEST = 24
"""Requests of a cell on the busiest machine."""
SLOWNESS = 2.6
"""Time of both numbers of connections against that of eight, seen on two cores."""


class WrongAnswer(Exception):
    """A target answered something else than it must."""


@dataclass(frozen=True)
class Cell:
    """Which figures: an operation on a target with a number of connections."""

    operation: str
    connections: int
    target: str


@dataclass
class _Sum:
    """What the slices of one cell add up to, in seconds."""

    latencies: list[float] = field(default_factory=list)
    wall: float = 0.0
    app: float = 0.0
    database: float = 0.0


@dataclass
class Bench:
    """One run over running servers; `deadline` is the `time.monotonic` by which it should end, None = no hurry."""

    plan: Plan
    operations: Operations
    servers: Sequence[Server]
    postmaster: int
    say: Callable[[str], None]
    deadline: float | None = None
    measured: dict[Cell, list[Figures]] = field(default_factory=dict)

    def run(self) -> dict[Cell, list[Figures]]:
        """Warm up, then measure every cell once in every round; raises `WrongAnswer`."""
        share = self._warm_up()
        for number in range(self.plan.rounds):
            self.say(f"round {number + 1} of {self.plan.rounds}")
            turn = self.servers if number % 2 == 0 else self.servers[::-1]
            for operation, connections in product(self.plan.operations, CONNECTIONS):
                wanted = self.plan.requests[operation] * (0 if self._is_late() else share)
                count = max(int(wanted), FEWEST)
                self._measure(Cell(operation, connections, ""), count, turn)
        return self.measured

    def _is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def _warm_up(self) -> float:
        """Return which share of the planned requests fits into the time that is left."""
        expected = 0.0
        for operation, server in product(self.plan.operations, self.servers):
            acts = self.operations.acts(operation, self.plan.warm_up)
            started = time.monotonic()
            check(server, acts, drive(server.port, acts, max(CONNECTIONS))[1])
            each = (time.monotonic() - started) / self.plan.warm_up
            expected += each * self.plan.requests[operation] * self.plan.rounds * SLOWNESS
        left = expected if self.deadline is None else self.deadline - time.monotonic()
        share = min(left / expected, 1.0)
        if share < 1:
            self.say(f"busy machine: measuring {max(share, 0):.0%} of the planned requests")
        return share

    def _measure(self, cell: Cell, count: int, turn: Sequence[Server]) -> None:
        """Measure one cell of every server in slices that take turns: what disturbs one disturbs the other."""
        sums = {server.name: _Sum() for server in turn}
        for _, server in product(range(SLICES), turn):
            acts = self.operations.acts(cell.operation, -(-count // SLICES))
            app, database = server.pids(), backends(self.postmaster, APP_ROLE)
            before = cpu_seconds(app), cpu_seconds(database)
            started = time.perf_counter()
            latencies, answers = drive(server.port, acts, cell.connections)
            found = sums[server.name]
            found.wall += time.perf_counter() - started
            found.app += cpu_seconds(app) - before[0]
            found.database += cpu_seconds(database) - before[1]
            found.latencies += latencies
            check(server, acts, answers)
        for name, found in sums.items():
            figures = figures_of(found.latencies, found.wall, (found.app, found.database))
            self.measured.setdefault(Cell(cell.operation, cell.connections, name), []).append(figures)


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
