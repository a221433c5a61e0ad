"""Jobs of plugins: work that the worker does later, or at set times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """A plugin's background work: `run(ctx, payload)` is called in the worker, in a transaction of its own.

    `key` is `<plugin id>.<name>`. With `cron` (UTC, five fields) it is enqueued for every organisation where the plugin
    is on, with an empty payload; without it by `ctx.enqueue`. It may run again after a crash, so it must be idempotent.
    """

    key: str
    run: Callable[..., None]
    cron: str | None = None
    timeout_seconds: int = 30
    """Statement timeout of its database session, 1 to 600."""
