"""Pages of the therapists feature: the list, one therapist, and the forms on that page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect
from flask.typing import ResponseReturnValue

from polyclinic.kit import clock
from polyclinic.kit.errors import NotFound, PolyclinicError
from polyclinic.kit.schema import Schema
from polyclinic.therapists import forms, queries, schemas
from polyclinic.therapists.commands import TherapistAtClinic, UpdateRegistration, UpdateTherapist
from polyclinic.therapists.services import hours, profiles, registrations
from polyclinic.therapists.views import clinic_options, member_options, therapist_lines, therapist_view
from polyclinic.therapists.vocabulary import WEEKDAYS
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.page_forms import NamedForm, named_forms
from polyclinic.web.rendering import render

pages = PageBlueprint("therapists", url_prefix="/therapists")


@dataclass(frozen=True)
class Sent:
    """Which form of the page was sent, and what the address adds to it."""

    name: str
    schema: type[Schema]
    defaults: Mapping[str, str] = field(default_factory=dict)


@pages.get("", permission="therapists:read")
def list_page(sign_in: SignIn) -> str:
    """List the therapists with their registrations."""
    lines = therapist_lines(sign_in.actor, chosen_clinic(sign_in), _today())
    return render("therapists/list.html", lines=lines, can_write=sign_in.actor.can("therapists:write"))


@pages.get("/new", permission="therapists:write")
def show_new_therapist(sign_in: SignIn) -> str:
    """Show the form for a new therapist."""
    return _new_form(sign_in, FormState())


@pages.post("/new", permission="therapists:write")
def create_therapist(sign_in: SignIn) -> ResponseReturnValue:
    """Let a therapist work at clinics."""
    command, state = load_form(forms.NewTherapistFormSchema)
    if command is not None:
        try:
            return redirect(f"/therapists/{profiles.create_therapist(sign_in.actor, command).id}")
        except PolyclinicError as error:
            state = state.with_error(error)
    return _new_form(sign_in, state), 422


@pages.get("/<uuid:therapist_id>", permission="therapists:read")
def show_therapist(sign_in: SignIn, therapist_id: UUID) -> str:
    """Show one therapist: profile, registrations, weekly hours by clinic."""
    return _therapist_page(sign_in, therapist_id)


@pages.post("/<uuid:therapist_id>", permission="therapists:write")
def update_therapist(sign_in: SignIn, therapist_id: UUID) -> ResponseReturnValue:
    """Change name, modalities and sign-in."""

    def act(data: dict[str, Any]) -> object:
        version = data.pop("row_version")
        return profiles.update_therapist(sign_in.actor, UpdateTherapist(therapist_id, version, data))

    return _submit(sign_in, therapist_id, Sent("profile", forms.TherapistFormSchema), act)


@pages.post("/<uuid:therapist_id>/archive", permission="therapists:write")
def archive_therapist(sign_in: SignIn, therapist_id: UUID) -> ResponseReturnValue:
    """Take a therapist off the lists."""

    def act(data: dict[str, Any]) -> object:
        return profiles.archive_therapist(sign_in.actor, therapist_id, data["row_version"])

    return _submit(sign_in, therapist_id, Sent("profile", forms.VersionFormSchema), act)


@pages.post("/<uuid:therapist_id>/restore", permission="therapists:write")
def restore_therapist(sign_in: SignIn, therapist_id: UUID) -> ResponseReturnValue:
    """Put an archived therapist back on the lists."""

    def act(data: dict[str, Any]) -> object:
        return profiles.restore_therapist(sign_in.actor, therapist_id, data["row_version"])

    return _submit(sign_in, therapist_id, Sent("profile", forms.VersionFormSchema), act)


@pages.post("/<uuid:therapist_id>/clinics", permission="therapists:write")
def add_clinic(sign_in: SignIn, therapist_id: UUID) -> ResponseReturnValue:
    """Let a therapist work at one more clinic."""

    def act(data: dict[str, Any]) -> object:
        return profiles.add_clinic(
            sign_in.actor, TherapistAtClinic(therapist_id, data["row_version"], data["clinic_id"])
        )

    return _submit(sign_in, therapist_id, Sent("clinic", forms.ClinicFormSchema), act)


@pages.post("/<uuid:therapist_id>/clinics/withdraw", permission="therapists:write")
def withdraw_clinic(sign_in: SignIn, therapist_id: UUID) -> ResponseReturnValue:
    """End a therapist's work at a clinic."""

    def act(data: dict[str, Any]) -> object:
        at = TherapistAtClinic(therapist_id, data["row_version"], data["clinic_id"])
        return profiles.withdraw_clinic(sign_in.actor, at)

    return _submit(sign_in, therapist_id, Sent("clinic", forms.ClinicFormSchema), act)


@pages.post("/<uuid:therapist_id>/registrations", permission="therapists:write")
def create_registration(sign_in: SignIn, therapist_id: UUID) -> ResponseReturnValue:
    """Record a licence."""

    def act(command: Any) -> object:
        return registrations.create_registration(sign_in.actor, command)

    sent = Sent("registration", schemas.CreateRegistrationSchema, {"therapist_id": str(therapist_id)})
    return _submit(sign_in, therapist_id, sent, act)


@pages.post("/<uuid:therapist_id>/registrations/<uuid:registration_id>", permission="therapists:write")
def prolong_registration(sign_in: SignIn, therapist_id: UUID, registration_id: UUID) -> ResponseReturnValue:
    """Set the last day of a registration."""

    def act(data: dict[str, Any]) -> object:
        if queries.get_registration(sign_in.actor, registration_id).therapist_id != therapist_id:
            raise NotFound("registration")
        changes = {"expires_on": data["expires_on"]}
        command = UpdateRegistration(registration_id, data["row_version"], changes)
        return registrations.update_registration(sign_in.actor, command)

    return _submit(sign_in, therapist_id, Sent("prolong", forms.RegistrationFormSchema), act)


@pages.post("/<uuid:therapist_id>/hours", permission="therapists:write")
def add_hours(sign_in: SignIn, therapist_id: UUID) -> ResponseReturnValue:
    """Add hours on weekdays at a clinic."""

    def act(loaded: Any) -> object:
        version, command = loaded
        return hours.add_working_hours(sign_in.actor, therapist_id, version, command)

    return _submit(sign_in, therapist_id, Sent("hours", forms.AddHoursFormSchema), act)


@pages.post("/<uuid:therapist_id>/hours/remove", permission="therapists:write")
def remove_hours(sign_in: SignIn, therapist_id: UUID) -> ResponseReturnValue:
    """Remove one entry of the weekly hours."""

    def act(data: dict[str, Any]) -> object:
        at = TherapistAtClinic(therapist_id, data["row_version"], data["clinic_id"])
        return hours.remove_working_hours(sign_in.actor, at, data["hours_id"])

    return _submit(sign_in, therapist_id, Sent("hours", forms.RemoveHoursFormSchema), act)


def _submit(sign_in: SignIn, therapist_id: UUID, sent: Sent, act: Callable[[Any], object]) -> ResponseReturnValue:
    """Load one form of the therapist's page and act on it; show the page with its messages when that fails."""
    loaded, state = load_form(sent.schema, defaults=sent.defaults)
    if loaded is not None:
        try:
            act(loaded)
            return redirect(f"/therapists/{therapist_id}")
        except PolyclinicError as error:
            state = state.with_error(error)
    return _therapist_page(sign_in, therapist_id, NamedForm(sent.name, state)), 422


def _therapist_page(sign_in: SignIn, therapist_id: UUID, failed: NamedForm | None = None) -> str:
    view = therapist_view(sign_in.actor, therapist_id, _today())
    therapist = view.therapist
    stored: dict[str, dict[str, Any]] = {
        "profile": {
            "display_name": therapist.display_name,
            "modalities": ", ".join(therapist.modalities),
            "member_id": therapist.member_id,
        },
        "clinic": {},
        "registration": {},
        "prolong": {},
        "hours": {"weekdays": []},
    }
    return render(
        "therapists/therapist.html",
        view=view,
        forms=named_forms(stored, failed),
        weekdays=[(str(number), day.value) for number, day in enumerate(WEEKDAYS)],
    )


def _new_form(sign_in: SignIn, state: FormState) -> str:
    return render(
        "therapists/new.html",
        form=state,
        clinics=clinic_options(sign_in.actor),
        members=member_options(sign_in.actor),
    )


def _today() -> date:
    return clock.now().date()
