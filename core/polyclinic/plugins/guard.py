"""The database guard of asked hooks: a read-only savepoint with a statement timeout that is always rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, NestedTransaction, text
from sqlalchemy.orm import Session

from polyclinic.kit.db import session


@contextmanager
def read_only_savepoint(timeout_ms: int) -> Iterator[Session]:
    """Yield a session of its own on core's connection; afterwards every setting and row is as it was before.

    PostgreSQL takes settings back only on a rollback, so whatever a plugin sets or commits inside, the rollback to
    this outer savepoint undoes it. Plugin objects never enter core's session.
    """
    core = session()
    core.flush()
    connection = core.connection()
    outer = connection.begin_nested()
    own = Session(connection, join_transaction_mode="create_savepoint")
    try:
        connection.execute(text(f"SET LOCAL statement_timeout = {int(timeout_ms)}"))
        connection.execute(text("SET LOCAL transaction_read_only = on"))
        yield own
    finally:
        _roll_back(connection, outer)
        own.close()


def _roll_back(connection: Connection, outer: NestedTransaction) -> None:
    """End what a plugin left open inside, innermost first, then the guard itself."""
    inner = connection.get_nested_transaction()
    while inner is not None and inner is not outer:
        inner.rollback()
        inner = connection.get_nested_transaction()
    outer.rollback()
