"""The editor's answers: whole pages without JavaScript, parts of the page for its autosave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.kit.errors import Invalid, NotAllowed, PolyclinicError, Stale
from polyclinic.plugins.dispatch import PluginFailed
from polyclinic.records.commands import ApplyAction, CarryForward, SaveDraft
from polyclinic.records.conflict_view import differences
from polyclinic.records.editor_view import EditorView, SectionForm, editor_view, generated_fields
from polyclinic.records.form_reading import COPY, SIGN, EditorForm
from polyclinic.records.queries.records import RecordRow, get_record_row
from polyclinic.records.queries.versions import read_newest
from polyclinic.records.section_work import SectionWork, section_work
from polyclinic.records.services.acting import apply_action
from polyclinic.records.services.carrying import carry_forward
from polyclinic.records.services.drafts import WRITE, open_draft
from polyclinic.records.services.saving import save_draft
from polyclinic.web.rendering import is_htmx, render, render_fragment


def show_editor(actor: Actor, record: RecordRow) -> str:
    """Return the editor of an open draft; the look is audited."""
    trail.write_read(actor, "treatment_record", [record.id], clinic_id=record.clinic_id)
    view = editor_view(actor, section_work(), record, open_draft(record).sections)
    return _page(view)


def save_editor(actor: Actor, record_id: UUID, form: EditorForm) -> ResponseReturnValue:
    """Save the form, then do what its button asks for; what was typed is never lost."""
    work = section_work()
    try:
        saved = save_draft(actor, SaveDraft(record_id, form.row_version, form.sections, is_whole=True)).record
    except Stale as stale:
        return _conflict(actor, work, stale, form)
    except Invalid as refused:
        return _unsaved(actor, work, get_record_row(actor, record_id, WRITE), form, refused)
    if form.button == SIGN and not is_htmx():
        return redirect(f"/treatment-records/{record_id}/sign")
    try:
        after = _act(actor, saved, form)
    except (NotAllowed, Stale):
        raise
    except PolyclinicError as refused:
        # The text is saved all the same; only the button's wish is refused, in its own words.
        view = replace(editor_view(actor, work, saved, open_draft(saved).sections), notice=refused.detail)
        return _answer(view, form, status=409)
    if not is_htmx():
        return redirect(f"/treatment-records/{record_id}", 303)
    return _answer(editor_view(actor, work, after, open_draft(after).sections), form)


def _act(actor: Actor, record: RecordRow, form: EditorForm) -> RecordRow:
    if form.button == COPY:
        return carry_forward(actor, CarryForward(record.id, record.row_version)).record
    if form.action is None:
        return record
    pressed = form.action
    command = ApplyAction(record.id, record.row_version, pressed.section, pressed.action, pressed.arguments)
    return apply_action(actor, command).record


def _conflict(actor: Actor, work: SectionWork, stale: Stale, form: EditorForm) -> ResponseReturnValue:
    """Show both texts; the form goes on from the current version, so that saving again is a choice."""
    record: RecordRow = stale.current
    if record.draft is None:
        return _signed_meanwhile(actor, work, record, form)
    stored = record.draft.sections
    rows = differences(work, form.sections, stored)
    view = editor_view(actor, work, record, {**stored, **form.sections})
    if is_htmx():
        return render_fragment("records/_conflict_part.html", view=view, conflict=rows), 412
    return _page(view, conflict=rows), 412


def _signed_meanwhile(actor: Actor, work: SectionWork, record: RecordRow, form: EditorForm) -> ResponseReturnValue:
    """Show what was typed beside what was signed, so that it can go into an amendment."""
    newest = read_newest(actor.organisation_id, record)
    signed = {section.section_key: section.data for section in newest.signed.sections} if newest else {}
    trail.write_read(actor, "treatment_record", [record.id], clinic_id=record.clinic_id)
    values = {"conflict": differences(work, form.sections, signed), "url": f"/treatment-records/{record.id}"}
    if is_htmx():
        return render_fragment("records/_signed_part.html", **values), 412
    return render("records/signed_meanwhile.html", **values), 412


def _unsaved(
    actor: Actor, work: SectionWork, record: RecordRow, form: EditorForm, refused: Invalid
) -> ResponseReturnValue:
    view = editor_view(actor, work, record, open_draft(record).sections, refused.errors)
    detail = " ".join(error.detail for error in refused.errors)
    return _answer(replace(view, notice=detail, notice_tone="bad"), form, status=422)


def _answer(view: EditorView, form: EditorForm, *, status: int = 200) -> ResponseReturnValue:
    if not is_htmx():
        return _page(view), status
    shows_sections = bool(form.action or form.button)
    parts = render_fragment(
        "records/_after_save.html",
        view=view,
        sections=_filled(view) if shows_sections else {},
        shows_sections=shows_sections,
    )
    return make_response(parts, status)


def _page(view: EditorView, **values: Any) -> str:
    return render("records/edit.html", view=view, sections=_filled(view), **values)


def _filled(view: EditorView) -> Mapping[str, Markup]:
    """Return each plugin section's form; a template that fails is replaced by the generated form."""
    return {section.key: _section(section) for section in view.sections}


def _section(section: SectionForm) -> Markup:
    if section.template is not None:
        try:
            return _render(section, section.template)
        except PluginFailed:
            described = section_work().catalogue.get(section.key)
            section = section.generated(generated_fields(described, section.data, section.errors))
    return _render(section, "records/_section_form.html")


def _render(section: SectionForm, template: str) -> Markup:
    values = {
        "prefix": section.prefix,
        "data": section.data,
        "errors": section.errors,
        "choices": section.choices,
        "facts": section.facts,
        "fields": section.fields,
        "section": section,
    }
    text = section_work().dispatcher.safe_call(section.plugin_id, render_template, template, **values)
    return Markup(text)  # noqa: S704 -- rendered by an escaping template
