"""`python -m benchmarks`: load, start both targets, measure, report. `QUICK=1` in the environment takes a minute."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from benchmarks.chart import write_chart
from benchmarks.cluster import Cluster, running_cluster
from benchmarks.comparing import compare
from benchmarks.dataset import dataset_of
from benchmarks.founding import Founded, found
from benchmarks.loading import load_dataset, rows_per_second
from benchmarks.measuring import Bench, WrongAnswer
from benchmarks.operations import Operations
from benchmarks.plan import TITLES, Plan, full_plan, quick_plan
from benchmarks.report import CEILING, PRODUCT, Line, lines_of, ratios_of, table_of, write_json
from benchmarks.servers import CEILING as CEILING_COMMAND
from benchmarks.servers import PRODUCT as PRODUCT_COMMAND
from benchmarks.servers import ServerDied, running
from benchmarks.tables import load_of
from polyclinic.kit.zones import use_pinned_zones
from polyclinic.plugins.loading import load_plugins

SMALLEST = 0.2
"""Scale of a full run: below, there are too few visits to write and times to book."""
VISITS_PER_SIGNER = 90
"""Past visits for the protocol that a therapist has not written down: 20 days of 10, half of them, less a rest."""

DESCRIPTION = """\
Measures the product beside the ceiling, a hand-written program (bare WSGI, psycopg, orjson) that does the same work
under the same gunicorn settings: same SQL, authentication, row security, audit and answers. Prints ratios.

operations: """ + "; ".join(f"{key} {title}" for key, title in TITLES.items())

EPILOG = """\
QUICK=1 in the environment: scale 0.1, operations a, e and f, at most 90 seconds.
Not measured here: h, i (the day-calendar and record-editor pages), and plain SQL through pgbench.
Everything listens on loopback or a Unix socket; the cluster is thrown away; Ctrl-C stops what was started.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0, help="0.2 to 1: share of 200,000 appointments")
    parser.add_argument("--rounds", type=int, default=3, help="at least 3")
    given = parser.parse_args(arguments)
    is_quick = os.environ.get("QUICK", "") not in {"", "0"}
    plan = quick_plan() if is_quick else full_plan(min(max(given.scale, SMALLEST), 1.0), max(given.rounds, 3))
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, _interrupt)
    use_pinned_zones()
    try:
        lines = measure(plan)
    except (ServerDied, WrongAnswer) as error:
        say(f"bench: {error}")
        return 1
    except KeyboardInterrupt:
        say("bench: stopped")
        return 130
    print(table_of(lines), "\n")
    print(ratios_of(lines, plan.operations))
    print(f"written: {write_json(lines, {'scale': plan.scale, 'rounds': plan.rounds, 'quick': is_quick})}")
    if not is_quick:
        print(f"written: {write_chart(lines)}")
    return 0


def measure(plan: Plan) -> list[Line]:
    """Build everything, measure, and stop everything."""
    deadline = time.monotonic() + plan.seconds if plan.seconds else None
    with running_cluster() as cluster:
        founded = _load(cluster, plan)
        with (
            running(PRODUCT, PRODUCT_COMMAND, cluster.urls.app, cluster.folder) as product,
            running(CEILING, CEILING_COMMAND, cluster.urls.app, cluster.folder) as ceiling,
        ):
            operations = Operations(founded)
            for operation in plan.operations:
                compare(operation, operations, product, ceiling)
            say("answers of both targets agree")
            bench = Bench(plan, operations, (product, ceiling), cluster.postmaster, say, deadline)
            return lines_of(bench.run(), plan)


def say(words: str) -> None:
    """Tell how far the run is, beside the result."""
    print(words, file=sys.stderr, flush=True)


def _load(cluster: Cluster, plan: Plan) -> Founded:
    started = time.monotonic()
    dataset = dataset_of(plan.scale)
    signers = min(plan.writes_of("f") // VISITS_PER_SIGNER + 1, dataset.therapists)
    registry = load_plugins()
    founded = found(cluster.urls.app, dataset, registry, signers=signers)
    copying = time.monotonic()
    rows = load_dataset(cluster.admin_url, load_of(founded, registry))
    speed = rows_per_second(rows, copying)
    say(f"scale {plan.scale}: {rows:,} rows loaded, {speed:,.0f}/s; ready after {time.monotonic() - started:.1f} s")
    return founded


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
