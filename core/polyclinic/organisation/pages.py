"""Pages of the organisation feature: clinics and their rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from polyclinic.kit.errors import PolyclinicError
from polyclinic.kit.zones import zone_names
from polyclinic.organisation import queries, schemas, services
from polyclinic.organisation.commands import UpdateClinic
from polyclinic.web.actor import SignIn
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

if TYPE_CHECKING:
    from polyclinic.organisation.models import Clinic

pages = PageBlueprint("clinics", url_prefix="/clinics")


@pages.get("", permission="clinics:read")
def list_clinics(sign_in: SignIn) -> str:
    """List the clinics with their rooms."""
    rooms: dict[UUID, list[str]] = {}
    for room in queries.list_rooms(sign_in.actor):
        rooms.setdefault(room.clinic_id, []).append(room.name)
    can_write = sign_in.actor.can("organisation:write")
    return render(
        "organisation/clinics.html", clinics=queries.list_clinics(sign_in.actor), rooms=rooms, can_write=can_write
    )


@pages.get("/new", permission="organisation:write")
def show_new_clinic(_sign_in: SignIn) -> str:
    """Show the form for opening a clinic."""
    return _clinic_form(FormState(), None)


@pages.post("/new", permission="organisation:write")
def create_clinic(sign_in: SignIn) -> ResponseReturnValue:
    """Open a clinic."""
    command, state = load_form(schemas.CreateClinicSchema)
    if command is not None:
        try:
            clinic = services.create_clinic(sign_in.actor, command)
            return redirect(url_for("clinics.show_clinic", clinic_id=clinic.id))
        except PolyclinicError as error:
            state = state.with_error(error)
    return _clinic_form(state, None), 422


@pages.get("/<uuid:clinic_id>", permission="clinics:read")
def show_clinic(sign_in: SignIn, clinic_id: UUID) -> str:
    """Show one clinic: address, zone, rooms and, to those who may, their forms."""
    return _clinic_form(FormState(), queries.get_clinic(sign_in.actor, clinic_id), sign_in)


@pages.post("/<uuid:clinic_id>", permission="clinics:write")
def update_clinic(sign_in: SignIn, clinic_id: UUID) -> ResponseReturnValue:
    """Change a clinic."""
    changes, state = load_form(schemas.ClinicFormSchema)
    clinic = queries.get_clinic(sign_in.actor, clinic_id)
    if changes is not None:
        version = changes.pop("row_version")
        try:
            services.update_clinic(sign_in.actor, UpdateClinic(clinic_id, version, changes))
            return redirect(url_for("clinics.show_clinic", clinic_id=clinic_id))
        except PolyclinicError as error:
            state = state.with_error(error)
    return _clinic_form(state, clinic, sign_in), 422


@pages.post("/<uuid:clinic_id>/rooms", permission="clinics:write")
def create_room(sign_in: SignIn, clinic_id: UUID) -> ResponseReturnValue:
    """Add a room."""
    command, state = load_form(schemas.CreateRoomSchema, defaults={"clinic_id": str(clinic_id)})
    clinic = queries.get_clinic(sign_in.actor, clinic_id)
    if command is not None:
        try:
            services.create_room(sign_in.actor, command)
            return redirect(url_for("clinics.show_clinic", clinic_id=clinic_id))
        except PolyclinicError as error:
            state = state.with_error(error)
    return _clinic_form(FormState(), clinic, sign_in, room_form=state), 422


def _clinic_form(
    form: FormState, clinic: Clinic | None, sign_in: SignIn | None = None, *, room_form: FormState | None = None
) -> str:
    rooms = queries.list_rooms(sign_in.actor, clinic.id) if clinic and sign_in else ()
    can_write = sign_in is None or (clinic is not None and sign_in.actor.can("clinics:write", clinic.id))
    zones = sorted(name for name in zone_names() if "/" in name and not name.startswith(("Etc/", "posix/", "right/")))
    return render(
        "organisation/clinic.html",
        clinic=clinic,
        form=form,
        rooms=rooms,
        room_form=room_form or FormState(),
        zones=[(name, name.replace("_", " ")) for name in zones],
        can_write=can_write,
    )
