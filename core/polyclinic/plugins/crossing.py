"""Crossing between a plugin's code and core's: whose database role the running statements have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from sqlalchemy.orm import Session

from polyclinic.kit.db import session
from polyclinic.plugins.guard import Guard, Keep, active_guard

_depth: ContextVar[int] = ContextVar("polyclinic_crossing_depth", default=0)


@contextmanager
def guarded_db(plugin_id: str, timeout_ms: int, keep: Keep) -> Iterator[Session]:
    """Yield a plugin's session on core's connection under its role; afterwards core's settings are as before."""
    guard = Guard(plugin_id, timeout_ms, keep)
    guard.enter()
    token = active_guard.set(guard)
    try:
        yield guard.own
    except BaseException:
        guard.abandon()
        raise
    else:
        guard.finish()
    finally:
        active_guard.reset(token)


def asking(plugin_id: str, timeout_ms: int) -> AbstractContextManager[Session]:
    """Open a read-only session that is always rolled back: asked hooks, panels, reports."""
    return guarded_db(plugin_id, timeout_ms, Keep.NOTHING)


def joining(plugin_id: str, timeout_ms: int) -> AbstractContextManager[Session]:
    """Open a session in a savepoint that is kept when nothing raises: hooks in core's own transaction."""
    return guarded_db(plugin_id, timeout_ms, Keep.UNLESS_FAILED)


def working(plugin_id: str, timeout_ms: int) -> AbstractContextManager[Session]:
    """Open a session that writes in the caller's transaction: pages, REST, event handlers, jobs, demo steps."""
    return guarded_db(plugin_id, timeout_ms, Keep.WITH_CALLER)


@contextmanager
def as_core() -> Iterator[None]:
    """Run core's own code from within a plugin's call: under core's role, timeout and organisation.

    Sends nothing where the plugin has not used its database. What the plugin wrote before is no longer its own to roll
    back.
    """
    guard = active_guard.get()
    depth = _depth.set(_depth.get() + 1)
    if guard is not None:
        guard.suspend()
    token = active_guard.set(None)
    try:
        yield
        if guard is not None:
            session().flush()
    finally:
        active_guard.reset(token)
        _depth.reset(depth)
        if guard is not None:
            guard.resume()


@contextmanager
def calling_core() -> Iterator[None]:
    """Run one of core's services for a plugin, `as_core`; a refusal half-way takes back what the service had begun.

    The plugin may catch the refusal and go on, and what it wrote itself is kept.
    """
    with as_core(), session().begin_nested():
        yield


def crossing_depth() -> int:
    """Return how often core was entered from plugins' calls that are still running."""
    return _depth.get()
