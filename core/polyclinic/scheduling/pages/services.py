"""Pages of the services on offer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue

from polyclinic.access.actor import Actor
from polyclinic.kit.archiving import Archived
from polyclinic.kit.errors import PolyclinicError
from polyclinic.kit.pagination import PageRequest, decode_cursor
from polyclinic.plugins.runtime import runtime
from polyclinic.scheduling import catalogue
from polyclinic.scheduling.catalogue import ServiceRow
from polyclinic.scheduling.commands import ArchiveService, CreateService, UpdateService
from polyclinic.scheduling.forms import ServiceFormSchema
from polyclinic.scheduling.services import catalogue as service_writes
from polyclinic.web.actor import SignIn
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

pages = PageBlueprint("services", url_prefix="/services")


@pages.get("", permission="services:read")
def list_services(sign_in: SignIn) -> str:
    """List the services; `q` looks into names and synonyms."""
    text = request.args.get("q", "")[:100].replace("\x00", "")
    archived = Archived.ANY if request.args.get("archived") == "any" else Archived.NO
    cursor = request.args.get("cursor")
    page = PageRequest(after=decode_cursor(cursor) if cursor else None)
    found = catalogue.list_services(sign_in.actor, page, text=text, archived=archived)
    return render(
        "scheduling/services.html",
        services=found.rows,
        next_cursor=found.next_cursor,
        text=text,
        archived=archived.value,
        can_write=sign_in.actor.can("services:write"),
    )


@pages.get("/new", permission="services:write")
def show_new_service(_sign_in: SignIn) -> str:
    """Show the form for a new service."""
    return _form(FormState(), None, can_write=True)


@pages.post("/new", permission="services:write")
def create_service(sign_in: SignIn) -> ResponseReturnValue:
    """Offer a service."""
    return _save(sign_in.actor, None, lambda data: service_writes.create_service(sign_in.actor, _create(data)))


@pages.get("/<uuid:service_id>", permission="services:read")
def show_service(sign_in: SignIn, service_id: UUID) -> str:
    """Show one service and, to those who may, its form."""
    service = catalogue.get_service(sign_in.actor, service_id)
    return _form(FormState(), service, can_write=sign_in.actor.can("services:write"))


@pages.post("/<uuid:service_id>", permission="services:write")
def update_service(sign_in: SignIn, service_id: UUID) -> ResponseReturnValue:
    """Change a service."""

    def update(data: dict[str, Any]) -> ServiceRow:
        version = data.pop("row_version")
        return service_writes.update_service(sign_in.actor, UpdateService(service_id, version, data))

    return _save(sign_in.actor, catalogue.get_service(sign_in.actor, service_id), update)


@pages.post("/<uuid:service_id>/archive", permission="services:write")
def archive_service(sign_in: SignIn, service_id: UUID) -> ResponseReturnValue:
    """Take a service off the list, or put it back."""
    version = request.form.get("row_version", "")
    command = ArchiveService(
        service_id, int(version) if version.isdigit() else 0, is_archived=request.form.get("restore") != "true"
    )
    service_writes.archive_service(sign_in.actor, command)
    return redirect("/services")


def _save(actor: Actor, service: ServiceRow | None, write: Any) -> ResponseReturnValue:
    data, state = load_form(ServiceFormSchema)
    if data is not None:
        try:
            write(data)
            return redirect("/services")
        except PolyclinicError as error:
            state = state.with_error(error)
    return _form(state, service, can_write=actor.can("services:write")), 422


def _create(data: dict[str, Any]) -> CreateService:
    data.pop("row_version")
    return CreateService(**data | {"synonyms": tuple(data["synonyms"])})


def _form(form: FormState, service: ServiceRow | None, *, can_write: bool) -> str:
    known = {*runtime().modalities(), *([service.modality] if service and service.modality else [])}
    return render(
        "scheduling/service.html",
        form=form,
        service=service,
        modalities=[(modality, modality.replace("_", " ").capitalize()) for modality in sorted(known)],
        can_write=can_write,
    )
