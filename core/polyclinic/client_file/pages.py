"""Pages of merging: choose the other client, compare, merge; look at a merge and undo it; tell two people apart."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue

from polyclinic.client_file.commands import MarkDifferent, MergeClients
from polyclinic.client_file.forms import OtherClientFormSchema, load_merge_form
from polyclinic.client_file.services import differing, merging, parting
from polyclinic.client_file.views import choice_view, comparison_view, merge_view
from polyclinic.client_file.vocabulary import MERGE
from polyclinic.clients.queries import get_client
from polyclinic.kit.errors import Invalid, Malformed, NotAllowed, NotFound, PolyclinicError
from polyclinic.kit.ids import parse_id
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render
from polyclinic.web.toasts import tell

pages = PageBlueprint("client_merging", url_prefix="/clients")

MAX_SEARCH = 100


@pages.get("/<uuid:client_id>/merge", permission=MERGE)
def show_merge_form(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Choose the other client, then compare both; the client of the address is the one that stays."""
    client = get_client(sign_in.actor, client_id)
    if client.id != client_id:
        return redirect(f"/clients/{client.id}/merge")
    other = request.args.get("other", "")
    if not other:
        return _choice_page(sign_in, client_id)
    other_id = parse_id(other)
    if other_id is None:
        raise Malformed("This address names no client. Choose the other client again.")
    try:
        return _comparison_page(sign_in, client_id, other_id, FormState())
    except (NotFound, NotAllowed):
        raise
    except PolyclinicError as error:
        return _choice_page(sign_in, client_id, FormState().with_error(error)), 422


@pages.post("/<uuid:client_id>/merge", permission=MERGE)
def merge_client(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Merge the other client into this one."""
    data, state = load_merge_form()
    if data is None:
        other_id = parse_id(str(state.values.get("other_client_id", "")))
        if other_id is None:
            raise Malformed("This form came without the other client. Start again from the client's page.")
        return _comparison_page(sign_in, client_id, other_id, state), 422
    versions = (data["goes_version"], data["stays_version"])
    command = MergeClients(data["other_client_id"], client_id, data["reason"], data["take"], *versions)
    try:
        merge = merging.merge_clients(sign_in.actor, command)
    except (NotFound, NotAllowed):
        raise
    except PolyclinicError as error:
        return _failed(sign_in, command, state.with_error(_as_form_error(error)))
    tell("The two clients are one now. You can undo this for 30 days.")
    return redirect(f"/clients/merges/{merge.id}")


@pages.post("/<uuid:client_id>/different", permission=MERGE)
def mark_different(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Remember that this client and another are two people."""
    data, _ = load_form(OtherClientFormSchema)
    if data is None:
        raise Malformed("This form came without the other client. Reload the page.")
    differing.mark_different(sign_in.actor, MarkDifferent(client_id, data["other_client_id"]))
    tell("Noted: these are two people. They are not suggested as one again.")
    return redirect(f"/clients/{client_id}/merge")


@pages.get("/merges/<uuid:merge_id>", permission=MERGE)
def show_merge(sign_in: SignIn, merge_id: UUID) -> str:
    """Show one merge: what moved, which values changed, and what undoing would do."""
    return _merge_page(sign_in, merge_id, FormState())


@pages.post("/merges/<uuid:merge_id>/undo", permission=MERGE)
def undo_merge(sign_in: SignIn, merge_id: UUID) -> ResponseReturnValue:
    """Part two clients again."""
    try:
        parting.undo_merge(sign_in.actor, merge_id)
    except (NotFound, NotAllowed):
        raise
    except PolyclinicError as error:
        return _merge_page(sign_in, merge_id, FormState().with_error(error)), 422
    tell("The two clients are two again.")
    return redirect(f"/clients/merges/{merge_id}")


def _choice_page(sign_in: SignIn, client_id: UUID, state: FormState | None = None) -> str:
    text = request.args.get("other_text", "")[:MAX_SEARCH].replace("\x00", "")
    view = choice_view(sign_in.actor, client_id, text, chosen_clinic(sign_in))
    return render("client_file/choose.html", view=view, client=view.client, form=state or FormState())


def _comparison_page(sign_in: SignIn, client_id: UUID, other_id: UUID, state: FormState) -> str:
    return render("client_file/compare.html", view=comparison_view(sign_in.actor, client_id, other_id), form=state)


def _failed(sign_in: SignIn, command: MergeClients, state: FormState) -> ResponseReturnValue:
    """Show the comparison again with the error; what cannot be compared any more leads back to the choice."""
    try:
        return _comparison_page(sign_in, command.into_client_id, command.from_client_id, state), 422
    except (NotFound, NotAllowed):
        raise
    except PolyclinicError:
        return _choice_page(sign_in, command.into_client_id, state), 422


def _as_form_error(error: PolyclinicError) -> PolyclinicError:
    """Contact data that cannot be stored are named by the field that was chosen."""
    if isinstance(error, Invalid):
        return Invalid({f"keep-{each.pointer.lstrip('/')}": each.detail for each in error.errors})
    return error


def _merge_page(sign_in: SignIn, merge_id: UUID, state: FormState) -> str:
    plan = parting.plan_undo(sign_in.actor, merge_id)
    view = merge_view(sign_in.actor, plan, chosen_clinic(sign_in))
    return render("client_file/merge.html", view=view, merge=view.merge, form=state)
