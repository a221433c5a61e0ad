"""Pages of clients' contact data: list and search, suggestions, the new client, the client page, its editing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue

from polyclinic.clients import forms, queries
from polyclinic.clients.client_page import client_page
from polyclinic.clients.commands import CreateClient, UpdateClient
from polyclinic.clients.rows import ClientIdentity, ClientRow, DuplicateRow
from polyclinic.clients.schemas import DuplicateQuerySchema
from polyclinic.clients.services import clients
from polyclinic.clients.services.clients import FIELDS
from polyclinic.clients.views import client_lines, clinic_options, suggestions, today_at
from polyclinic.kit.errors import Malformed, PolyclinicError, Stale
from polyclinic.kit.pagination import PageRequest, decode_cursor
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import is_htmx, render, render_fragment

pages = PageBlueprint("clients", url_prefix="/clients")

MAX_SEARCH = 200
BOOKING = "/appointments/new"


@pages.get("", permission="clients:read")
def list_page(sign_in: SignIn) -> str:
    """List and search clients; a typed letter fetches the results alone."""
    actor, clinic_id, text = sign_in.actor, chosen_clinic(sign_in), _typed("q")
    clinics = clinic_options(actor)
    page = queries.search_clients(actor, text, clinic_id, _page_request())
    values: dict[str, Any] = {
        "lines": client_lines(page, clinics, today_at(clinics, clinic_id)),
        "next_url": _next_url(page.next_cursor, text, clinic_id),
        "text": text,
        "can_write": actor.can("clients:write"),
    }
    if is_htmx():
        return render_fragment("clients/_results.html", **values)
    choices = [("all", "All clinics"), *((str(clinic.id), clinic.name) for clinic in clinics)]
    return render("clients/list.html", clinic_choices=choices, clinic_id=clinic_id, **values)


@pages.get("/suggest", permission="clients:read")
def suggest(sign_in: SignIn) -> str:
    """Offer clients while a name is typed: with links for the search of the top bar, as choices for other fields."""
    names = [name for name in request.args if name == "q" or name.endswith("_text")]
    text = _typed(names[0]) if names else ""
    options = suggestions(sign_in.actor, text, with_urls=names == ["q"])
    return render_fragment("clients/_suggestions.html", options=options, text=text)


@pages.get("/new", permission="clients:write")
def show_new_client(sign_in: SignIn) -> str:
    """Show the form for a new client."""
    return _new_form(sign_in, FormState(), ())


@pages.post("/new", permission="clients:write")
def create_client(sign_in: SignIn) -> ResponseReturnValue:
    """Register a client; likely duplicates are shown first and need "Create anyway"."""
    command, state = load_form(forms.NewClientFormSchema)
    if command is None:
        return _new_form(sign_in, state, ()), 422
    found = () if request.form.get("accept") == "yes" else queries.find_duplicates(sign_in.actor, command)
    if found:
        return _new_form(sign_in, state, found), 422
    return _create(sign_in, command, state)


@pages.post("/duplicates", permission="clients:write")
def show_duplicates(sign_in: SignIn) -> str:
    """Show likely duplicates of what is typed so far; unfinished input finds nobody."""
    identity: ClientIdentity | None
    identity, _ = load_form(DuplicateQuerySchema)
    found = queries.find_duplicates(sign_in.actor, identity) if identity else ()
    return render_fragment("clients/_duplicates.html", duplicates=found)


@pages.get("/<uuid:client_id>", permission="clients:read")
def show_client(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Show one client: header, contact, flags, timeline; a merged client leads to the one it was merged into."""
    client = queries.get_client(sign_in.actor, client_id)
    if client.id != client_id:
        return redirect(f"/clients/{client.id}")
    return client_page(sign_in, client)


@pages.get("/<uuid:client_id>/edit", permission="clients:write")
def show_edit(sign_in: SignIn, client_id: UUID) -> str:
    """Show the form of a client's contact data."""
    client = queries.get_client(sign_in.actor, client_id)
    return _edit_form(client, FormState(), client)


@pages.post("/<uuid:client_id>/edit", permission="clients:write")
def update_client(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Change contact data; a stale save shows what was typed and what is stored."""
    changes, state = load_form(forms.ClientFormSchema)
    client = queries.get_client(sign_in.actor, client_id)
    if changes is None:
        return _edit_form(client, state, client), 422
    version = changes.pop("row_version")
    try:
        clients.update_client(sign_in.actor, UpdateClient(client_id, version, changes))
    except Stale as error:
        return _edit_form(client, state.with_error(error), client, is_stale=True), 422
    except PolyclinicError as error:
        return _edit_form(client, state.with_error(error), client), 422
    return redirect(f"/clients/{client.id}")


@pages.post("/<uuid:client_id>/archive", permission="clients:write")
def archive_client(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Take a client off the lists."""
    data, _ = load_form(forms.VersionFormSchema)
    if data is None:
        raise Malformed("This form came without its version. Reload the page.")
    clients.archive_client(sign_in.actor, client_id, data["row_version"])
    return redirect(f"/clients/{client_id}")


@pages.post("/<uuid:client_id>/restore", permission="clients:write")
def restore_client(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Put an archived client back on the lists."""
    data, _ = load_form(forms.VersionFormSchema)
    if data is None:
        raise Malformed("This form came without its version. Reload the page.")
    clients.restore_client(sign_in.actor, client_id, data["row_version"])
    return redirect(f"/clients/{client_id}")


def _create(sign_in: SignIn, command: CreateClient, state: FormState) -> ResponseReturnValue:
    try:
        client = clients.create_client(sign_in.actor, command)
    except PolyclinicError as error:
        return _new_form(sign_in, state.with_error(error), ()), 422
    return redirect(_after_creation(client))


def _after_creation(client: ClientRow) -> str:
    """Return the client's page, or the booking form that the new client was asked for."""
    target = request.form.get("next", "")
    path, _, query = target.partition("?")
    if path != BOOKING or not target.isprintable() or "#" in target:
        return f"/clients/{client.id}"
    return f"{path}?{query}&{urlencode({'client_id': client.id})}" if query else f"{path}?client_id={client.id}"


def _new_form(sign_in: SignIn, state: FormState, duplicates: Sequence[DuplicateRow]) -> str:
    writable = set(sign_in.actor.clinics_with("clients:write"))
    options = [(clinic.id, clinic.name) for clinic in clinic_options(sign_in.actor) if clinic.id in writable]
    return render(
        "clients/new.html",
        form=state,
        stored={"clinic_id": chosen_clinic(sign_in)},
        clinics=options,
        duplicates=duplicates,
        next=request.values.get("next", ""),
    )


def _edit_form(client: ClientRow, state: FormState, stored: ClientRow, *, is_stale: bool = False) -> str:
    values = {name: getattr(stored, name) for name in FIELDS}
    differing = {
        name: "" if value is None else str(value)
        for name, value in values.items()
        if is_stale and name in state.values and state.values[name] != ("" if value is None else str(value))
    }
    return render("clients/edit.html", client=client, form=state, stored=values, differing=differing)


def _typed(name: str) -> str:
    return request.args.get(name, "")[:MAX_SEARCH].replace("\x00", "")


def _page_request() -> PageRequest:
    cursor = request.args.get("cursor")
    return PageRequest(after=decode_cursor(cursor) if cursor else None)


def _next_url(cursor: str | None, text: str, clinic_id: UUID | None) -> str | None:
    if cursor is None:
        return None
    wanted = {"q": text, "clinic": str(clinic_id or "all"), "cursor": cursor}
    return "/clients?" + urlencode({name: value for name, value in wanted.items() if value})
