"""Changing the lines of a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.pages import FormState, NamedForm, form_arguments, load_form, redirect, toast
from polyclinic_billing.commands import AddLine, ChangeLine, RemoveLine
from polyclinic_billing.pages.forms import LineForm
from polyclinic_billing.pages.invoice_view import InvoiceView, invoice_view
from polyclinic_billing.pages.invoices import page
from polyclinic_billing.pages.site import attempt, pages, row_version
from polyclinic_billing.queries import scope
from polyclinic_billing.rules.currencies import minor_of
from polyclinic_billing.services.lines import add_line, change_line, remove_line

FIELDS = {"unit_price": "unit"}
"""What services call a field, and what the form does."""


@pages.post("/invoices/<uuid:invoice_id>/lines", permission=scope.INVOICES_WRITE)
def post_line(ctx: Ctx, invoice_id: UUID) -> Any:
    """Add a line to a draft."""
    view = invoice_view(ctx, invoice_id)
    data, state = load_form(LineForm)
    if data is not None:
        failed = attempt(ctx, lambda: add_line(ctx, added(invoice_id, data, view.currency)), state)
        if failed is None:
            toast("The line is added.")
            return redirect(f"invoices/{invoice_id}")
        state = as_typed(failed)
    return page(invoice_view(ctx, invoice_id), change=NamedForm("change", state)), 422


@pages.post("/invoices/<uuid:invoice_id>/lines/<uuid:line_id>", permission=scope.INVOICES_WRITE)
def post_change(ctx: Ctx, invoice_id: UUID, line_id: UUID) -> Any:
    """Change a line of a draft, or take it off."""
    view = invoice_view(ctx, invoice_id)
    if form_arguments().get("act") == "remove":
        command = RemoveLine(invoice_id, line_id, row_version(form_arguments()))
        failed = attempt(ctx, lambda: remove_line(ctx, command))
        if failed is not None:
            return page(invoice_view(ctx, invoice_id), whole=failed.errors), 422
        toast("The line is off.")
        return redirect(f"invoices/{invoice_id}")
    data, state = load_form(LineForm)
    if data is not None:
        failed = attempt(ctx, lambda: change_line(ctx, _changed(invoice_id, line_id, data, view.currency)), state)
        if failed is None:
            toast("The line is changed.")
            return redirect(f"invoices/{invoice_id}")
        state = as_typed(failed)
    form = NamedForm(f"line-{line_id}", state)
    return page(_with_form(invoice_view(ctx, invoice_id), line_id, form), change=NamedForm(form.name, state)), 422


def added(invoice_id: UUID, data: Mapping[str, Any], currency: str) -> AddLine:
    """Return the line that a form asks for."""
    return AddLine(
        invoice_id=invoice_id,
        row_version=data["row_version"],
        description=data["description"],
        unit_minor=minor_of(data["unit"], currency, "unit"),
        quantity=data["quantity"],
    )


def as_typed(state: FormState) -> FormState:
    """Return the messages under the names that the form has."""
    return FormState(state.values, {FIELDS.get(name, name): message for name, message in state.errors.items()})


def _changed(invoice_id: UUID, line_id: UUID, data: Mapping[str, Any], currency: str) -> ChangeLine:
    return ChangeLine(
        invoice_id=invoice_id,
        line_id=line_id,
        row_version=data["row_version"],
        description=data["description"],
        unit_minor=minor_of(data["unit"], currency, "unit"),
        quantity=data["quantity"],
        discount_minor=minor_of(data["discount"], currency, "discount") if data["discount"].strip() else 0,
    )


def _with_form(view: InvoiceView, line_id: UUID, form: NamedForm) -> InvoiceView:
    lines = [replace(line, form=form) if line.id == line_id else line for line in view.lines]
    return replace(view, lines=lines)
