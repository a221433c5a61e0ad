"""The list of invoices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Invalid
from polyclinic.sdk.pages import query_arguments, render
from polyclinic_billing.pages.names import Names, names_for
from polyclinic_billing.pages.site import HOME, ROWS, chosen_id, named_clinics, page_request, pages
from polyclinic_billing.pages.words import Chip, Remark, chip_of, title_of
from polyclinic_billing.queries import invoices, scope, sellers
from polyclinic_billing.queries.invoices import InvoiceFilter
from polyclinic_billing.rows import InvoiceRow
from polyclinic_billing.services.acting import today_at
from polyclinic_billing.vocabulary import InvoiceState

OPEN = "open"
STATES = {
    OPEN: (InvoiceState.ISSUED, InvoiceState.PART_PAID),
    **{state.value: (state,) for state in InvoiceState if state is not InvoiceState.ISSUED},
}
LABELS = [
    (OPEN, "To be paid"),
    ("draft", "Drafts"),
    ("part_paid", "Part paid"),
    ("paid", "Paid"),
    ("credited", "Credited"),
    ("void", "Void"),
]
NAMES = ("state", "clinic_id", "client_id", "first_on", "last_on")


@dataclass(frozen=True)
class RowView:
    """One invoice in a list."""

    title: str
    url: str
    on: date
    client_name: str
    clinic_name: str
    chip: Chip
    gross_minor: int
    open_minor: int
    currency: str | None


@dataclass(frozen=True)
class ListView:
    """The page of invoices."""

    rows: Sequence[RowView]
    next_url: str | None
    filter: Mapping[str, str]
    clinics: Sequence[tuple[str, str]]
    states: Sequence[tuple[str, str]]
    remarks: Sequence[Remark]
    can_close: bool
    can_set_up: bool
    meta: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether the list shows a part."""
        return any(self.filter.values())

    @property
    def empty_text(self) -> str:
        """What an empty list says."""
        if self.is_filtered:
            return "No invoice fits. Widen the days or clear the filter."
        return "No invoice yet. Open a visit in the calendar and check it out."

    @property
    def empty_action(self) -> str:
        """What to do about an empty list."""
        return "Clear the filter" if self.is_filtered else "Open the calendar"

    @property
    def empty_url(self) -> str:
        """Where that is done."""
        return f"{HOME}/invoices" if self.is_filtered else "/calendar"


@pages.get("/", permission=scope.INVOICES_READ)
def show_start(ctx: Ctx) -> Any:
    """Show the invoices as the plugin's first page."""
    return show_invoices(ctx)


@pages.get("/invoices", permission=scope.INVOICES_READ)
def show_invoices(ctx: Ctx) -> Any:
    """Show invoices, newest first."""
    typed = {name: query_arguments().get(name, "") for name in NAMES}
    try:
        found = invoices.list_invoices(ctx, _filter(ctx, typed), page_request())
    except Invalid as error:
        errors = {one.pointer.strip("/"): one.detail for one in error.errors}
        return render("billing/invoices.html", view=_view(ctx, typed, [], None), errors=errors), 422
    rows = row_views(ctx, found.rows, names_for(ctx, found.rows))
    return render("billing/invoices.html", view=_view(ctx, typed, rows, found.next_cursor), errors={})


def row_views(ctx: Ctx, rows: Sequence[InvoiceRow], names: Names) -> list[RowView]:
    """Return invoices as lists show them."""
    days = {clinic_id: today_at(ctx, clinic_id) for clinic_id in {row.clinic_id for row in rows}}
    return [
        RowView(
            title=title_of(row),
            url=f"{HOME}/invoices/{row.id}",
            on=row.issued_on or row.service_on,
            client_name=names.client(row),
            clinic_name=names.clinic(row.clinic_id),
            chip=chip_of(row, days[row.clinic_id]),
            gross_minor=row.gross_minor,
            open_minor=row.open_minor,
            currency=row.currency,
        )
        for row in rows
    ]


def _filter(ctx: Ctx, typed: Mapping[str, str]) -> InvoiceFilter:
    first_on, last_on = _day(typed, "first_on"), _day(typed, "last_on")
    if first_on and last_on and last_on < first_on:
        raise Invalid({"last_on": "The last day lies before the first one. Give a later day."})
    return InvoiceFilter(
        clinic_id=chosen_id(typed["clinic_id"]) or ctx.clinic_id,
        client_id=chosen_id(typed["client_id"]),
        states=STATES.get(typed["state"], ()),
        first_on=first_on,
        last_on=last_on,
    )


def _day(typed: Mapping[str, str], name: str) -> date | None:
    if not typed[name]:
        return None
    try:
        return date.fromisoformat(typed[name])
    except ValueError as error:
        raise Invalid({name: "Give a day, for example 2026-11-29."}) from error


def _view(ctx: Ctx, typed: Mapping[str, str], rows: Sequence[RowView], cursor: str | None) -> ListView:
    address = f"{HOME}/invoices?" + urlencode({**{k: v for k, v in typed.items() if v}, "cursor": cursor or ""})
    can_set_up = ctx.can(scope.SETTINGS_WRITE)
    return ListView(
        rows=rows,
        next_url=address if cursor else None,
        filter=typed,
        clinics=named_clinics(ctx),
        states=LABELS,
        remarks=_remarks(ctx) if can_set_up else [],
        can_close=ctx.can(scope.DAY_CLOSES_READ),
        can_set_up=ctx.can(scope.PRICES_READ),
        meta=f"The last {ROWS} first" if cursor else "",
    )


def _remarks(ctx: Ctx) -> list[Remark]:
    if sellers.has_default(ctx):
        return []
    text = "Say in whose name invoices are issued; until then every invoice stays a draft."
    return [Remark(text, "warn", "Nobody sells yet.", f"{HOME}/sellers/new", "Add a seller")]
