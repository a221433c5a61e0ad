"""Background work of the roll-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.jobs import Job
from polyclinic_reporting.services import following

LONG_SECONDS = 600


def refresh_rollup(ctx: Ctx, payload: Mapping[str, Any]) -> None:  # noqa: ARG001 -- a periodic job brings none
    """Work the latest events into the roll-up."""
    if following.refresh(ctx).is_behind:
        ctx.enqueue(following.REFRESH, lock=f"{following.REFRESH}:{ctx.organisation_id}")


def rebuild_rollup(ctx: Ctx, payload: Mapping[str, Any]) -> None:
    """Build one month of the roll-up."""
    following.rebuild_part(ctx, payload)


def nightly_rollup(ctx: Ctx, payload: Mapping[str, Any]) -> None:  # noqa: ARG001 -- a periodic job brings none
    """Compute the recent days anew."""
    following.recompute_recent(ctx)


UPKEEP = (
    Job(following.REFRESH, refresh_rollup, cron="*/5 * * * *", timeout_seconds=LONG_SECONDS),
    Job(following.REBUILD, rebuild_rollup, timeout_seconds=LONG_SECONDS),
    Job(following.NIGHTLY, nightly_rollup, cron="20 0 * * *", timeout_seconds=LONG_SECONDS),
)
