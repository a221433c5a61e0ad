"""Pages of flags and health history."""

from __future__ import annotations

from uuid import UUID

from flask import redirect
from flask.typing import ResponseReturnValue

from polyclinic.clients import catalogue, forms, queries
from polyclinic.clients.client_page import client_page
from polyclinic.clients.commands import RecordAnswers
from polyclinic.clients.header import header_of
from polyclinic.clients.services import flags, health_history
from polyclinic.clients.views import answers_by_code, clinic_options, today_at
from polyclinic.kit.errors import Malformed, NotAllowed, NotFound, PolyclinicError
from polyclinic.kit.pagination import PageRequest
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.page_forms import NamedForm
from polyclinic.web.rendering import render

pages = PageBlueprint("client_health", url_prefix="/clients")


@pages.post("/<uuid:client_id>/flags", permission="health-history:write")
def raise_flag(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Flag a client."""
    client = queries.get_client(sign_in.actor, client_id)
    command, state = load_form(forms.FlagFormSchema, defaults={"client_id": str(client.id)})
    if command is not None:
        try:
            flags.raise_flag(sign_in.actor, command)
            return redirect(f"/clients/{client.id}")
        except NotAllowed:
            raise
        except PolyclinicError as error:
            state = state.with_error(error)
    return client_page(sign_in, client, NamedForm("flag", state)), 422


@pages.post("/<uuid:client_id>/flags/<uuid:flag_id>/end", permission="health-history:write")
def end_flag(sign_in: SignIn, client_id: UUID, flag_id: UUID) -> ResponseReturnValue:
    """Let a flag count no longer."""
    data, _ = load_form(forms.VersionFormSchema)
    if data is None:
        raise Malformed("This form came without its version. Reload the page.")
    if queries.get_flag(sign_in.actor, flag_id).client_id != queries.get_client(sign_in.actor, client_id).id:
        raise NotFound("flag")
    flags.end_flag(sign_in.actor, flag_id, data["row_version"])
    return redirect(f"/clients/{client_id}")


@pages.get("/<uuid:client_id>/health-history", permission="health-history:read")
def show_health_history(sign_in: SignIn, client_id: UUID) -> str:
    """Show the questions with their current answers, and every answer ever given."""
    return _history_page(sign_in, client_id, FormState())


@pages.post("/<uuid:client_id>/health-history", permission="health-history:write")
def record_answers(sign_in: SignIn, client_id: UUID) -> ResponseReturnValue:
    """Add the answers that differ from the current ones."""
    client = queries.get_client(sign_in.actor, client_id)
    current = answers_by_code(queries.list_current_answers(sign_in.actor, client.id))
    answers, state = forms.read_answers(catalogue.health_questions(sign_in.actor.organisation_id), current)
    if answers is None:
        return _history_page(sign_in, client.id, state), 422
    if answers:
        health_history.record_answers(sign_in.actor, RecordAnswers(client.id, answers))
    return redirect(f"/clients/{client.id}/health-history")


def _history_page(sign_in: SignIn, client_id: UUID, state: FormState) -> str:
    actor = sign_in.actor
    client = queries.get_client(actor, client_id)
    history = queries.list_health_history(actor, client.id, PageRequest())
    health = queries.find_health(actor, client.id)
    clinics = clinic_options(actor)
    return render(
        "clients/health_history.html",
        client=client,
        header=header_of(client, health.flags if health else None, today_at(clinics, chosen_clinic(sign_in))),
        questions=catalogue.health_questions(actor.organisation_id),
        current=answers_by_code(health.answers if health else ()),
        history=history.rows,
        form=state,
        can_write=queries.may_see_health(actor, client.id, "health-history:write"),
    )
