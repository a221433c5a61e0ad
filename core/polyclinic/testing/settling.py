"""Waiting for the transactions of other tests on the same server: the newest events are held back until they end."""

from __future__ import annotations

import time
from typing import LiteralString

import psycopg

from polyclinic.testing.databases import TestDatabase

LONGEST_TRANSACTION_SECONDS = 180
_NOW: LiteralString = "SELECT pg_current_xact_id()::text::bigint"
_OLDEST: LiteralString = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


def settle(database: TestDatabase) -> None:
    """Return once every transaction that the server runs began after this moment: what was committed is in order."""
    ends = time.monotonic() + LONGEST_TRANSACTION_SECONDS
    with psycopg.connect(database.admin_url, dbname=database.name, autocommit=True) as connection:
        now = _number(connection, _NOW)
        while _number(connection, _OLDEST) <= now:
            if time.monotonic() > ends:
                raise TimeoutError("a transaction of another test does not end")
            time.sleep(0.02)


def _number(connection: psycopg.Connection[tuple[int]], query: LiteralString) -> int:
    (found,) = connection.execute(query).fetchone() or (0,)
    return found
