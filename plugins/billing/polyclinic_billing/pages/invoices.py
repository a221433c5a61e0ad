"""The page of an invoice and what can be done there: change, issue, pay, void, credit, send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.pages import (
    FormState,
    NamedForm,
    form_arguments,
    load_form,
    query_arguments,
    redirect,
    render,
    send,
    toast,
)
from polyclinic_billing.commands import (
    AllocationPart,
    CreditInvoice,
    DiscardDraft,
    IssueInvoice,
    RecordPayment,
    VoidInvoice,
)
from polyclinic_billing.documents.rendering import hand_out_receipt, send_invoice
from polyclinic_billing.pages.forms import CreditForm, PayForm, ReasonForm, SendForm
from polyclinic_billing.pages.invoice_view import InvoiceView, forms_of, invoice_view
from polyclinic_billing.pages.site import attempt, pages, row_version
from polyclinic_billing.queries import invoices, scope
from polyclinic_billing.rows import InvoiceRow
from polyclinic_billing.rules.currencies import minor_of
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.issuing import issue_invoice
from polyclinic_billing.services.lines import discard_draft
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.services.voiding import void_invoice
from polyclinic_billing.vocabulary import Method

SHEETS = frozenset({"void", "credit", "discard", "send"})


@pages.get("/invoices/<uuid:invoice_id>", permission=scope.INVOICES_READ)
def show_invoice(ctx: Ctx, invoice_id: UUID) -> Any:
    """Show an invoice; `?show=` opens one of its confirmations without scripts."""
    wanted = query_arguments().get("show", "")
    return page(invoice_view(ctx, invoice_id, wanted if wanted in SHEETS else ""))


@pages.post("/invoices/<uuid:invoice_id>/receipt", permission=scope.INVOICES_READ)
def post_receipt(ctx: Ctx, invoice_id: UUID) -> Any:
    """Hand out the receipt; from the second time on it is marked as a duplicate."""
    return send(hand_out_receipt(ctx, invoice_id), inline=True)


@pages.post("/invoices/<uuid:invoice_id>/issue", permission=scope.INVOICES_WRITE)
def post_issue(ctx: Ctx, invoice_id: UUID) -> Any:
    """Issue a draft."""
    command = IssueInvoice(invoice_id, row_version(form_arguments()))
    return _without_form(ctx, invoice_id, lambda: issue_invoice(ctx, command), "The invoice is issued.")


@pages.post("/invoices/<uuid:invoice_id>/discard", permission=scope.INVOICES_WRITE)
def post_discard(ctx: Ctx, invoice_id: UUID) -> Any:
    """Remove a draft."""
    row = invoices.get_invoice(ctx, invoice_id)
    command = DiscardDraft(invoice_id, row_version(form_arguments()))
    failed = attempt(ctx, lambda: discard_draft(ctx, command))
    if failed is not None:
        return page(invoice_view(ctx, invoice_id), whole=failed.errors), 422
    toast("The draft is removed.")
    return redirect(f"checkout/{row.appointment_id}" if row.appointment_id else "invoices")


@pages.post("/invoices/<uuid:invoice_id>/payments", permission=scope.PAYMENTS_WRITE)
def post_payment(ctx: Ctx, invoice_id: UUID) -> Any:
    """Take a payment for the invoice."""
    row = invoices.get_invoice(ctx, invoice_id)
    data, state = load_form(PayForm)
    if data is not None:
        failed = attempt(ctx, lambda: record_payment(ctx, payment_of(row, data)), state)
        if failed is None:
            toast("The payment is booked.")
            return redirect(f"invoices/{invoice_id}")
        state = failed
    return page(invoice_view(ctx, invoice_id), pay=NamedForm("pay", state)), 422


@pages.post("/invoices/<uuid:invoice_id>/void", permission=scope.INVOICES_VOID)
def post_void(ctx: Ctx, invoice_id: UUID) -> Any:
    """Declare an invoice void."""
    data, state = load_form(ReasonForm)
    if data is not None:
        command = VoidInvoice(invoice_id, data["row_version"], data["reason"])
        failed = attempt(ctx, lambda: void_invoice(ctx, command), state)
        if failed is None:
            toast("The invoice is void.")
            return redirect(f"invoices/{invoice_id}")
        state = failed
    return _sheet(ctx, invoice_id, "void", state)


@pages.post("/invoices/<uuid:invoice_id>/credit", permission=scope.INVOICES_VOID)
def post_credit(ctx: Ctx, invoice_id: UUID) -> Any:
    """Write a credit note."""
    row = invoices.get_invoice(ctx, invoice_id)
    data, state = load_form(CreditForm)
    if data is not None:
        failed = attempt(ctx, lambda: credit_invoice(ctx, _credit(row, data)), state)
        if failed is None:
            toast("The credit note is written.")
            return redirect(f"invoices/{invoice_id}")
        state = failed
    return _sheet(ctx, invoice_id, "credit", state)


@pages.post("/invoices/<uuid:invoice_id>/send", permission=scope.PAYMENTS_WRITE)
def post_send(ctx: Ctx, invoice_id: UUID) -> Any:
    """Send the invoice, and its receipt when something is paid."""
    row = invoices.get_invoice(ctx, invoice_id)
    data, state = load_form(SendForm)
    if data is not None:
        failed = attempt(ctx, lambda: send_invoice(ctx, row, data["to"]), state)
        if failed is None:
            toast(f"It is on its way to {data['to']}.")
            return redirect(f"invoices/{invoice_id}")
        state = failed
    return _sheet(ctx, invoice_id, "send", state)


def page(view: InvoiceView, **forms: Any) -> Any:
    """Return the page of an invoice; forms that came back keep what was typed."""
    return render("billing/invoice.html", view=view, **{**forms_of(view), **forms})


def payment_of(row: InvoiceRow, data: Mapping[str, Any]) -> RecordPayment:
    """Return the payment that a form asks for."""
    currency = row.currency or ""
    return RecordPayment(
        clinic_id=row.clinic_id,
        method=Method(data["method"]),
        amount_minor=minor_of(data["amount"], currency),
        currency=currency,
        allocations=[AllocationPart(row.id)],
        reference=data["reference"],
        payment_id=data["id"],
    )


def _credit(row: InvoiceRow, data: Mapping[str, Any]) -> CreditInvoice:
    amount = minor_of(data["amount"], row.currency or "")
    return CreditInvoice(row.id, data["row_version"], data["reason"], amount)


def _without_form(ctx: Ctx, invoice_id: UUID, act: Callable[[], Any], done: str) -> Any:
    failed = attempt(ctx, act)
    if failed is not None:
        return page(invoice_view(ctx, invoice_id), whole=failed.errors), 422
    toast(done)
    return redirect(f"invoices/{invoice_id}")


def _sheet(ctx: Ctx, invoice_id: UUID, name: str, state: FormState) -> Any:
    """Return the page with a confirmation open; what stands against the act as a whole stands above the page."""
    whole = {"_form": state.errors["_form"]} if "_form" in state.errors else {}
    stored = forms_of(view := invoice_view(ctx, invoice_id, name))[name].stored
    return page(view, **{name: NamedForm(name, state, stored), "whole": whole}), 422
