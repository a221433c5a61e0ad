"""Pages of treatment records: start, editor, review and signature, signed view."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue

from polyclinic.kit.errors import Invalid, NotFound, PolyclinicError, Stale
from polyclinic.kit.ids import parse_id
from polyclinic.records import editor_pages
from polyclinic.records.commands import ChangePrivacy, OpenRecord, SignRecord
from polyclinic.records.form_reading import read_editor_form
from polyclinic.records.queries.records import find_record_of_appointment, get_record_row
from polyclinic.records.queries.versions import list_versions
from polyclinic.records.section_work import section_work
from polyclinic.records.services.amending import amend_treatment_record, drop_amendment
from polyclinic.records.services.checks import check_treatment_record
from polyclinic.records.services.opening import open_treatment_record
from polyclinic.records.services.sharing import change_privacy
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.records.sign_view import sign_view
from polyclinic.records.signed_view import signed_view
from polyclinic.records.vocabulary import Privacy
from polyclinic.scheduling.queries import get_appointment
from polyclinic.web.actor import SignIn
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

READ, WRITE = "treatment-records:read", "treatment-records:write"
SIGN, AMEND = "treatment-records:sign", "treatment-records:amend"
HOME = "/treatment-records"
ALREADY_SIGNED = "already_signed"

pages = PageBlueprint("treatment_records", url_prefix=HOME)


@pages.get("/new", permission=WRITE)
def show_new_record(sign_in: SignIn) -> ResponseReturnValue:
    """Show the visit whose record is to be started, or go to the record that is there."""
    appointment = get_appointment(sign_in.actor, _appointment_id(request.args.get("appointment")))
    existing = find_record_of_appointment(sign_in.actor, appointment.id)
    if existing is not None:
        return redirect(f"{HOME}/{existing.record_id}")
    return render("records/new.html", appointment=appointment)


@pages.post("/new", permission=WRITE)
def open_record(sign_in: SignIn) -> ResponseReturnValue:
    """Open the record of a visit."""
    appointment = request.args.get("appointment") or request.form.get("appointment")
    record = open_treatment_record(sign_in.actor, OpenRecord(_appointment_id(appointment)))
    return redirect(f"{HOME}/{record.id}")


@pages.get("/<uuid:record_id>", permission=READ)
def show_record(sign_in: SignIn, record_id: UUID) -> ResponseReturnValue:
    """Show the editor of an open draft to those who may write, else the signed record."""
    actor = sign_in.actor
    record = get_record_row(actor, record_id)
    wants_signed = "version" in request.args
    if record.draft is not None and not wants_signed and actor.can(WRITE, record.clinic_id):
        return editor_pages.show_editor(actor, record)
    if record.latest_version is None:
        return render("records/unsigned.html", record=record)
    number = request.args.get("version", "")
    versions = list_versions(actor, record_id)
    view = signed_view(actor, record, versions, int(number) if number.isdigit() and len(number) < 9 else None)
    return render("records/view.html", view=view)


@pages.post("/<uuid:record_id>/draft", permission=WRITE)
def save_draft(sign_in: SignIn, record_id: UUID) -> ResponseReturnValue:
    """Save the whole form and do what the pressed button asks for."""
    form = read_editor_form(request.form, section_work())
    return editor_pages.save_editor(sign_in.actor, record_id, form)


@pages.get("/<uuid:record_id>/sign", permission=SIGN)
def show_signature(sign_in: SignIn, record_id: UUID) -> ResponseReturnValue:
    """Show what stands between the draft and its signature, or the record when it is signed."""
    if get_record_row(sign_in.actor, record_id).draft is None:
        return redirect(f"{HOME}/{record_id}")
    return render("records/sign.html", view=sign_view(check_treatment_record(sign_in.actor, record_id)))


@pages.post("/<uuid:record_id>/sign", permission=SIGN)
def sign_record(sign_in: SignIn, record_id: UUID) -> ResponseReturnValue:
    """Sign the draft."""
    typed = {
        name: request.form.get(name, "")[:2_000] for name in ("override_reason", "late_reason", "amendment_reason")
    }
    ticked = frozenset(request.form.getlist("acknowledged"))
    try:
        version = _row_version()
        sign_treatment_record(sign_in.actor, SignRecord(record_id, version, ticked, **typed))
    except NotFound:
        raise
    except PolyclinicError as error:
        if error.code == ALREADY_SIGNED:
            return redirect(f"{HOME}/{record_id}")
        view = sign_view(check_treatment_record(sign_in.actor, record_id), error, {**typed, "acknowledged": ticked})
        return render("records/sign.html", view=view), 412 if isinstance(error, Stale) else 422
    return redirect(f"{HOME}/{record_id}")


@pages.post("/<uuid:record_id>/amend", permission=AMEND)
def amend_record(sign_in: SignIn, record_id: UUID) -> ResponseReturnValue:
    """Open an amendment of a signed record."""
    amend_treatment_record(sign_in.actor, record_id, _row_version())
    return redirect(f"{HOME}/{record_id}")


@pages.post("/<uuid:record_id>/drop", permission=AMEND)
def drop_draft(sign_in: SignIn, record_id: UUID) -> ResponseReturnValue:
    """Drop an open amendment."""
    drop_amendment(sign_in.actor, record_id, _row_version())
    return redirect(f"{HOME}/{record_id}")


@pages.post("/<uuid:record_id>/privacy", permission=WRITE)
def save_privacy(sign_in: SignIn, record_id: UUID) -> ResponseReturnValue:
    """Change who may read a record."""
    wanted = request.form.get("privacy", "")
    if wanted not in set(Privacy):
        raise Invalid({"privacy": "Choose who may read this record."})
    change_privacy(sign_in.actor, ChangePrivacy(record_id, _row_version(), Privacy(wanted)))
    return redirect(f"{HOME}/{record_id}")


def _appointment_id(text: str | None) -> UUID:
    appointment_id = parse_id(text or "")
    if appointment_id is None:
        raise NotFound("appointment")
    return appointment_id


def _row_version() -> int:
    text = request.form.get("row_version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
