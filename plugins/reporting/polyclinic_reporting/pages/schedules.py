"""Pages of schedules: reports that are sent by mail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Invalid, PolyclinicError
from polyclinic.sdk.pages import FormState, load_form, query_arguments, redirect, render, toast
from polyclinic_reporting import schemas
from polyclinic_reporting.asking import read_question
from polyclinic_reporting.cadence import Rhythm
from polyclinic_reporting.commands import ChangeSchedule, ScheduleWishes
from polyclinic_reporting.pages.site import pages
from polyclinic_reporting.places import today_of
from polyclinic_reporting.queries.schedules import ScheduleRow, get_schedule, list_schedules
from polyclinic_reporting.running import clinics_for
from polyclinic_reporting.schedule_view import form_for, listed, stored_from, stored_of
from polyclinic_reporting.services import schedules
from polyclinic_reporting.vocabulary import SCHEDULES

LIST = "/ext/reporting/schedules"


@pages.get("/schedules", permission=SCHEDULES)
def show_schedules(ctx: Ctx) -> str:
    """List the schedules with when they run next."""
    titles = {definition.key: definition.title for definition in ctx.core.reports.list()}
    return render("reporting/schedules.html", schedules=[listed(row, titles) for row in list_schedules(ctx)])


@pages.get("/schedules/new", permission=SCHEDULES)
def show_new_schedule(ctx: Ctx) -> str:
    """Show the form for sending a report as its page asked it."""
    definition = ctx.core.reports.get(query_arguments().get("report", ""))
    today = today_of(ctx, clinics_for(ctx, definition))
    question = read_question(definition, query_arguments(), today=today, clinic_id=ctx.clinic_id)
    return _form(ctx, FormState(), stored_from(question, _own_email(ctx)), f"{LIST}/new")


@pages.post("/schedules/new", permission=SCHEDULES)
def create_schedule(ctx: Ctx) -> Any:
    """Have the report sent."""
    return _save(ctx, {}, f"{LIST}/new", lambda wishes, _version: schedules.create_schedule(ctx, wishes))


@pages.get("/schedules/<uuid:schedule_id>", permission=SCHEDULES)
def show_schedule(ctx: Ctx, schedule_id: UUID) -> str:
    """Show the form of a schedule."""
    return _form(ctx, FormState(), stored_of(get_schedule(ctx, schedule_id)), f"{LIST}/{schedule_id}")


@pages.post("/schedules/<uuid:schedule_id>", permission=SCHEDULES)
def change_schedule(ctx: Ctx, schedule_id: UUID) -> Any:
    """Change what a schedule sends."""
    stored = stored_of(get_schedule(ctx, schedule_id))

    def change(wishes: ScheduleWishes, version: int) -> ScheduleRow:
        return schedules.change_schedule(ctx, ChangeSchedule(schedule_id, version, wishes))

    return _save(ctx, stored, f"{LIST}/{schedule_id}", change)


@pages.post("/schedules/<uuid:schedule_id>/pause", permission=SCHEDULES)
def pause_schedule(ctx: Ctx, schedule_id: UUID) -> Any:
    """Stop sending for a while."""
    schedules.pause_schedule(ctx, schedule_id, _version())
    return redirect(LIST)


@pages.post("/schedules/<uuid:schedule_id>/resume", permission=SCHEDULES)
def resume_schedule(ctx: Ctx, schedule_id: UUID) -> Any:
    """Send again."""
    schedules.resume_schedule(ctx, schedule_id, _version())
    return redirect(LIST)


@pages.post("/schedules/<uuid:schedule_id>/remove", permission=SCHEDULES)
def remove_schedule(ctx: Ctx, schedule_id: UUID) -> Any:
    """Remove a schedule."""
    schedules.remove_schedule(ctx, schedule_id)
    toast("The schedule is gone. Nothing more is sent.")
    return redirect(LIST)


def _own_email(ctx: Ctx) -> str:
    member_id = ctx.actor.member_id
    if member_id is None or not ctx.can("members:read"):
        return ""
    own = ctx.core.members.get_many([member_id]).get(member_id)
    return own.email if own else ""


def _save(ctx: Ctx, stored: Mapping[str, Any], action: str, write: Callable[[ScheduleWishes, int], ScheduleRow]) -> Any:
    data, state = load_form(schemas.ScheduleFormSchema)
    if data is not None:
        try:
            write(_wishes(data), data["row_version"])
            toast("Saved. The report is sent as scheduled.")
            return redirect(LIST)
        except PolyclinicError as error:
            state = _named(state.with_error(error))
    return _form(ctx, state, stored, action), 422


def _form(ctx: Ctx, state: FormState, stored: Mapping[str, Any], action: str) -> str:
    definition = ctx.core.reports.get(state.value("report_key", stored.get("report_key", "")))
    form = form_for(definition, clinics_for(ctx, definition), state, stored, action)
    return render("reporting/schedule.html", form=form)


def _wishes(data: Mapping[str, Any]) -> ScheduleWishes:
    day = {Rhythm.WEEKLY.value: data["weekday"], Rhythm.MONTHLY.value: data["monthday"]}.get(data["rhythm"], 0)
    try:
        params = json.loads(data["params"])
    except ValueError as error:
        raise Invalid({"params": "The report's questions came back garbled. Begin again from the report."}) from error
    return ScheduleWishes(
        report_key=data["report_key"],
        preset=data["preset"],
        format=data["format"],
        rhythm=data["rhythm"],
        hour=data["hour"],
        recipients=tuple(data["recipients"].split("\n")),
        day=day,
        clinic_ids=tuple(data["clinic_ids"]),
        params=params if isinstance(params, dict) else {},
    )


def _named(state: FormState) -> FormState:
    """Put the message about the day beside the field that was shown for it."""
    if "day" not in state.errors:
        return state
    field = "weekday" if state.value("rhythm") == Rhythm.WEEKLY.value else "monthday"
    return FormState(state.values, {field if name == "day" else name: text for name, text in state.errors.items()})


def _version() -> int:
    data, _ = load_form(schemas.VersionFormSchema)
    if data is None:
        raise Invalid({"row_version": "This button came without its version. Reload the page."})
    return int(data["row_version"])
