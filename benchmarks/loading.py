"""Load tables by COPY and say how far it is."""

from __future__ import annotations

import sys
import time
from typing import TextIO

import psycopg
from psycopg import sql

from benchmarks.tables import TABLES, Load, Table

WIDTH = 24


class Progress:
    """A bar on a terminal, nothing elsewhere."""

    def __init__(self, steps: int, out: TextIO = sys.stderr) -> None:
        self.steps, self.out, self.done = steps, out, 0

    def step(self, name: str) -> None:
        """Show that one more step begins."""
        if not self.out.isatty():
            return
        bar = "#" * (WIDTH * self.done // self.steps)
        self.out.write(f"\r[{bar:<{WIDTH}}] {name:<28}")
        self.done += 1
        if self.done == self.steps:
            self.out.write("\r" + " " * (WIDTH + 32) + "\r")
        self.out.flush()


def load_dataset(admin_url: str, load: Load, *, is_checked: bool = False) -> int:
    """Copy every table's rows in one transaction, analyse, and return the number of rows.

    The administrator's connection sees all tenants. Foreign keys are not checked here, they are in the tests: the
    triggers would take half of the time. One transaction, because a section enters with its version or never.
    """
    progress = Progress(len(TABLES) + 1)
    count = 0
    with psycopg.connect(admin_url) as connection:
        connection.execute(f"SET LOCAL session_replication_role = {'origin' if is_checked else 'replica'}")
        for table in TABLES:
            progress.step(table.name)
            count += _copy(connection, load, table)
        progress.step("analyse")
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return count


def rows_per_second(rows: int, started: float) -> float:
    """Return the speed since `started` (seconds of `time.monotonic`)."""
    return rows / max(time.monotonic() - started, 0.001)


def _copy(connection: psycopg.Connection, load: Load, table: Table) -> int:
    names = sql.SQL(", ").join(sql.Identifier(name) for name in ("organisation_id", *table.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.schema, table.name), names
    )
    organisation_id = load.dataset.id("organisation")
    count = 0
    with connection.cursor().copy(statement) as copy:
        copy.set_types(["uuid", *table.types])
        for row in table.rows(load):
            copy.write_row((organisation_id, *row))
            count += 1
    return count
