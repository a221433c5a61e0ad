"""Pages of erasing: first what would go and what must stay, then the deed and what plugins did about it."""

from __future__ import annotations

from uuid import UUID

from flask import redirect
from flask.typing import ResponseReturnValue

from polyclinic.client_file.commands import EraseClient
from polyclinic.client_file.forms import EraseFormSchema
from polyclinic.client_file.queries import list_erasures
from polyclinic.client_file.services.erasing import erase_client, plan_erasure
from polyclinic.client_file.vocabulary import ERASE
from polyclinic.clients.queries import get_client
from polyclinic.kit.errors import NotAllowed, NotFound, PolyclinicError
from polyclinic.web.actor import SignIn
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render
from polyclinic.web.toasts import tell

pages = PageBlueprint("client_erasing", url_prefix="/clients")

KINDS = {
    "contact_data": "Contact data",
    "appointment_notes": "Texts of appointments",
    "appointments": "Appointments, without texts and name",
    "treatment_records": "Treatment records",
    "flags": "Flags",
    "answers": "Health answers",
}


@pages.get("/<uuid:client_id>/erase", permission=ERASE)
def show_erasure(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Show what an erasure would do, and for an erased client what it did."""
    client = get_client(sign_in.actor, client_id)
    if client.id != client_id:
        return redirect(f"/clients/{client.id}/erase")
    return _page(sign_in, client_id, FormState())


@pages.post("/<uuid:client_id>/erase", permission=ERASE)
def erase(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Erase a client whose name was typed."""
    data, state = load_form(EraseFormSchema)
    if data is None:
        return _page(sign_in, client_id, state), 422
    try:
        erase_client(sign_in.actor, EraseClient(client_id, data["reason"], data["confirm"]))
    except (NotFound, NotAllowed):
        raise
    except PolyclinicError as error:
        return _page(sign_in, client_id, state.with_error(error)), 422
    tell("The client was erased.")
    return redirect(f"/clients/{client_id}/erase")


def _page(sign_in: SignIn, client_id: UUID, state: FormState) -> str:
    plan = plan_erasure(sign_in.actor, client_id)
    return render(
        "client_file/erase.html",
        plan=plan,
        client=plan.client,
        erased=[(KINDS[kind], count) for kind, count in plan.erased.items() if count],
        kept=[(KINDS[kind], count) for kind, count in plan.kept.items() if count],
        erasures=list_erasures(sign_in.actor, client_id),
        kinds=KINDS,
        form=state,
    )
