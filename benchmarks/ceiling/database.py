"""One psycopg connection per thread; BEGIN and the tenant travel in one round trip."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import pq
from psycopg.adapt import Loader

_held = threading.local()


class TextLoader(Loader):
    """Leaves an id as the text that PostgreSQL sends: it goes out as text again."""

    def load(self, data: Any) -> str:
        """Return the text."""
        return bytes(data).decode()


class Transaction:
    """One transaction of one organisation on the thread's connection; leaving it commits, an error rolls back."""

    def __init__(self, organisation_id: str) -> None:
        self.organisation_id = str(UUID(organisation_id))
        self._connection = _connection()
        self._cursor: psycopg.Cursor[Any] = _held.cursor

    def __enter__(self) -> Self:
        """Begin."""
        self._send(f"BEGIN; SET LOCAL app.organisation_id = '{self.organisation_id}'")
        return self

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        """Commit, or roll back after an error."""
        self._send("COMMIT" if kind is None else "ROLLBACK")

    def see_clinics(self, clinic_ids: list[str]) -> None:
        """Let row security show these clinics."""
        self._send(f"SET LOCAL app.clinic_ids = '{','.join(clinic_ids)}'")

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        return self._cursor.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run a statement and return its first row."""
        return self._cursor.execute(sql, parameters).fetchone()

    def run(self, sql: str, parameters: Mapping[str, Any]) -> int:
        """Run a statement and return how many rows it touched."""
        return self._cursor.execute(sql, parameters).rowcount

    def _send(self, sql: str) -> None:
        result = self._connection.pgconn.exec_(sql.encode())
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise RuntimeError(result.error_message.decode(errors="replace"))


def _connection() -> psycopg.Connection:
    if not hasattr(_held, "connection"):
        _held.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        _held.connection.adapters.register_loader("uuid", TextLoader)
        _held.cursor = _held.connection.cursor()
    connection: psycopg.Connection = _held.connection
    return connection
