"""The check-out of a visit: complete, issue and pay in one act; its price, further lines, the next visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import AppointmentFact, Ctx
from polyclinic.sdk.errors import Conflict, NotFound, Stale
from polyclinic.sdk.pages import FormState, NamedForm, form_arguments, load_form, redirect, render, toast
from polyclinic_billing.commands import ChangeLine, DraftForAppointment, IssueInvoice, RedeemPackage
from polyclinic_billing.pages.checkout_view import NOT_THERE, TO_COME, CheckoutView, checkout_view, is_checkable
from polyclinic_billing.pages.draft_lines import added, as_typed
from polyclinic_billing.pages.forms import CheckoutForm, LineForm, PriceOfVisitForm
from polyclinic_billing.pages.invoices import payment_of
from polyclinic_billing.pages.rebooking import BOOK, book_again, booked_words
from polyclinic_billing.pages.site import attempt, blank, pages
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.invoices import invoices_of_appointments
from polyclinic_billing.rows import InvoiceRow
from polyclinic_billing.rules.currencies import minor_of
from polyclinic_billing.services.drafting import ATTENDED, draft_invoice_for_appointment
from polyclinic_billing.services.issuing import issue_invoice
from polyclinic_billing.services.lines import add_line, change_line
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.services.redeeming import redeem_package
from polyclinic_billing.vocabulary import InvoiceStatus

LATER, PACKAGE = "later", "package"
CHANGED = "The bill changed since you opened it. Look at it again, then finish."


@pages.get("/checkout/<uuid:appointment_id>", permission=scope.INVOICES_READ)
def show_checkout(ctx: Ctx, appointment_id: UUID) -> Any:
    """Show the check-out of a visit."""
    return _page(checkout_view(ctx, _appointment(ctx, appointment_id)))


@pages.post("/checkout/<uuid:appointment_id>", permission=scope.PAYMENTS_WRITE)
def post_checkout(ctx: Ctx, appointment_id: UUID) -> Any:
    """Complete the visit, issue its invoice and take the payment, as one act."""
    appointment = _appointment(ctx, appointment_id)
    data, state = load_form(CheckoutForm)
    if data is not None:
        failed = attempt(ctx, lambda: _finish(ctx, appointment, data), state)
        if failed is None:
            toast(_done(data["method"]))
            return redirect(f"checkout/{appointment_id}")
        state = failed
    return _page(checkout_view(ctx, _appointment(ctx, appointment_id)), pay=NamedForm("pay", state)), 422


@pages.post("/checkout/<uuid:appointment_id>/price", permission=scope.INVOICES_WRITE)
def post_visit_price(ctx: Ctx, appointment_id: UUID) -> Any:
    """Give the visit the price that the list does not have."""
    appointment = _appointment(ctx, appointment_id)
    data, state = load_form(PriceOfVisitForm)
    if data is not None:
        failed = attempt(ctx, lambda: _price(ctx, appointment, data), state)
        if failed is None:
            return redirect(f"checkout/{appointment_id}")
        state = as_typed(failed)
    return _page(checkout_view(ctx, _appointment(ctx, appointment_id)), line=NamedForm("line", state)), 422


@pages.post("/checkout/<uuid:appointment_id>/lines", permission=scope.INVOICES_WRITE)
def post_checkout_line(ctx: Ctx, appointment_id: UUID) -> Any:
    """Add a line to the bill."""
    appointment = _appointment(ctx, appointment_id)
    data, state = load_form(LineForm)
    if data is not None:
        failed = attempt(ctx, lambda: _add(ctx, appointment, data), state)
        if failed is None:
            toast("The line is added.")
            return redirect(f"checkout/{appointment_id}")
        state = as_typed(failed)
    return _page(checkout_view(ctx, _appointment(ctx, appointment_id)), line=NamedForm("line", state)), 422


@pages.post("/checkout/<uuid:appointment_id>/rebook", permission=BOOK)
def post_rebook(ctx: Ctx, appointment_id: UUID) -> Any:
    """Book the next visit at the time that was pressed."""
    appointment = _appointment(ctx, appointment_id)
    made: list[AppointmentFact] = []
    starts_at = form_arguments().get("starts_at", "")
    failed = attempt(ctx, lambda: made.append(book_again(ctx, appointment, starts_at)))
    if failed is not None:
        error = " ".join(failed.errors.values())
        return _page(checkout_view(ctx, appointment, error=error)), 422
    toast(booked_words(made[0]))
    return redirect(f"checkout/{appointment_id}")


def _page(view: CheckoutView, **forms: NamedForm) -> Any:
    shown = {"pay": blank("pay", amount=view.amount), "line": blank("line"), **forms}
    if not shown["pay"].value("amount"):
        shown["pay"] = NamedForm("pay", _without(shown["pay"].state, "amount"), {"amount": view.amount})
    return render("billing/checkout.html", view=view, **shown)


def _without(state: FormState, name: str) -> FormState:
    return FormState({key: value for key, value in state.values.items() if key != name}, state.errors)


def _appointment(ctx: Ctx, appointment_id: UUID) -> AppointmentFact:
    found = ctx.core.appointments.get_many([appointment_id]).get(appointment_id)
    if found is None:
        raise NotFound("appointment")
    return found


def _finish(ctx: Ctx, appointment: AppointmentFact, data: Mapping[str, Any]) -> None:
    draft = _draft(ctx, appointment, data["row_version"])
    if data["method"] == PACKAGE:
        redeem_package(ctx, RedeemPackage(appointment.id, data["package_id"]))
        return
    row = draft
    if row.status == InvoiceStatus.DRAFT:
        row = issue_invoice(ctx, IssueInvoice(row.id, row.row_version))
    if data["method"] != LATER:
        record_payment(ctx, payment_of(row, data))


def _price(ctx: Ctx, appointment: AppointmentFact, data: Mapping[str, Any]) -> None:
    draft = _draft(ctx, appointment, data["row_version"])
    amount = minor_of(data["amount"], draft.currency or "")
    line_id = data["line_id"]
    if line_id == appointment.id:  # the page was made before there was an invoice
        from_draft = checkout_view(ctx, appointment).unpriced_line_id
        line_id = from_draft or line_id
    change_line(ctx, ChangeLine(draft.id, line_id, draft.row_version, unit_minor=amount))


def _add(ctx: Ctx, appointment: AppointmentFact, data: Mapping[str, Any]) -> None:
    draft = _draft(ctx, appointment, data["row_version"])
    add_line(ctx, added(draft.id, {**data, "row_version": draft.row_version}, draft.currency or ""))


def _draft(ctx: Ctx, appointment: AppointmentFact, row_version: int) -> InvoiceRow:
    """Return the visit's invoice, drafted when it has none; the visit is completed first where it is still open.

    A draft that changed since the page was made is `Stale`; so is one that somebody else has issued meanwhile.
    """
    known = invoices_of_appointments(ctx, [appointment.id]).get(appointment.id)
    if known is None and row_version == 0:
        _complete(ctx, appointment)
        return draft_invoice_for_appointment(ctx, DraftForAppointment(appointment.id))
    if known is None:
        raise Conflict("The bill is gone. Open the check-out again.", code="gone")
    if known.row_version != row_version and not (row_version == 0 and known.status == InvoiceStatus.DRAFT):
        raise Stale(CHANGED, row_version=known.row_version, current=known)
    return known


def _complete(ctx: Ctx, appointment: AppointmentFact) -> None:
    if appointment.status == ATTENDED:
        return
    if not is_checkable(ctx, appointment):
        missed = appointment.status in {"cancelled", "no_show"}
        raise Conflict(NOT_THERE if missed else TO_COME, code="not_checkable")
    ctx.core.appointments.complete(appointment.id, row_version=appointment.row_version)


def _done(method: str) -> str:
    if method == LATER:
        return "The invoice is issued."
    return "A visit of the package is used." if method == PACKAGE else "The payment is booked."
