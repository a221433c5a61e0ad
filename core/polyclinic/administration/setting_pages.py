"""The page of a plugin's settings, for the organisation and for each clinic."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue

from polyclinic.administration.setting_views import TypedSettings, place_url, read_settings, settings_view
from polyclinic.kit.errors import Malformed, PolyclinicError
from polyclinic.kit.ids import parse_id
from polyclinic.plugins.commands import PutSettings
from polyclinic.plugins.setting_services import put_settings
from polyclinic.web.actor import SignIn
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render
from polyclinic.web.toasts import tell

pages = PageBlueprint("plugin_settings", url_prefix="/plugins")


@pages.get("/<plugin_id>/settings", permission="plugins:read")
def show_settings(sign_in: SignIn, plugin_id: str) -> str:
    """Show the settings at a place."""
    return _page(sign_in, plugin_id, _clinic(request.args.get("clinic_id", "")))


@pages.post("/<plugin_id>/settings", permission="plugins:write")
def save_settings(sign_in: SignIn, plugin_id: str) -> ResponseReturnValue:
    """Set what was typed; what was emptied is inherited again."""
    clinic_id = _clinic(request.form.get("clinic_id", ""))
    values = read_settings(plugin_id, clinic_id, request.form.items(multi=True))
    version = request.form.get("row_version", "")
    command = PutSettings(plugin_id, clinic_id, int(version) if version.isdecimal() else -1, values)
    try:
        put_settings(sign_in.actor, command)
    except PolyclinicError as error:
        return _page(sign_in, plugin_id, clinic_id, TypedSettings(values, error)), 422
    tell("Settings saved.")
    return redirect(place_url(plugin_id, clinic_id))


def _page(sign_in: SignIn, plugin_id: str, clinic_id: UUID | None, failed: TypedSettings | None = None) -> str:
    view = settings_view(sign_in.actor, plugin_id, clinic_id, failed)
    return render("administration/settings.html", view=view)


def _clinic(typed: str) -> UUID | None:
    clinic_id = parse_id(typed)
    if typed and clinic_id is None:
        raise Malformed("The clinic in the address is not an id. Go back to the plugin's page.")
    return clinic_id
