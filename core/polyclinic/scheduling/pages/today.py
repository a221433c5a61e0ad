"""The start page: a therapist's own visits, or the clinic's day for the front desk."""

from __future__ import annotations

from datetime import timedelta

from flask import request

from polyclinic.kit import clock
from polyclinic.organisation.queries import list_clinics
from polyclinic.scheduling import calendar, today
from polyclinic.scheduling.calendar import Span
from polyclinic.scheduling.pages.notice import read_notices
from polyclinic.therapists.queries import find_own_therapist
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.rendering import render

pages = PageBlueprint("today", url_prefix="/today")


@pages.get("", permission="appointments:read")
def show_today(sign_in: SignIn) -> str:
    """Show today's visits in order, with what is still to do."""
    actor = sign_in.actor
    clinic_id = chosen_clinic(sign_in)
    clinics = [clinic for clinic in list_clinics(actor) if clinic_id in {None, clinic.id}]
    own = find_own_therapist(actor)
    is_own = own is not None and request.args.get("of") != "clinic"
    day = calendar.today_at(clinics[0].time_zone if clinics else None, clock.now())
    zones = [clinic.time_zone for clinic in clinics]
    span = Span(clinic_id, zones, day, day + timedelta(days=1), own.id if own and is_own else None)
    rows = calendar.list_visits(actor, span)
    return render(
        "scheduling/today.html",
        entries=calendar.entries_of(actor, rows, day=day),
        organisation_id=actor.organisation_id,
        cards=today.cards(actor, [clinic.id for clinic in clinics]),
        title=f"{day:%A} {day.day} {day:%B}",
        is_own=is_own,
        can_switch=own is not None,
        messages=read_notices(actor),
        can_book=actor.can("appointments:write"),
        here=request.full_path.rstrip("?"),
    )
