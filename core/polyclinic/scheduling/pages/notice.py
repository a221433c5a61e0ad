"""What has just happened to a visit, told on the next page with a way back; the address carries ids and states only."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request

from polyclinic.access.actor import Actor
from polyclinic.kit.errors import NotFound
from polyclinic.kit.ids import parse_id
from polyclinic.scheduling.queries import AppointmentRow, get_appointment
from polyclinic.scheduling.rules.status import STEPS
from polyclinic.scheduling.vocabulary import STATUS_TITLES, AppointmentStatus

CHANGED = "changed"
WAS = "was"
_KNOWN = frozenset(status.value for status in AppointmentStatus)


@dataclass(frozen=True)
class Notice:
    """One message of the page's toasts; `undo_url` takes the step back."""

    text: str
    undo_url: str | None
    tone: str = "good"


def after_step(target: str, row: AppointmentRow, was: str) -> str:
    """Return `target` with what its page needs to tell about the step."""
    parts = urlsplit(target)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in {CHANGED, WAS}]
    return parts.path + "?" + urlencode([*kept, (CHANGED, str(row.id)), (WAS, was)])


def read_notices(actor: Actor) -> list[Notice]:
    """Return the message of the step that led here, if there was one."""
    appointment_id, was = parse_id(request.args.get(CHANGED, "")), request.args.get(WAS, "")
    if appointment_id is None:
        return []
    try:
        row = get_appointment(actor, appointment_id)
    except NotFound:
        return []
    status = AppointmentStatus(row.status)
    text = f"{row.client_name}: {STATUS_TITLES[status].lower()}."
    may_undo = (
        was in _KNOWN and AppointmentStatus(was) in STEPS[status] and actor.can("appointments:write", row.clinic_id)
    )
    return [Notice(text, _undo_url(row, was) if may_undo else None)]


def back_to(target: str, *, default: str) -> str:
    """Return a path of this site to go back to, without the message of an earlier step."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in {CHANGED, WAS}]
    return parts.path + ("?" + urlencode(kept) if kept else "")


def _undo_url(row: AppointmentRow, was: str) -> str:
    here = back_to(request.full_path, default="/calendar")
    return f"/appointments/{row.id}/status?" + urlencode({"to": was, "row_version": row.row_version, "next": here})
