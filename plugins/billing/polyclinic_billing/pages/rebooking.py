"""Times for a client's next visit: the same weekday, one and two weeks on, with the same therapist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from polyclinic.sdk.context import AppointmentFact, Ctx, FreeTimeFact
from polyclinic.sdk.errors import Conflict, Invalid
from polyclinic_billing.pages.words import day

WEEKS = ((7, "In one week"), (14, "In two weeks"))
SHOWN = 6
"""Times of a day that are offered: those nearest to the hour of this visit."""
BOOK = "appointments:write"


@dataclass(frozen=True)
class TimeView:
    """A time that one press books."""

    label: str
    value: str


@dataclass(frozen=True)
class WeekView:
    """A day with its free times."""

    label: str
    day: str
    times: Sequence[TimeView]


@dataclass(frozen=True)
class RebookView:
    """The strip of next times; `booked` says what stands in the calendar already."""

    weeks: Sequence[WeekView]
    hint: str
    calendar_url: str
    booked: str = ""
    error: str = ""


def rebook_view(ctx: Ctx, appointment: AppointmentFact, error: str = "") -> RebookView | None:
    """Return the free times that repeat a visit; None for who may not book there."""
    if not ctx.actor.can(BOOK, appointment.clinic_id):
        return None
    following = _next_visit(ctx, appointment)
    known = {"client_id": appointment.client_id, "service_id": appointment.service_id}
    address = "/appointments/new?" + urlencode({**known, "therapist_id": appointment.therapist_id})
    hint = f"{appointment.service_name} with {appointment.therapist_name}, as today. One press books."
    if following is not None:
        words = f"{appointment.client_name} comes on {_when(following.local_start)} to {following.therapist_name}."
        return RebookView((), hint, address, words, error)
    return RebookView(_weeks(ctx, appointment), hint, address, error=error)


def book_again(ctx: Ctx, appointment: AppointmentFact, starts_at: str) -> AppointmentFact:
    """Book the same service with the same therapist; raises `Conflict` when the time is gone, `Invalid`."""
    try:
        instant = datetime.fromisoformat(starts_at)
    except ValueError as error:
        raise Invalid({"starts_at": "Choose one of the times."}) from error
    if instant.tzinfo is None:
        raise Invalid({"starts_at": "Choose one of the times."})
    return ctx.core.appointments.book(
        clinic_id=appointment.clinic_id,
        client_id=appointment.client_id,
        therapist_id=appointment.therapist_id,
        service_id=appointment.service_id,
        starts_at=instant,
    )


def _next_visit(ctx: Ctx, appointment: AppointmentFact) -> AppointmentFact | None:
    """Return the client's next visit after this one that still stands, at the clinics that the reader sees."""
    later = [
        found
        for found in ctx.core.appointments.of_client(appointment.client_id, limit=20)
        if found.starts_at > appointment.starts_at
        and found.starts_at > ctx.now()
        and found.status in {"booked", "confirmed"}
    ]
    return min(later, key=lambda found: found.starts_at, default=None)


def _weeks(ctx: Ctx, appointment: AppointmentFact) -> list[WeekView]:
    today = appointment.local_start.date()
    days = [(today + timedelta(days=shift), label) for shift, label in WEEKS]
    try:
        found = ctx.core.appointments.free_times(
            clinic_id=appointment.clinic_id,
            service_id=appointment.service_id,
            therapist_id=appointment.therapist_id,
            first_on=days[0][0],
            last_on=days[-1][0],
        )
    except (Conflict, Invalid):
        found = ()  # the service is off the list, or the therapist has left: another time is still a link
    return [WeekView(label, f"{on:%A}, {day(on)}", _nearest(found, on, appointment.local_start)) for on, label in days]


def _nearest(found: Sequence[FreeTimeFact], on: date, like: datetime) -> list[TimeView]:
    of_day = [time for time in found if time.local_start.date() == on]
    wanted = like.hour * 60 + like.minute
    near = sorted(of_day, key=lambda t: abs(t.local_start.hour * 60 + t.local_start.minute - wanted))[:SHOWN]
    return [
        TimeView(f"{time.local_start:%H:%M}", time.starts_at.isoformat())
        for time in sorted(near, key=lambda t: t.starts_at)
    ]


def _when(local: datetime) -> str:
    return f"{local:%A}, {day(local.date())} at {local:%H:%M}"


def booked_words(fact: AppointmentFact) -> str:
    """Return what a message says about a visit that was booked."""
    return f"{fact.client_name} is booked for {_when(fact.local_start)}."
