"""The calendar as a list: a day by therapist, a week by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request

from polyclinic.kit import clock
from polyclinic.kit.errors import Malformed
from polyclinic.kit.ids import parse_id
from polyclinic.organisation.queries import list_clinics
from polyclinic.scheduling import calendar
from polyclinic.scheduling.calendar import Span
from polyclinic.scheduling.pages.notice import read_notices
from polyclinic.therapists.queries import list_therapists
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

pages = PageBlueprint("calendar", url_prefix="/calendar")
VIEWS = ("day", "week")


@dataclass(frozen=True)
class Asked:
    """What the address asks for; `clinic` is its value for links."""

    view: str
    day: date
    clinic_id: UUID | None
    therapist_id: UUID | None

    def url(self, **changes: Any) -> str:
        """Return the address of this calendar with some values changed."""
        values = {
            "view": self.view,
            "date": self.day.isoformat(),
            "clinic": self.clinic_id or "all",
            "therapist": self.therapist_id,
        } | changes
        return "/calendar?" + urlencode({name: value for name, value in values.items() if value})


@pages.get("", permission="appointments:read")
def show_calendar(sign_in: SignIn) -> str:
    """Show a day or a week of the chosen clinic, or of all clinics."""
    actor = sign_in.actor
    clinics = {clinic.id: clinic for clinic in list_clinics(actor)}
    clinic_id = chosen_clinic(sign_in)
    shown = [clinics[clinic_id]] if clinic_id else list(clinics.values())
    asked = _asked(clinic_id, calendar.today_at(shown[0].time_zone if shown else None, clock.now()))
    span = _span(asked, [clinic.time_zone for clinic in shown])
    rows = calendar.list_visits(actor, span)
    entries = calendar.entries_of(actor, rows, day=asked.day)
    therapists = [(row.id, row.display_name) for row in list_therapists(actor, clinic_id)]
    wanted = [pair for pair in therapists if asked.therapist_id in {None, pair[0]}]
    groups = (
        calendar.by_therapist(rows, entries, wanted) if asked.view == "day" else calendar.by_day(rows, entries, span)
    )
    return render(
        "scheduling/calendar.html",
        groups=groups,
        count=len(rows),
        therapists=therapists,
        asked=asked,
        legend=calendar.LEGEND,
        title=_title(asked, span),
        links=_links(asked, calendar.today_at(shown[0].time_zone if shown else None, clock.now())),
        messages=read_notices(actor),
        can_book=actor.can("appointments:write"),
        here=request.full_path.rstrip("?"),
    )


def _asked(clinic_id: UUID | None, today: date) -> Asked:
    view = request.args.get("view", "day")
    try:
        day = date.fromisoformat(request.args["date"]) if request.args.get("date") else today
    except ValueError as error:
        raise Malformed("The date in the address is not a date. Use the form 2026-11-23.") from error
    if not 2000 <= day.year < 2100:
        raise Malformed("The calendar shows the years 2000 to 2099.")
    therapist_id = parse_id(request.args.get("therapist", ""))
    return Asked(view if view in VIEWS else "day", day, clinic_id, therapist_id)


def _span(asked: Asked, zones: list[str]) -> Span:
    first = asked.day if asked.view == "day" else asked.day - timedelta(days=asked.day.weekday())
    days = 1 if asked.view == "day" else 7
    return Span(asked.clinic_id, zones, first, first + timedelta(days=days), asked.therapist_id)


def _title(asked: Asked, span: Span) -> str:
    if asked.view == "day":
        return f"{asked.day:%A} {asked.day.day} {asked.day:%B %Y}"
    last = span.end - timedelta(days=1)
    return f"{span.first.day} {span.first:%B} to {last.day} {last:%B %Y}"


def _links(asked: Asked, today: date) -> dict[str, str]:
    step = timedelta(days=1 if asked.view == "day" else 7)
    return {
        "previous": asked.url(date=(asked.day - step).isoformat()),
        "next": asked.url(date=(asked.day + step).isoformat()),
        "today": asked.url(date=today.isoformat()),
        "day": asked.url(view="day"),
        "week": asked.url(view="week"),
    }
