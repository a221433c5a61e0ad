"""A client's billing: what is open, invoices, packages, payments; selling a package, paying several invoices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from polyclinic.sdk.context import ClientFact, Ctx
from polyclinic.sdk.errors import Invalid, NotFound
from polyclinic.sdk.money import format_amount
from polyclinic.sdk.pages import NamedForm, load_form, redirect, render, toast
from polyclinic.sdk.paging import PageRequest
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import AllocationPart, RecordPayment, SellPackage
from polyclinic_billing.pages.forms import ClientPayForm, SellForm
from polyclinic_billing.pages.invoice_list import RowView, row_views
from polyclinic_billing.pages.line_view import PaymentView
from polyclinic_billing.pages.names import names_for
from polyclinic_billing.pages.site import HOME, attempt, blank, may, named_clinics, page_request, pages
from polyclinic_billing.pages.words import Chip, Choice, choices, day, method_label, money
from polyclinic_billing.queries import invoices, packages, payments, scope
from polyclinic_billing.queries.invoices import InvoiceFilter
from polyclinic_billing.queries.payments import PaymentFilter
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rows import InvoiceRow, PackageRow, PaymentRow
from polyclinic_billing.rules.currencies import minor_of
from polyclinic_billing.services.packages import sell_package
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.vocabulary import Method

PAYMENTS = 8


@dataclass(frozen=True)
class TileView:
    """One number about the client."""

    label: str
    value: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class PackageView:
    """A package that the client bought."""

    name: str
    used: int
    total: int
    bar_label: str
    left_text: str
    meta: str
    chip: Chip


@dataclass(frozen=True)
class ClientView:
    """The page of a client's billing."""

    client_id: UUID
    client_name: str
    tiles: Sequence[TileView]
    rows: Sequence[RowView]
    next_url: str | None
    open_invoices: Sequence[tuple[str, str]]
    currency: str
    methods: Sequence[Choice]
    packages: Sequence[PackageView]
    types: Sequence[tuple[str, str]]
    clinics: Sequence[tuple[str, str]]
    payments: Sequence[PaymentView]
    can_set_up: bool

    @property
    def here(self) -> str:
        """The page's address."""
        return f"{HOME}/clients/{self.client_id}"

    @property
    def payment_id(self) -> UUID:
        """An id for the next payment, so that sending it twice takes it once."""
        return new_id()


@pages.get("/clients/<uuid:client_id>", permission=scope.INVOICES_READ)
def show_client(ctx: Ctx, client_id: UUID) -> Any:
    """Show a client's billing."""
    return _page(ctx, client_id)


@pages.post("/clients/<uuid:client_id>/payments", permission=scope.PAYMENTS_WRITE)
def post_client_payment(ctx: Ctx, client_id: UUID) -> Any:
    """Take one payment for several invoices, what is due first in front."""
    client = known_client(ctx, client_id)
    data, state = load_form(ClientPayForm)
    if data is not None:
        failed = attempt(ctx, lambda: record_payment(ctx, _payment(ctx, client.id, data)), state)
        if failed is None:
            toast("The payment is booked.")
            return redirect(f"clients/{client_id}")
        state = failed
    return _page(ctx, client_id, pay=NamedForm("pay", state)), 422


@pages.post("/clients/<uuid:client_id>/packages", permission=scope.PACKAGES_WRITE)
def post_client_package(ctx: Ctx, client_id: UUID) -> Any:
    """Sell the client a package; its invoice is issued and shown, to be paid there."""
    client = known_client(ctx, client_id)
    data, state = load_form(SellForm)
    if data is not None:
        sold: list[PackageRow] = []
        command = SellPackage(data["package_type_id"], client.id, data["clinic_id"])
        failed = attempt(ctx, lambda: sold.append(sell_package(ctx, command)), state)
        if failed is None:
            toast(f"{sold[0].name} is sold. Take the payment here.")
            return redirect(f"invoices/{sold[0].invoice_id}")
        state = failed
    return _page(ctx, client_id, sell=NamedForm("sell", state)), 422


def known_client(ctx: Ctx, client_id: UUID) -> ClientFact:
    """Return a client; raises `NotFound`."""
    found = ctx.core.clients.get_many([client_id]).get(client_id)
    if found is None:
        raise NotFound("client")
    return found


def package_view(row: PackageRow, today: date) -> PackageView:
    """Return a sold package as pages show it."""
    left = row.visits_left
    is_over = row.expires_on is not None and row.expires_on < today
    if row.closed_at:
        chip = Chip("Closed")
    elif is_over:
        chip = Chip("Expired", "warn")
    else:
        chip = Chip("Used up") if left == 0 else Chip(f"{left} left", "good")
    until = f", good until {day(row.expires_on)}" if row.expires_on else ", without end"
    return PackageView(
        name=row.name,
        used=row.visits_used,
        total=row.visits_total,
        bar_label=f"{row.visits_used} of {row.visits_total} visits used",
        left_text=f"{row.visits_used}/{row.visits_total}",
        meta=f"Sold {day(row.sold_on)}{until}",
        chip=chip,
    )


def owed_words(rows: Sequence[InvoiceRow]) -> str:
    """Return what open invoices add up to, by currency."""
    sums: dict[str, int] = {}
    for row in rows:
        if row.currency and row.open_minor:
            sums[row.currency] = sums.get(row.currency, 0) + row.open_minor
    return ", ".join(money(minor, currency) for currency, minor in sorted(sums.items())) or "nothing"


def _payment(ctx: Ctx, client_id: UUID, data: Mapping[str, Any]) -> RecordPayment:
    open_ones = invoices.open_invoices_of_clients(ctx, [client_id]).get(client_id, ())
    wanted = set(data["invoice_id"])
    chosen = [row for row in open_ones if row.id in wanted] if wanted else list(open_ones)
    if not chosen:
        raise Invalid({"invoice_id": "Choose what is paid."})
    first = chosen[0]
    currency = first.currency or ""
    return RecordPayment(
        clinic_id=first.clinic_id,
        method=Method(data["method"]),
        amount_minor=minor_of(data["amount"], currency),
        currency=currency,
        allocations=[AllocationPart(row.id) for row in chosen],
        reference=data["reference"],
        payment_id=data["id"],
    )


def _page(ctx: Ctx, client_id: UUID, *, pay: NamedForm | None = None, sell: NamedForm | None = None) -> Any:
    client = known_client(ctx, client_id)
    found = invoices.list_invoices(ctx, InvoiceFilter(client_id=client.id), page_request(20))
    open_ones = invoices.open_invoices_of_clients(ctx, [client.id]).get(client.id, ())
    view = _view(ctx, client, open_ones, found.next_cursor, row_views(ctx, found.rows, names_for(ctx, found.rows)))
    due = sum(row.open_minor for row in open_ones if row.currency == view.currency)
    blank_pay = blank(
        "pay",
        amount=format_amount(due, view.currency) if view.currency else "",
        invoice_id=[str(row.id) for row in open_ones],
    )
    blank_sell = blank("sell", clinic_id=str(ctx.clinic_id or ""))
    return render("billing/client.html", view=view, pay=pay or blank_pay, sell=sell or blank_sell)


def _view(
    ctx: Ctx, client: ClientFact, open_ones: Sequence[InvoiceRow], cursor: str | None, rows: Sequence[RowView]
) -> ClientView:
    payable = [row for row in open_ones if may(ctx, scope.PAYMENTS_WRITE, row.clinic_id)]
    owned = packages.packages_of_clients(ctx, [client.id]).get(client.id, ()) if ctx.can(scope.PACKAGES_READ) else ()
    may_sell = ctx.can(scope.PACKAGES_WRITE)
    address = f"{HOME}/clients/{client.id}?" + urlencode({"cursor": cursor or ""})
    return ClientView(
        client_id=client.id,
        client_name=client.display_name,
        tiles=_tiles(ctx, open_ones, owned),
        rows=rows,
        next_url=address if cursor else None,
        open_invoices=[_open(row) for row in payable],
        currency=payable[0].currency or "" if payable else "",
        methods=choices(terms_at(ctx, payable[0].clinic_id).methods) if payable else (),
        packages=[package_view(row, ctx.now().date()) for row in owned],
        types=_types(ctx) if may_sell else (),
        clinics=named_clinics(ctx, scope.PACKAGES_WRITE) if may_sell else (),
        payments=_payments(ctx, client.id),
        can_set_up=ctx.can(scope.SETTINGS_WRITE),
    )


def _tiles(ctx: Ctx, open_ones: Sequence[InvoiceRow], owned: Sequence[PackageRow]) -> list[TileView]:
    today = ctx.now().date()
    late = [row for row in open_ones if row.due_on and row.due_on < today]
    left = sum(row.visits_left for row in owned if row.expires_on is None or row.expires_on >= today)
    note = f"of it overdue: {owed_words(late)}" if late else "nothing is overdue" if open_ones else ""
    return [
        TileView("To be paid", owed_words(open_ones), note),
        TileView("Open invoices", str(len(open_ones)), "at the clinics that you see"),
        TileView("Visits left on packages", str(left), "good at every clinic" if left else ""),
    ]


def _open(row: InvoiceRow) -> tuple[str, str]:
    due = f", due {day(row.due_on)}" if row.due_on else ""
    return str(row.id), f"{row.number_text}: {money(row.open_minor, row.currency or '')}{due}"


def _types(ctx: Ctx) -> list[tuple[str, str]]:
    return [
        (str(row.id), f"{row.name}, {money(row.amount_minor, row.currency)}")
        for row in packages.list_package_types(ctx)
    ]


def _payments(ctx: Ctx, client_id: UUID) -> list[PaymentView]:
    if not ctx.can(scope.PAYMENTS_READ):
        return []
    rows = payments.list_payments(ctx, PaymentFilter(client_id=client_id), PageRequest(PAYMENTS)).rows
    return [_paid(row) for row in rows]


def _paid(row: PaymentRow) -> PaymentView:
    return PaymentView(
        on=row.received_on,
        method=method_label(row.method),
        amount_minor=row.amount_minor,
        currency=row.currency,
        url=f"{HOME}/payments/{row.id}",
        reference=row.reference,
        refunded_minor=row.refunded_minor,
    )
