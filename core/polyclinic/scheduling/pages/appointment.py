"""One appointment: what is known, the steps it can take, the form that moves it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from polyclinic.kit.errors import Conflict, Invalid, Malformed, PolyclinicError, Stale
from polyclinic.scheduling import queries
from polyclinic.scheduling.appointment_view import build_view
from polyclinic.scheduling.commands import AdvanceAppointment, RescheduleAppointment
from polyclinic.scheduling.forms import MoveFormSchema, StepFormSchema
from polyclinic.scheduling.pages.notice import after_step, back_to, read_notices
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.moving import reschedule_appointment
from polyclinic.web.actor import SignIn
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

pages = PageBlueprint("appointment", url_prefix="/appointments")


@pages.get("/<uuid:appointment_id>", permission="appointments:read")
def show_appointment(sign_in: SignIn, appointment_id: UUID) -> str:
    """Show one appointment."""
    return _page(sign_in, appointment_id, FormState())


@pages.post("/<uuid:appointment_id>/status", permission="appointments:write")
def step_appointment(sign_in: SignIn, appointment_id: UUID) -> ResponseReturnValue:
    """Take a visit to another state, or back, and return to where the button was."""
    asked = _step_asked()
    was = queries.get_appointment(sign_in.actor, appointment_id).status
    command = AdvanceAppointment(appointment_id, asked["row_version"], asked["to"], asked["reason"])
    try:
        row = advance_appointment(sign_in.actor, command)
    except (Conflict, Stale) as error:
        return _page(sign_in, appointment_id, FormState().with_error(error)), 409
    target = back_to(request.values.get("next", ""), default=f"/appointments/{appointment_id}")
    return redirect(after_step(target, row, was))


@pages.post("/<uuid:appointment_id>/move", permission="appointments:write")
def move_appointment(sign_in: SignIn, appointment_id: UUID) -> ResponseReturnValue:
    """Move an appointment; a refusal keeps what was typed and names the next free time."""
    data, state = load_form(MoveFormSchema)
    hint = ""
    if data is not None:
        try:
            command = RescheduleAppointment(appointment_id, data.pop("row_version"), **data)
            reschedule_appointment(sign_in.actor, command)
            return redirect(f"/appointments/{appointment_id}")
        except (Conflict, Invalid, Stale) as error:
            state, hint = with_conflicts(state, error), hint_of(error)
    return _page(sign_in, appointment_id, state, hint=hint), 422


def with_conflicts(state: FormState, error: PolyclinicError) -> FormState:
    """Return the form with every conflict on a line of its own."""
    if not isinstance(error, Conflict) or not error.conflicts:
        return state.with_error(error)
    reasons = {f"_{index}": text for index, text in enumerate(dict.fromkeys(c.detail for c in error.conflicts))}
    return FormState(state.values, {**state.errors, **reasons})


def hint_of(error: PolyclinicError) -> str:
    """Return what helps against the conflicts, such as the next free time."""
    conflicts = error.conflicts if isinstance(error, Conflict) else ()
    return error.detail.rpartition(conflicts[-1].detail)[2].strip() if conflicts else ""


def _step_asked() -> dict[str, Any]:
    wanted = {name: request.values[name] for name in ("to", "row_version", "reason") if name in request.values}
    try:
        return StepFormSchema().load(wanted)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise Malformed("This button does not name a step of an appointment. Reload the page.") from error


def _page(sign_in: SignIn, appointment_id: UUID, form: FormState, *, hint: str = "") -> str:
    return render(
        "scheduling/appointment.html",
        view=build_view(sign_in.actor, appointment_id),
        form=form,
        hint=hint,
        messages=read_notices(sign_in.actor),
        here=f"/appointments/{appointment_id}",
    )
