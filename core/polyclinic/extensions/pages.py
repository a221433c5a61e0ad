"""Forms of plugins' fields beside core's things, and the page on which one of them comes back for a correction."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from polyclinic.extensions.things import KINDS, Kind, find_thing
from polyclinic.extensions.views import TypedValues, card_of, cards, read_card
from polyclinic.kit.errors import PolyclinicError
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_queries import Thing, get_extension
from polyclinic.plugins.extension_services import put_extension
from polyclinic.web.actor import SignIn, current_sign_in
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render
from polyclinic.web.toasts import tell

pages = PageBlueprint("extensions")
_PATHS = {kind.entity: kind.path for kind in KINDS}


def extension_cards(entity: str, thing_id: UUID, clinic_id: UUID | None = None) -> Markup:
    """Return the cards of plugins' fields on a thing that the page shows; for templates."""
    sign_in = current_sign_in()
    if sign_in is None:
        return Markup()
    thing = Thing(Entity(entity), thing_id, clinic_id)
    shown = cards(sign_in.actor, thing, f"/{_PATHS[thing.entity]}/{thing_id}")
    if not shown:
        return Markup()
    page = render_template("extensions/_cards.html", cards=shown, csrf_token=sign_in.csrf_token)
    return Markup(page)  # noqa: S704 -- rendered by an escaping template


def _register(kind: Kind) -> None:
    rule = f"/{kind.path}/<uuid:{kind.argument}>/extensions/<plugin_id>"

    def show(sign_in: SignIn, plugin_id: str, **ids: UUID) -> str:
        return _page(sign_in, kind, ids[kind.argument], plugin_id)

    def save(sign_in: SignIn, plugin_id: str, **ids: UUID) -> ResponseReturnValue:
        return _save(sign_in, kind, ids[kind.argument], plugin_id)

    show.__name__, save.__name__ = f"show_{kind.entity}_card", f"save_{kind.entity}_card"
    pages.get(rule, permission=kind.permission)(show)
    pages.post(rule, permission=kind.permission)(save)


for _kind in KINDS:
    _register(_kind)


def _save(sign_in: SignIn, kind: Kind, thing_id: UUID, plugin_id: str) -> ResponseReturnValue:
    pairs = [(name, value.replace("\r\n", "\n")) for name, value in request.form.items(multi=True)]
    values: dict[str, Any] = read_card(kind.entity, plugin_id, pairs)
    version = request.form.get("row_version", "")
    thing = find_thing(sign_in.actor, kind.entity, thing_id)
    try:
        given = int(version[:9]) if version.isdecimal() else -1
        put_extension(sign_in.actor, thing, plugin_id, row_version=given, values=values)
    except PolyclinicError as error:
        return _page(sign_in, kind, thing_id, plugin_id, TypedValues(values, error)), 422
    tell("Saved.")
    return redirect(f"/{kind.path}/{thing.id}")


def _page(sign_in: SignIn, kind: Kind, thing_id: UUID, plugin_id: str, failed: TypedValues | None = None) -> str:
    thing = find_thing(sign_in.actor, kind.entity, thing_id)
    extension = get_extension(sign_in.actor, thing, plugin_id)
    back = f"/{kind.path}/{thing.id}"
    card = card_of(kind.entity, extension, f"{back}/extensions/{plugin_id}", failed)
    return render("extensions/card.html", card=card, back=back)
