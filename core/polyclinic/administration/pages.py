"""Pages about plugins: the list, one plugin, and the approval of what it asks for."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue

from polyclinic.administration import schemas
from polyclinic.administration.plugin_views import approval_view, list_view, plugin_view
from polyclinic.kit.errors import Malformed, PolyclinicError
from polyclinic.kit.ids import parse_id
from polyclinic.plugins import replaying, services
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin
from polyclinic.plugins.runtime import runtime
from polyclinic.web.actor import SignIn
from polyclinic.web.forms import FormState, load_form
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

pages = PageBlueprint("plugins", url_prefix="/plugins")


@pages.get("", permission="plugins:read")
def list_plugins(sign_in: SignIn) -> str:
    """List the plugins of this server."""
    return render("administration/plugins.html", plugins=list_view(sign_in.actor))


@pages.get("/<plugin_id>", permission="plugins:read")
def show_plugin(sign_in: SignIn, plugin_id: str) -> str:
    """Show one plugin: state, where it is on, what it asks for, how it is doing."""
    return _plugin_page(sign_in, plugin_id, FormState())


@pages.get("/<plugin_id>/approval", permission="plugins:write")
def show_approval(sign_in: SignIn, plugin_id: str) -> str:
    """Show what the plugin asks for at a place, before it is switched on there."""
    return _approval_page(sign_in, plugin_id, request.args.get("clinic", ""), FormState())


@pages.post("/<plugin_id>/approval", permission="plugins:write")
def approve_plugin(sign_in: SignIn, plugin_id: str) -> ResponseReturnValue:
    """Switch the plugin on with what was ticked."""
    approved, state = load_form(schemas.ApprovalFormSchema)
    if approved is not None:
        command = EnablePlugin(plugin_id, approved.clinic_id, approved.scopes, approved.role_permissions)
        try:
            services.enable_plugin(sign_in.actor, command, registry=runtime().registry)
            return redirect(f"/plugins/{plugin_id}")
        except PolyclinicError as error:
            state = state.with_error(error)
    return _approval_page(sign_in, plugin_id, request.form.get("clinic_id", ""), state), 422


@pages.post("/<plugin_id>/disable", permission="plugins:write")
def disable_plugin(sign_in: SignIn, plugin_id: str) -> ResponseReturnValue:
    """Switch the plugin off at a place; its data stay."""
    place, state = load_form(schemas.PlaceFormSchema)
    if place is None:
        raise Malformed("This button does not name a clinic. Reload the page.")
    try:
        command = DisablePlugin(plugin_id, place.clinic_id)
        services.disable_plugin(sign_in.actor, command, registry=runtime().registry)
        return redirect(f"/plugins/{plugin_id}")
    except PolyclinicError as error:
        state = state.with_error(error)
    return _plugin_page(sign_in, plugin_id, state), 409


@pages.post("/<plugin_id>/deliveries/<uuid:delivery_id>/replay", permission="plugins:write")
def replay_delivery(sign_in: SignIn, plugin_id: str, delivery_id: UUID) -> ResponseReturnValue:
    """Have an event that failed for good delivered again."""
    replaying.replay_delivery(sign_in.actor, plugin_id, delivery_id)
    return redirect(f"/plugins/{plugin_id}#health")


def _plugin_page(sign_in: SignIn, plugin_id: str, form: FormState) -> str:
    return render("administration/plugin.html", view=plugin_view(sign_in.actor, plugin_id), form=form)


def _approval_page(sign_in: SignIn, plugin_id: str, clinic_text: str, form: FormState) -> str:
    clinic_id = parse_id(clinic_text)
    if clinic_text and clinic_id is None:
        raise Malformed("The clinic in the address is not an id. Go back to the plugin's page.")
    approval = approval_view(sign_in.actor, plugin_id, clinic_id)
    return render("administration/approval.html", plugin_id=plugin_id, approval=approval, form=form)
