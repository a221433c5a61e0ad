"""The plugin's part of a demo chain: a roll-up of its days, a report that is sent every month, a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

from sqlalchemy import func, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.upkeep import DemoChain
from polyclinic_reporting.asking import Question
from polyclinic_reporting.cadence import next_run
from polyclinic_reporting.models.schedules import Schedule
from polyclinic_reporting.queries.runs import list_runs
from polyclinic_reporting.services.following import start, whole_time
from polyclinic_reporting.services.rollup import recompute
from polyclinic_reporting.services.runs import ask_for_file, start_run, write_file
from polyclinic_reporting.services.schedules import cadence_of

AROUND = timedelta(days=4)
"""Days before and after today that a small chain's roll-up holds."""
PART = timedelta(days=365)


def add_rollup(ctx: Ctx, chain: DemoChain) -> None:
    """Compute the figures of all days that have any; events from now on are followed by the worker."""
    spans = [(chain.today - AROUND, chain.today + AROUND)]
    if not chain.is_small:
        spans = list(_parts(*whole_time(ctx)))
    for first_on, last_on in spans:
        recompute(ctx, first_on, last_on)
    start(ctx)


def _parts(first_on: date, last_on: date) -> Iterator[tuple[date, date]]:
    """Yield the whole time in parts that are as long as they may be: a part costs the same, however long."""
    while first_on <= last_on:
        yield first_on, min(first_on + PART, last_on)
        first_on += PART + timedelta(days=1)


def add_schedule(ctx: Ctx, chain: DemoChain) -> None:
    """Have last month's utilisation sent, unless the chain has a schedule already."""
    known = select(func.count()).select_from(Schedule).where(Schedule.organisation_id == ctx.organisation_id)
    if ctx.db.execute(known).scalar_one():
        return
    schedule = Schedule(
        organisation_id=ctx.organisation_id,
        id=uuid4(),
        owner_id=ctx.actor.member_id,
        report_key="core.utilisation",
        clinic_ids=[],
        preset="last_month",
        params={},
        format="xlsx",
        rhythm="monthly",
        day=1,
        hour=7,
        zone="Europe/London",
        recipients=[f"{chain.label.lower() or 'management'}@example.org"],
    )
    schedule.next_run_at = next_run(cadence_of(schedule), ctx.now())
    ctx.db.add(schedule)
    ctx.db.flush()
    ctx.audit("schedule_created", "report_schedule", schedule.id, detail={"report": schedule.report_key})


def add_file(ctx: Ctx, chain: DemoChain) -> None:
    """Make a file where a handful of rows of every kind is wanted; in a demo it would be gone tomorrow."""
    if not chain.is_small or list_runs(ctx):
        return
    definition = ctx.core.reports.get("core.appointments")
    question = Question(definition.key, chain.today - AROUND, chain.today + AROUND)
    payload = {"run_id": str(ask_for_file(ctx, definition, question, "csv").id)}
    start_run(ctx, payload)
    write_file(ctx, payload)
