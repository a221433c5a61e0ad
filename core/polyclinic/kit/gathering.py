"""Rows that nobody reads before the end of a long work: gathered, and written in a few statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

from sqlalchemy import Executable

from polyclinic.kit.db import session

_Rows: TypeAlias = dict[Executable, list[Mapping[str, Any]]]
_gathered: ContextVar[_Rows | None] = ContextVar("polyclinic_gathered", default=None)


def insert_row(statement: Executable, values: Mapping[str, Any]) -> None:
    """Insert a row now, or with the others at the end of the block that gathers them."""
    gathered = _gathered.get()
    if gathered is None:
        session().connection().execute(statement, values)
    else:
        gathered.setdefault(statement, []).append(values)


@contextmanager
def gathering() -> Iterator[None]:
    """Write the rows of `insert_row` at the end of the block, each kind in its order; none when the block raises."""
    gathered: _Rows = {}
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    for statement, rows in gathered.items():
        if rows:
            session().connection().execute(statement, rows)


@contextmanager
def savepoint() -> Iterator[None]:
    """Run the block in a savepoint; what was gathered inside goes with it when the block raises."""
    gathered = _gathered.get() or {}
    before = {statement: len(rows) for statement, rows in gathered.items()}
    try:
        with session().begin_nested():
            yield
    except BaseException:
        for statement, rows in gathered.items():
            del rows[before.get(statement, 0) :]
        raise
