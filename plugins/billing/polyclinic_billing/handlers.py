"""What billing does about events of core: each once, whatever is repeated, and never an error for a missing price."""

from __future__ import annotations

from uuid import UUID

from polyclinic.sdk.context import AppointmentFact, Ctx
from polyclinic.sdk.events import Event, EventHandler
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rules.fees import LATE, NO_SHOW, is_late
from polyclinic_billing.services.drafting import ATTENDED, draft_fee, draft_visit
from polyclinic_billing.vocabulary import FeePolicy


def draft_for_visit(ctx: Ctx, event: Event) -> None:
    """Draft the invoice of a completed appointment."""
    appointment = _appointment(ctx, event)
    if appointment is not None and appointment.status == ATTENDED and ctx.once(event.id):
        draft_visit(ctx, appointment)


def charge_no_show(ctx: Ctx, event: Event) -> None:
    """Draft the fee of a missed appointment, where the policy asks for one."""
    appointment = _appointment(ctx, event)
    if appointment is not None and appointment.status == "no_show" and _has_fee(ctx, appointment):
        _charge(ctx, event, appointment, NO_SHOW)


def charge_late_cancellation(ctx: Ctx, event: Event) -> None:
    """Draft the fee of an appointment that was cancelled too late."""
    appointment = _appointment(ctx, event)
    if appointment is None or appointment.status != "cancelled" or not _has_fee(ctx, appointment):
        return
    rule = terms_at(ctx, appointment.clinic_id).fee
    if is_late(rule, cancelled_at=event.occurred_at, starts_at=appointment.starts_at):
        _charge(ctx, event, appointment, LATE)


HANDLERS = [
    EventHandler("appointment.completed", "billing.draft_for_visit", draft_for_visit),
    EventHandler("appointment.no_show", "billing.charge_no_show", charge_no_show),
    EventHandler("appointment.cancelled", "billing.charge_late_cancellation", charge_late_cancellation),
]


def _appointment(ctx: Ctx, event: Event) -> AppointmentFact | None:
    """Return the appointment as it is now; None when it is gone."""
    wanted: UUID = event.aggregate_id
    return ctx.core.appointments.get_many([wanted]).get(wanted)


def _has_fee(ctx: Ctx, appointment: AppointmentFact) -> bool:
    return terms_at(ctx, appointment.clinic_id).fee.policy is not FeePolicy.OFF


def _charge(ctx: Ctx, event: Event, appointment: AppointmentFact, label: str) -> None:
    if ctx.once(event.id):
        draft_fee(ctx, appointment, label)
