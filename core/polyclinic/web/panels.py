"""Plugins' panels in core's pages: inline ones in a batch, lazy ones by a request of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from flask import render_template, request
from markupsafe import Markup

from polyclinic.access.permissions import SIGNED_IN
from polyclinic.kit.errors import NotFound
from polyclinic.kit.ids import parse_id
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.isolation import attempt
from polyclinic.plugins.panels import FilledPanel, OfferedPanel, fill_panel, find_panel, offered_panels
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.slots import INLINE_SLOTS
from polyclinic.web.actor import SignIn, current_sign_in
from polyclinic.web.page_blueprint import PageBlueprint

pages = PageBlueprint("panels", url_prefix="/panels")


def slot(name: str, subject: UUID | str, clinic_id: UUID | None = None) -> Markup:
    """Return what the enabled plugins show in a slot for one subject; for templates."""
    sign_in = current_sign_in()
    if sign_in is None:
        return Markup()
    ctx = Ctx(sign_in.actor, clinic_id or sign_in.clinic_id)
    subject_id = str(subject)
    parts = [_part(ctx, offered, subject_id) for offered in offered_panels(runtime().dispatcher, ctx, name)]
    return Markup().join(parts)


def slot_batch(name: str, subjects: Sequence[UUID], clinic_id: UUID | None = None) -> Mapping[str, Markup]:
    """Return what the enabled plugins show in an inline slot for each of many subjects; one call for each panel."""
    sign_in = current_sign_in()
    if sign_in is None or not subjects:
        return {}
    ctx = Ctx(sign_in.actor, clinic_id or sign_in.clinic_id)
    dispatcher, wanted = runtime().dispatcher, [str(subject) for subject in subjects]
    shown: dict[str, Markup] = {}
    for offered in offered_panels(dispatcher, ctx, name):
        for subject, filled in fill_panel(dispatcher, ctx, offered, wanted).items():
            shown[subject] = shown.get(subject, Markup()) + _presented(filled, offered.panel.slot)
    return shown


@pages.get("/<key>", permission=SIGNED_IN)
def show_panel(sign_in: SignIn, key: str) -> str:
    """Show one lazy panel of one subject; the panel's own permission is checked when it is looked up."""
    subject, clinic = request.args.get("subject", ""), parse_id(request.args.get("clinic", ""))
    ctx = Ctx(sign_in.actor, clinic if clinic in sign_in.actor.clinic_ids else sign_in.clinic_id)
    offered = find_panel(runtime().dispatcher, ctx, key)
    if offered is None or parse_id(subject) is None:
        raise NotFound("panel")
    return _filled(ctx, offered, subject)


def _part(ctx: Ctx, offered: OfferedPanel, subject: str) -> Markup:
    if offered.panel.lazy and offered.panel.slot not in INLINE_SLOTS:
        place = render_template(
            "web/panel_lazy.html",
            key=offered.panel.key,
            title=offered.panel.title,
            subject=subject,
            clinic=ctx.clinic_id,
        )
        return Markup(place)  # noqa: S704 -- rendered by an escaping template
    return _filled(ctx, offered, subject)


def _filled(ctx: Ctx, offered: OfferedPanel, subject: str) -> Markup:
    filled = fill_panel(runtime().dispatcher, ctx, offered, [subject]).get(subject)
    if filled is None:
        return Markup()
    return _presented(filled, offered.panel.slot)


def _presented(filled: FilledPanel, slot_name: str) -> Markup:
    """Render a panel's template, within a line or as a card; one that fails leaves a mark with its log number."""
    body = ""
    if filled.content is not None:
        content = filled.content
        outcome = attempt(lambda: render_template(content.template, **content.values))
        body = outcome.value or ""
        if outcome.error is not None:
            failed = runtime().dispatcher.failed(filled.plugin_id, f"template {content.template}", outcome)
            filled = replace(filled, log_id=failed.failure.log_id)
    frame = "web/panel_inline.html" if slot_name in INLINE_SLOTS else "web/panel.html"
    page = render_template(frame, panel=filled, body=Markup(body))  # noqa: S704 -- rendered by an escaping template
    return Markup(page)  # noqa: S704 -- rendered by an escaping template
