"""The booking form."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import redirect, request
from flask.typing import ResponseReturnValue

from polyclinic.kit.errors import Conflict, Invalid
from polyclinic.scheduling.booking_view import build_booking_view, find_clients
from polyclinic.scheduling.forms import BookFormSchema, one_start
from polyclinic.scheduling.pages.appointment import hint_of, with_conflicts
from polyclinic.scheduling.queries import AppointmentRow
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.forms import load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render, render_fragment

pages = PageBlueprint("booking", url_prefix="/appointments/new")


@pages.get("", permission="appointments:write")
def show_booking(sign_in: SignIn) -> str:
    """Show the form, filled in with what the address names."""
    return _form(sign_in, one_start(request.args.to_dict()), {})


@pages.get("/choices", permission="appointments:write")
def show_choices(sign_in: SignIn) -> str:
    """Show therapists, rooms and free times for what was chosen so far."""
    values = one_start(request.args.to_dict())
    view = build_booking_view(sign_in.actor, values, sign_in.clinic_id)
    return render_fragment("scheduling/_booking_choices.html", view=view, values=values, errors={})


@pages.get("/clients", permission="appointments:write")
def suggest_clients(sign_in: SignIn) -> str:
    """Offer clients while a name is typed."""
    found = find_clients(sign_in.actor, request.args.get("client_id_text", "")[:100].replace("\x00", ""))
    options = [{"value": value, "label": label} for value, label in found]
    return render_fragment("scheduling/_client_options.html", options=options)


@pages.post("", permission="appointments:write")
def create_appointment(sign_in: SignIn) -> ResponseReturnValue:
    """Book, or show the form again with every conflict and the free times; nothing typed is lost."""
    values = one_start(request.form.to_dict())
    if values.get("show") == "times":
        return _form(sign_in, values, {})
    only = _only_match(sign_in, values)
    command, state = load_form(BookFormSchema, defaults=only)
    hint = ""
    if command is not None:
        try:
            return redirect(_calendar_url(book_appointment(sign_in.actor, command)))
        except (Conflict, Invalid) as error:
            state, hint = with_conflicts(state, error), hint_of(error)
    return _form(sign_in, values | only, state.errors, hint=hint), 422


def _only_match(sign_in: SignIn, values: Mapping[str, str]) -> dict[str, str]:
    """Return the client when the typed name fits exactly one: without scripts nobody can choose from the list."""
    if values.get("client_id"):
        return {}
    found = find_clients(sign_in.actor, values.get("client_id_text", "")[:100].replace("\x00", ""))
    return {"client_id": found[0][0]} if len(found) == 1 else {}


def _form(sign_in: SignIn, values: Mapping[str, str], errors: Mapping[str, str], *, hint: str = "") -> str:
    view = build_booking_view(sign_in.actor, values, chosen_clinic(sign_in))
    return render("scheduling/booking.html", view=view, values=values, errors=errors, hint=hint)


def _calendar_url(row: AppointmentRow) -> str:
    day = row.local_start.date().isoformat()
    return "/calendar?" + urlencode({"view": "day", "date": day, "clinic": row.clinic_id, "changed": row.id})
