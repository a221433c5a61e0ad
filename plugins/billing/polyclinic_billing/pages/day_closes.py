"""Closing a clinic's day: what should be there, what was counted, what the locked day says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, Invalid, NotFound
from polyclinic.sdk.money import format_moment
from polyclinic.sdk.pages import (
    FormState,
    NamedForm,
    form_arguments,
    load_form,
    query_arguments,
    redirect,
    render,
    toast,
)
from polyclinic.sdk.paging import PageRequest
from polyclinic_billing.commands import CloseDay
from polyclinic_billing.pages.forms import CloseForm
from polyclinic_billing.pages.names import names_for
from polyclinic_billing.pages.site import HOME, attempt, blank, chosen_id, may, named_clinics, pages
from polyclinic_billing.pages.words import METHODS, Remark, method_label, money
from polyclinic_billing.pages.words import day as day_words
from polyclinic_billing.queries import day_closes, payments, scope
from polyclinic_billing.queries.payments import PaymentFilter
from polyclinic_billing.rows import CountRow, DayCloseRow, PaymentRow, TillRow
from polyclinic_billing.rules.currencies import minor_of
from polyclinic_billing.services.acting import today_at
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.vocabulary import Method

FIELD = "counted."
LAST = 10
MOVES = 100
NOTES = {
    Method.CASH: "Count the till, its float included.",
    Method.CARD: "The sum on the terminal's report. Empty = as expected.",
    Method.TRANSFER: "What the bank shows. Empty = as expected.",
}


@dataclass(frozen=True)
class CountView:
    """One method of the day."""

    label: str
    field: str
    note: str
    expected_minor: int
    counted_minor: int
    difference_minor: int
    difference: str
    is_required: bool


@dataclass(frozen=True)
class ClosedView:
    """A day that is locked."""

    counts: Sequence[CountView]
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class MoveView:
    """Money of the day."""

    title: str
    meta: str
    url: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class LastView:
    """An earlier close."""

    day: date
    url: str
    difference_minor: int
    difference: str


@dataclass(frozen=True)
class DayView:
    """The page of one clinic's day."""

    clinic_id: UUID
    clinic_name: str
    clinics: Sequence[tuple[str, str]]
    day: str
    day_text: str
    previous_url: str
    next_url: str
    today_url: str
    currency: str
    expected: Sequence[CountView]
    closed: ClosedView | None
    moves: Sequence[MoveView]
    last: Sequence[LastView]
    remarks: Sequence[Remark]


@pages.get("/day-close", permission=scope.DAY_CLOSES_READ)
def show_day(ctx: Ctx) -> Any:
    """Show a clinic's day: its count, or the form for it."""
    clinic_id = _clinic(ctx, query_arguments().get("clinic_id") or "")
    return _page(ctx, clinic_id, _day(ctx, clinic_id, query_arguments().get("day", "")))


@pages.post("/day-close", permission=scope.DAY_CLOSES_WRITE)
def post_day(ctx: Ctx) -> Any:
    """Count and lock a clinic's day."""
    data, state = load_form(CloseForm)
    typed = form_arguments()
    clinic_id = _clinic(ctx, typed.get("clinic_id", ""))
    day = _day(ctx, clinic_id, typed.get("day", ""))
    counted = {name: value for name, value in typed.items() if name.startswith(FIELD)}
    state = FormState({**state.values, **counted}, state.errors)
    if data is not None and not data["is_counted"]:
        state = state.with_error(Invalid({"is_counted": "Tick this once the till is counted."}))
    elif data is not None:
        failed = attempt(ctx, lambda: close_day(ctx, _command(ctx, clinic_id, day, counted, data["note"])), state)
        if failed is None:
            toast(f"{day_words(day)} is closed.")
            return redirect(_address(clinic_id, day))
        state = failed
    return _page(ctx, clinic_id, day, NamedForm("count", state)), 422


def _command(ctx: Ctx, clinic_id: UUID, day: date, counted: dict[str, str], note: str) -> CloseDay:
    currency = day_closes.till_of(ctx, clinic_id, day).currency
    amounts = {
        Method(name.removeprefix(FIELD)): minor_of(text, currency, name)
        for name, text in counted.items()
        if text.strip() and name.removeprefix(FIELD) in set(Method)
    }
    return CloseDay(clinic_id, day, amounts, note)


def _page(ctx: Ctx, clinic_id: UUID, day: date, count: NamedForm | None = None) -> Any:
    found = day_closes.find_day_close(ctx, clinic_id, day)
    remarks: list[Remark] = []
    till: TillRow | None = None
    if found is None:
        try:
            till = day_closes.till_of(ctx, clinic_id, day)
        except Conflict as error:
            remarks.append(Remark(error.detail, "warn"))
    if till is not None and not may(ctx, scope.DAY_CLOSES_WRITE, clinic_id):
        remarks.append(Remark("You may look at the count but not close the day.", "neutral"))
    currency = found.currency if found else till.currency if till else "GBP"
    names = names_for(ctx)
    view = DayView(
        clinic_id=clinic_id,
        clinic_name=names.clinic(clinic_id),
        clinics=named_clinics(ctx, scope.DAY_CLOSES_READ),
        day=day.isoformat(),
        day_text=day_words(day),
        previous_url=_address(clinic_id, day - timedelta(days=1)),
        next_url=_address(clinic_id, day + timedelta(days=1)),
        today_url=_address(clinic_id, today_at(ctx, clinic_id)),
        currency=currency,
        expected=[_count(row, currency) for row in till.counts] if till else [],
        closed=_closed(ctx, found, names.zone(clinic_id)) if found else None,
        moves=_moves(ctx, clinic_id, day),
        last=_last(ctx, clinic_id),
        remarks=remarks,
    )
    return render("billing/day_close.html", view=view, count=count or blank("count"))


def _count(row: CountRow, currency: str) -> CountView:
    method, difference = Method(row.method), row.difference_minor or 0
    return CountView(
        label=METHODS[method].label,
        field=FIELD + row.method,
        note=NOTES[method],
        expected_minor=row.expected_minor,
        counted_minor=row.counted_minor or 0,
        difference_minor=difference,
        difference=_signed(difference, currency),
        is_required=method is Method.CASH,
    )


def _closed(ctx: Ctx, row: DayCloseRow, zone: str) -> ClosedView:
    members = ctx.core.members.get_many([row.closed_by]) if row.closed_by and ctx.can("members:read") else {}
    closer = next((member.display_name for member in members.values()), "")
    facts = [
        ("Closed", format_moment(row.closed_at, zone) + (f" by {closer}" if closer else "")),
        ("Till", row.till_name),
        ("Float", money(row.float_minor, row.currency)),
        ("Note", row.note),
    ]
    counts = [_count(count, row.currency) for count in row.counts]
    return ClosedView(counts, [(term, value) for term, value in facts if value])


def _moves(ctx: Ctx, clinic_id: UUID, day: date) -> list[MoveView]:
    if not may(ctx, scope.PAYMENTS_READ, clinic_id):
        return []
    wanted = PaymentFilter(clinic_id=clinic_id, first_on=day, last_on=day)
    rows = payments.list_payments(ctx, wanted, PageRequest(MOVES)).rows
    names = names_for(ctx, clients=[row.client_id for row in rows])
    return [_move(row, names.clients.get(row.client_id, "") if row.client_id else "") for row in rows]


def _move(row: PaymentRow, client_name: str) -> MoveView:
    meta = method_label(row.method)
    if row.refunded_minor:
        meta += f", {money(row.refunded_minor, row.currency)} given back"
    return MoveView(client_name or "Payment", meta, f"{HOME}/payments/{row.id}", row.amount_minor, row.currency)


def _last(ctx: Ctx, clinic_id: UUID) -> list[LastView]:
    rows = day_closes.list_day_closes(ctx, PageRequest(LAST), clinic_id=clinic_id).rows
    found = []
    for row in rows:
        difference = sum(count.difference_minor or 0 for count in row.counts)
        found.append(LastView(row.day, _address(clinic_id, row.day), difference, _signed(difference, row.currency)))
    return found


def _clinic(ctx: Ctx, text: str) -> UUID:
    chosen = chosen_id(text) or ctx.clinic_id
    allowed = ctx.actor.clinics_with(scope.DAY_CLOSES_READ)
    if chosen is None:
        chosen = next(iter(allowed), None)
    if chosen is None or chosen not in ctx.actor.clinic_ids:
        raise NotFound("clinic")
    scope.require_at(ctx, scope.DAY_CLOSES_READ, chosen)
    return chosen


def _day(ctx: Ctx, clinic_id: UUID, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today_at(ctx, clinic_id)


def _address(clinic_id: UUID, day: date) -> str:
    return f"{HOME}/day-close?" + urlencode({"clinic_id": clinic_id, "day": day.isoformat()})


def _signed(minor: int, currency: str) -> str:
    return ("+" if minor > 0 else "") + money(minor, currency)
