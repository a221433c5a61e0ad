"""What billing shows beside appointments and signed records: where the bill stands and the way to the check-out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from polyclinic.sdk.context import AppointmentFact, Ctx
from polyclinic.sdk.panels import PanelContent
from polyclinic_billing.pages.site import HOME
from polyclinic_billing.pages.words import CHIPS, Chip, Link, money
from polyclinic_billing.queries.invoices import invoices_of_appointments
from polyclinic_billing.rows import InvoiceRow
from polyclinic_billing.vocabulary import InvoiceState

HERE = frozenset({"arrived", "started", "completed"})
"""States of a visit that can be checked out."""
DONE = frozenset({InvoiceState.PAID, InvoiceState.CREDITED})
TO_DO = Chip("Check out", "warn", "cash")


@dataclass(frozen=True)
class VisitView:
    """Where the bill of a visit stands."""

    chip: Chip
    text: str
    links: Sequence[Link]


def badges(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    """Show beside each appointment whether it is paid; what is open leads to the check-out."""
    found = _bills(ctx, _ids(subjects))
    shown = {}
    for appointment, row in found:
        chip, is_done = _badge(row), row is not None and row.state in DONE
        url = f"{HOME}/invoices/{row.id}" if row is not None and is_done else _checkout(appointment.id)
        shown[str(appointment.id)] = PanelContent("billing/calendar_badge.html", {"chip": chip, "url": url})
    return shown


def check_out_buttons(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    """Show the button that leads from an appointment to its check-out."""
    return {
        str(appointment.id): _button(appointment.id, row, is_primary=appointment.status == "completed")
        for appointment, row in _bills(ctx, _ids(subjects))
    }


def record_buttons(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    """Show the button that leads from a signed record to the check-out of its visit."""
    records = ctx.core.records.get_many(_ids(subjects))
    visits = {record.appointment_id: str(record.id) for record in records.values()}
    rows = invoices_of_appointments(ctx, list(visits))
    return {
        record_id: _button(appointment_id, rows.get(appointment_id), is_primary=True)
        for appointment_id, record_id in visits.items()
    }


def visit_panels(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    """Show on an appointment's page where its bill stands."""
    return {
        str(appointment.id): PanelContent("billing/visit_panel.html", {"view": _visit(appointment, row)})
        for appointment, row in _bills(ctx, _ids(subjects))
    }


def _bills(ctx: Ctx, ids: Sequence[UUID]) -> list[tuple[AppointmentFact, InvoiceRow | None]]:
    """Return the appointments that have a bill or can be checked out, each with its invoice."""
    rows = invoices_of_appointments(ctx, ids)
    facts = ctx.core.appointments.get_many(ids)
    return [(facts[one], rows.get(one)) for one in ids if one in facts and (one in rows or facts[one].status in HERE)]


def _badge(row: InvoiceRow | None) -> Chip:
    if row is None or row.state == InvoiceState.DRAFT:
        return TO_DO
    chip = CHIPS[InvoiceState(row.state)]
    if row.open_minor:
        return Chip(f"{money(row.open_minor, row.currency or '')} to pay", chip.tone, "cash")
    return chip


def _button(appointment_id: UUID, row: InvoiceRow | None, *, is_primary: bool) -> PanelContent:
    is_done = row is not None and row.state in DONE
    values = {
        "label": "Paid: rebook, receipt" if is_done else "Check out",
        "url": _checkout(appointment_id),
        "kind": "primary" if is_primary and not is_done else "default",
    }
    return PanelContent("billing/check_out_button.html", values)


def _visit(appointment: AppointmentFact, row: InvoiceRow | None) -> VisitView:
    checkout = Link("Check out", _checkout(appointment.id), "cash")
    if row is None:
        return VisitView(TO_DO, "Nothing is billed for this visit yet.", [checkout])
    invoice = Link("Invoice", f"{HOME}/invoices/{row.id}", "file-dollar")
    if row.state == InvoiceState.DRAFT:
        words = "no price yet" if row.is_unpriced or row.currency is None else money(row.gross_minor, row.currency)
        return VisitView(CHIPS[InvoiceState.DRAFT], f"Not issued yet: {words}.", [checkout, invoice])
    whole = money(row.gross_minor, row.currency or "")
    words = f"{row.number_text}: {whole}"
    if row.open_minor:
        return VisitView(_badge(row), f"{words}.", [checkout, invoice])
    return VisitView(CHIPS[InvoiceState(row.state)], f"{words}.", [invoice])


def _checkout(appointment_id: UUID) -> str:
    return f"{HOME}/checkout/{appointment_id}"


def _ids(subjects: Iterable[str]) -> list[UUID]:
    return [UUID(subject) for subject in subjects]
