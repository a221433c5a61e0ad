"""Turns the cells into a table, a JSON file and, for a full run, a drawing."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from benchmarks.figures import Figures, median_of, median_ratio
from benchmarks.measuring import Cell
from benchmarks.plan import CONNECTIONS, TITLES, Plan
from benchmarks.processes import resolution

PRODUCT, CEILING = "product", "ceiling"
OUT = Path(__file__).parent / "out"
GOAL_CPU = 2.0
GOAL_REQUESTS = 0.60

Measured = Mapping[Cell, Sequence[Figures]]


@dataclass(frozen=True)
class Line:
    """One operation with one number of connections: medians of both targets and the medians of their ratios."""

    operation: str
    connections: int
    product: Figures
    ceiling: Figures
    cpu_ratio: float
    per_second_ratio: float


def lines_of(measured: Measured, plan: Plan) -> list[Line]:
    """Return the lines of the table in their order."""
    found = []
    for operation in plan.operations:
        for connections in CONNECTIONS:
            ours, theirs = (measured[Cell(operation, connections, target)] for target in (PRODUCT, CEILING))
            found.append(
                Line(
                    operation,
                    connections,
                    median_of(ours),
                    median_of(theirs),
                    median_ratio([cell.cpu_ms for cell in ours], [cell.cpu_ms for cell in theirs]),
                    median_ratio([cell.per_second for cell in ours], [cell.per_second for cell in theirs]),
                )
            )
    return found


def table_of(lines: Sequence[Line]) -> str:
    """Return the table for a terminal; CPU is application + database."""
    head = (
        f"{'operation':<32} {'conn':>4}  {'target':<8} {'req/s':>7} {'p50':>7} {'p95':>7} {'p99':>7} "
        f"{'CPU ms/req':>10} {'app':>6} {'db':>6}   ratio CPU  req/s"
    )
    rows = [head, "-" * len(head)]
    for line in lines:
        title = f"{line.operation} {TITLES[line.operation]}"
        ratio = f"{line.cpu_ratio:>9.2f} {line.per_second_ratio:>6.2f}"
        rows.append(f"{title:<32} {line.connections:>4}  {PRODUCT:<8} {_row(line.product)}   {ratio}")
        rows.append(f"{'':<37}  {CEILING:<8} {_row(line.ceiling)}")
    return "\n".join(rows)


def ratios_of(lines: Sequence[Line], operations: Sequence[str]) -> str:
    """Return one line per operation: the ratios beside the goals."""
    rows = []
    for operation in operations:
        mine = [line for line in lines if line.operation == operation]
        cpu = ", ".join(f"{line.cpu_ratio:.2f} ({line.connections} conn)" for line in mine)
        speed = ", ".join(f"{line.per_second_ratio:.2f} ({line.connections} conn)" for line in mine)
        rows.append(f"{operation}  CPU per request / ceiling {cpu}   requests per second / ceiling {speed}")
    goals = f"goals: CPU <= {GOAL_CPU:.1f}, requests per second with 8 connections >= {GOAL_REQUESTS:.2f}"
    load = os.getloadavg()[0]
    counted = f"CPU: user + system of gunicorn and PostgreSQL backends ({resolution()}), load {load:.1f}"
    return "\n".join([*rows, goals, counted])


def write_json(lines: Sequence[Line], facts: Mapping[str, Any]) -> Path:
    """Write everything to `out/latest.json` and return its path."""
    OUT.mkdir(exist_ok=True)
    path = OUT / "latest.json"
    content = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpu_counted_by": resolution(),
        "load_average": os.getloadavg(),
        **facts,
        "lines": [asdict(line) for line in lines],
    }
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    return path


def _row(figures: Figures) -> str:
    return (
        f"{figures.per_second:>7.0f} {figures.p50_ms:>7.2f} {figures.p95_ms:>7.2f} {figures.p99_ms:>7.2f} "
        f"{figures.cpu_ms:>10.2f} {figures.app_cpu_ms:>6.2f} {figures.database_cpu_ms:>6.2f}"
    )
