"""The database guard: what a plugin's statements run under, and how core gets its own settings back afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

from psycopg import pq
from sqlalchemy import NestedTransaction, event, text
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.elements import TextClause

from polyclinic.kit.db import session
from polyclinic.plugins.roles import role_of

CORE = "core"
_FORBIDDEN = re.compile(
    r"\s*(commit|rollback|abort|end|begin|start\s+transaction|savepoint|release|prepare\s+transaction"
    r"|set\s+transaction|(re)?set\s+((local|session)\s+)?(role|session\s+authorization))\b",
    re.IGNORECASE,
)
_SETTINGS = ("app.organisation_id", "app.clinic_ids", "app.member_id", "statement_timeout", "role")
_READ = ", ".join(f"current_setting('{name}', true) AS \"{name}\"" for name in _SETTINGS)
# A role that this login may not take on, or that is not there, leaves the login's own: role switching is off.
_SWITCH = (
    "set_config('statement_timeout', :timeout, true), "
    "CASE WHEN pg_has_role(session_user, to_regrole(CAST(:role AS text)), 'SET') "
    "THEN set_config('role', :role, true) END"
)
_ENTER = text(f"SELECT {_READ}, {_SWITCH}")
_ENTER_READ_ONLY = text(f"SELECT {_READ}, set_config('transaction_read_only', 'on', true), {_SWITCH}")
_RESTORE = text(
    "SELECT "
    + ", ".join(f"set_config('{name}', coalesce(:v{number}, ''), true)" for number, name in enumerate(_SETTINGS))
)

active_guard: ContextVar[Guard | None] = ContextVar("polyclinic_plugin_guard", default=None)
"""The guard under which statements run now; None while core's own code does."""


class Keep(StrEnum):
    """What becomes of what a plugin wrote."""

    NOTHING = "nothing"
    """Read only, and rolled back whatever happens (ask, reports)."""
    UNLESS_FAILED = "unless-failed"
    """In a savepoint of its own, rolled back when the plugin fails (join)."""
    WITH_CALLER = "with-caller"
    """Part of the running transaction, which the caller ends (pages, REST, events, jobs)."""


class MisusedDatabase(RuntimeError):
    """A plugin used `ctx.db` in a way that would reach past its own part of the transaction."""


class Guard:
    """One call's session on core's connection, under the plugin's role and timeout.

    PostgreSQL takes settings back only on a rollback: after a plugin's own commit they would stay on core's connection,
    so they are read at the start and set again at the end. Plugin objects never enter core's session.
    """

    def __init__(self, plugin_id: str, timeout_ms: int, keep: Keep) -> None:
        self._core = session()
        self._core.flush()
        self._connection = self._core.connection()
        role = None if plugin_id == CORE else role_of(plugin_id)
        self._terms: Mapping[str, Any] = {"role": role, "timeout": f"{int(timeout_ms)}ms"}
        self._keep = keep
        self._base = self._connection.get_nested_transaction()
        self._outer: NestedTransaction | None = None
        self._first: NestedTransaction | None = None
        self._saved: tuple[Any, ...] = ()
        self.own = Session(self._connection, join_transaction_mode="create_savepoint", expire_on_commit=False)

    def enter(self) -> None:
        """Switch to the plugin's role and timeout."""
        event.listen(self.own, "after_begin", self._note_begin)
        event.listen(self._connection, "before_cursor_execute", self._refuse_forbidden)
        self._switch()

    def finish(self) -> None:
        """Keep what the plugin wrote, if it may be kept, and give core its settings back; raises what flushing does."""
        if self._keep is Keep.NOTHING:
            self.abandon()
            return
        try:
            self._commit_own()
            self._roll_back_to(self._outer or self._base)
            self._restore()
            if self._outer is not None:
                self._outer.commit()
        except BaseException:
            self.abandon()
            raise
        self._let_go()

    def abandon(self) -> None:
        """Drop what the plugin wrote, as far as it has a savepoint, and give core its settings back."""
        self._roll_back_to(self._outer or self._base)
        if self._outer is not None and self._outer.is_active:
            self._outer.rollback()
        elif self._is_usable():
            self._restore()
        self._let_go()

    def suspend(self) -> None:
        """Give core its settings back for a while; what the plugin wrote so far is no longer its own to roll back."""
        if self._keep is not Keep.NOTHING:
            self._hand_over()
            self._restore()
            return
        try:
            self._commit_own()
        except Exception:  # noqa: BLE001 -- nothing of it is kept, whatever the plugin did
            self.own.rollback()
        self._roll_back_to(self._outer)
        if self._outer is not None and self._outer.is_active:
            self._outer.rollback()

    def resume(self) -> None:
        """Switch to the plugin's role and timeout again; after an error of the database there is nothing to go on."""
        if self._is_usable():
            self._switch()

    def _switch(self) -> None:
        if self._keep is not Keep.WITH_CALLER and (self._outer is None or not self._outer.is_active):
            self._outer = self._connection.begin_nested()
        statement = _ENTER_READ_ONLY if self._keep is Keep.NOTHING else _ENTER
        self._saved = tuple(self._connection.execute(statement, self._terms).one())[: len(_SETTINGS)]

    def _restore(self) -> None:
        self._connection.execute(_RESTORE, {f"v{number}": value for number, value in enumerate(self._saved)})

    def _commit_own(self) -> None:
        if not self._is_usable():
            raise MisusedDatabase("the plugin went on after an error of the database; nothing of it is kept")
        if self._first is not None and self._first.is_active and not self.own.in_nested_transaction():
            self._roll_back_to(self._first)
        self.own.commit()

    def _hand_over(self) -> None:
        """Commit for a while; a savepoint of the plugin's own stays open, and core works inside of it."""
        if self.own.in_nested_transaction() and self._is_usable():
            self.own.flush()
        else:
            self._commit_own()

    def _roll_back_to(self, end: NestedTransaction | None) -> None:
        """End what a plugin left open inside of `end`, innermost first."""
        inner = self._connection.get_nested_transaction()
        while inner is not None and inner is not end:
            inner.rollback()
            inner = self._connection.get_nested_transaction()

    def _is_usable(self) -> bool:
        if self._connection.closed or self._connection.invalidated:
            return False
        driver: Any = self._connection.connection.driver_connection
        return bool(driver.pgconn.transaction_status == pq.TransactionStatus.INTRANS)

    def _let_go(self) -> None:
        event.remove(self._connection, "before_cursor_execute", self._refuse_forbidden)
        self.own.close()

    def _note_begin(self, _own: Session, begun: SessionTransaction, _connection: Any) -> None:
        if active_guard.get() is not self:
            raise MisusedDatabase("ctx.db was used while core was at work: hand core finished values")
        if not begun.nested:
            self._first = self._connection.get_nested_transaction()

    def _refuse_forbidden(self, *given: Any) -> None:
        """Refuse SQL that ends the transaction or changes the role; SQLAlchemy's own savepoints are no text."""
        statement, context = given[2], given[4]
        written = context is None or context.compiled is None or isinstance(context.compiled.statement, TextClause)
        if written and _FORBIDDEN.match(statement):
            raise MisusedDatabase(
                "transactions and roles are core's: use ctx.db.commit(), rollback() or begin_nested()"
            )
