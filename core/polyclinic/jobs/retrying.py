"""Which database errors are worth another try, and how soon."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError

from polyclinic.kit.db import ConnectionLost

ATTEMPTS = 3
LONGEST_WAIT_SECONDS = 1.0
_TRANSIENT = frozenset({"40001", "40P01", "57P01"})
"""Serialisation failure, deadlock, server shutting down; class 08 (connection) comes on top."""

Answer = TypeVar("Answer")


def is_transient(error: BaseException) -> bool:
    """Tell whether the same whole unit of work may succeed when it is run again."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return isinstance(cause, ConnectionLost)
    # A broken connection brings no state of the server: psycopg then raises a bare OperationalError.
    state = cause.sqlstate or ("08" if isinstance(cause, psycopg.OperationalError) else "")
    return state in _TRANSIENT or state.startswith("08")


def with_retries(unit: Callable[[], Answer]) -> Answer:
    """Run a whole idempotent unit (its own transaction) at most `ATTEMPTS` times; raises the last error."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return unit()
        except (DBAPIError, psycopg.Error, ConnectionLost) as error:
            if attempt == ATTEMPTS or not is_transient(error):
                raise
            time.sleep(random.uniform(0.05, LONGEST_WAIT_SECONDS / (ATTEMPTS - attempt)))  # noqa: S311 -- jitter
    raise AssertionError("unreachable")
