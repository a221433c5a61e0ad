"""Logs of the long-running commands: one JSON line an event on standard output, or readable text."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

MAX_CAUSES = 10
_QUIET = ("procrastinate.periodic", "procrastinate.blueprints", "alembic", "tzlocal")


def configure_logs(*, as_json: bool) -> None:
    """Send structlog's and the standard library's events through one formatter; call it once per process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    ending: Any = structlog.processors.JSONRenderer()
    if not as_json:
        ending = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    exceptions = structlog.processors.ExceptionRenderer(describe_exception)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, exceptions, ending],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def describe_exception(exc_info: Any) -> str:
    """Return the traceback of an error and its causes; of the database's errors what went wrong, not with which values.

    PostgreSQL's own words quote the row or the key, which are what people entered.
    """
    error: BaseException | None = exc_info[1]
    parts: list[str] = []
    while error is not None and len(parts) < MAX_CAUSES:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"{frames}{type(error).__qualname__}: {_told(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by\n".join(parts)


def _told(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return error.statement or ""
    if isinstance(error, psycopg.Error):
        place = error.diag.constraint_name or error.diag.column_name or error.diag.table_name or ""
        return f"{error.sqlstate} {place}".strip()
    return str(error)
