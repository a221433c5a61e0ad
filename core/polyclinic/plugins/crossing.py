"""Crossing between a plugin's code and core's: whose database role the running statements have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from polyclinic.kit.db import session


@contextmanager
def plugin_db(_plugin_id: str) -> Iterator[Session]:
    """Yield a plugin's writable session on core's connection; what it wrote is kept when nothing raises."""
    core = session()
    core.flush()
    own = Session(core.connection(), join_transaction_mode="create_savepoint", expire_on_commit=False)
    try:
        yield own
        own.commit()
    finally:
        own.close()


@contextmanager
def as_core() -> Iterator[None]:
    """Run core's own code from within a plugin's call."""
    yield
