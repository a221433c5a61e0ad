"""What the pages of files show of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from polyclinic.sdk.money import format_day, format_moment, format_number
from polyclinic_reporting.queries.runs import RunRow
from polyclinic_reporting.vocabulary import PLUGIN_ID

LATE = timedelta(minutes=10)
"""After this nobody should have to guess whether a worker runs at all."""
STATES = {
    "waiting": ("Waiting for a worker", "neutral"),
    "running": ("Being made", "info"),
    "done": ("Ready", "good"),
    "failed": ("Not made", "bad"),
}


@dataclass(frozen=True)
class RunView:
    """One file, as its row and its page show it."""

    title: str
    period: str
    kind: str
    state: str
    tone: str
    note: str
    asked: str
    size: str
    url: str
    download_url: str
    report_url: str
    is_open: bool
    is_late: bool


def shown(run: RunRow, titles: Mapping[str, str], zone: str, now: datetime) -> RunView:
    """Return a run as pages show it; instants in `zone`."""
    state, tone = STATES[run.state]
    is_done = run.state == "done"
    return RunView(
        title=titles.get(run.report_key, run.report_key),
        period=f"{format_day(run.first_on)} to {format_day(run.last_on)}",
        kind=run.format.upper(),
        state=state,
        tone=tone,
        note=run.remark,
        asked=format_moment(run.asked_at, zone),
        size=f"{format_number(run.row_count)} rows, {size_text(run.byte_count or 0)}"
        if run.row_count is not None
        else "",
        url=f"/ext/reporting/files/{run.id}",
        download_url=f"/documents/{PLUGIN_ID}.file/{run.id}" if is_done else "",
        report_url=f"/ext/reporting/reports/{run.report_key}?first={run.first_on}&last={run.last_on}",
        is_open=run.is_open,
        is_late=run.is_open and now - run.asked_at > LATE,
    )


def size_text(count: int) -> str:
    """Return a number of bytes as people read it (powers of 1,000): 12 kB, 3.4 MB."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1_000))} kB"
    return f"{count / 1_000_000:.1f} MB"
