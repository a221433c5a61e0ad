"""What clients owe, by age, down to the invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.pages import query_arguments, render
from polyclinic.sdk.paging import PageRequest
from polyclinic_billing.pages.names import Names, names_for
from polyclinic_billing.pages.site import HOME, pages
from polyclinic_billing.pages.words import day
from polyclinic_billing.queries import receivables, scope
from polyclinic_billing.queries.receivables import ReceivableFilter
from polyclinic_billing.rows import ReceivableRow
from polyclinic_billing.rules.ageing import BUCKETS

MOST = 2_000
SHOWN = 40
LABELS = {
    "not_due": "Not due yet",
    "days_1_30": "1 to 30 days late",
    "days_31_60": "31 to 60 days",
    "days_61_90": "61 to 90 days",
    "over_90": "Over 90 days",
}


@dataclass(frozen=True)
class BucketView:
    """One age: how much, from how many invoices."""

    label: str
    minor: int
    note: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class CurrencyView:
    """The ages of one currency."""

    currency: str
    buckets: Sequence[BucketView]


@dataclass(frozen=True)
class OwedView:
    """One open invoice."""

    title: str
    url: str
    due_on: date
    client_name: str
    client_url: str
    clinic_name: str
    days_late: int
    open_minor: int
    currency: str


@dataclass(frozen=True)
class ReceivablesView:
    """The page of what is owed."""

    meta: str
    bucket: str
    list_title: str
    currencies: Sequence[CurrencyView]
    rows: Sequence[OwedView]
    next_url: str | None
    empty_text: str


@pages.get("/receivables", permission=scope.INVOICES_READ)
def show_receivables(ctx: Ctx) -> Any:
    """Show what is owed today, all ages or one."""
    today = ctx.now().date()
    found = receivables.list_receivables(ctx, ReceivableFilter(today, ctx.clinic_id), PageRequest(MOST)).rows
    bucket = query_arguments().get("age", "")
    start = int(found_start) if (found_start := query_arguments().get("start", "0")).isdecimal() else 0
    chosen = [row for row in found if bucket in {"", row.bucket}]
    shown = chosen[start : start + SHOWN]
    names = names_for(ctx, clients=[row.client_id for row in shown if not row.client_name])
    more = urlencode({"age": bucket, "start": start + SHOWN}) if len(chosen) > start + SHOWN else ""
    view = ReceivablesView(
        meta=f"As of {day(today)}",
        bucket=bucket,
        list_title=LABELS.get(bucket, "Open invoices"),
        currencies=_currencies(found, bucket),
        rows=[_owed(row, names) for row in shown],
        next_url=f"{HOME}/receivables?{more}" if more else None,
        empty_text="Nothing is owed. Every invoice is paid." if not bucket else "Nothing of this age is owed.",
    )
    return render("billing/receivables.html", view=view)


def _currencies(rows: Sequence[ReceivableRow], bucket: str) -> list[CurrencyView]:
    codes = sorted({row.currency for row in rows})
    return [CurrencyView(code, [_bucket(rows, code, name, bucket) for name in BUCKETS]) for code in codes]


def _bucket(rows: Sequence[ReceivableRow], currency: str, name: str, current: str) -> BucketView:
    within = [row for row in rows if row.currency == currency and row.bucket == name]
    count = len(within)
    return BucketView(
        label=LABELS[name],
        minor=sum(row.open_minor for row in within),
        note="no invoice" if not count else "1 invoice" if count == 1 else f"{count} invoices",
        url=f"{HOME}/receivables?{urlencode({'age': name})}",
        is_current=name == current,
    )


def _owed(row: ReceivableRow, names: Names) -> OwedView:
    name = row.client_name or (names.clients.get(row.client_id, "") if row.client_id else "")
    return OwedView(
        title=row.number_text,
        url=f"{HOME}/invoices/{row.invoice_id}",
        due_on=row.due_on,
        client_name=name,
        client_url=f"{HOME}/clients/{row.client_id}" if row.client_id else "",
        clinic_name=names.clinic(row.clinic_id),
        days_late=max(row.days_late, 0),
        open_minor=row.open_minor,
        currency=row.currency,
    )
