"""Reads of tills and closed days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, func, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, NotFound
from polyclinic.sdk.paging import Page, PageRequest, page_of
from polyclinic_billing.models.ledger import DayClose, DayCloseCount, LedgerEntry, LedgerPosting
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.sellers import seller_of_clinic
from polyclinic_billing.queries.statements import columns_of, fetch, fetch_one
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rows import CountRow, DayCloseRow, TillRow
from polyclinic_billing.rules.day_close import expected
from polyclinic_billing.rules.ledger import MONEY_ACCOUNTS
from polyclinic_billing.vocabulary import TILL_METHODS, EntryKind, Method

NO_SELLER = "Nobody sells at this clinic yet. Add a legal entity in the billing settings first."

_CLOSES = select(*columns_of(DayClose, DayCloseRow, without=frozenset({"counts"}))).where(
    DayClose.organisation_id == bindparam("organisation_id"),
    DayClose.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
)
_CLOSE = _CLOSES.where(DayClose.id == bindparam("day_close_id"))
_CLOSE_OF_DAY = _CLOSES.where(DayClose.day == bindparam("day"))
_COUNTS = (
    select(DayCloseCount.day_close_id, *columns_of(DayCloseCount, CountRow))
    .where(
        DayCloseCount.organisation_id == bindparam("organisation_id"),
        DayCloseCount.day_close_id.in_(bindparam("ids", expanding=True)),
    )
    .order_by(DayCloseCount.method)
)
_MOVED = (
    select(LedgerPosting.account, func.sum(LedgerPosting.debit_minor - LedgerPosting.credit_minor))
    .join(
        LedgerEntry,
        (LedgerEntry.organisation_id == LedgerPosting.organisation_id) & (LedgerEntry.id == LedgerPosting.entry_id),
    )
    .where(
        LedgerEntry.organisation_id == bindparam("organisation_id"),
        LedgerEntry.clinic_id == bindparam("clinic_id"),
        LedgerEntry.booked_on == bindparam("day"),
        LedgerEntry.kind.in_([EntryKind.PAYMENT.value, EntryKind.REFUND.value]),
        LedgerPosting.currency == bindparam("currency"),
    )
    .group_by(LedgerPosting.account)
)
_CLOSED_DAYS = select(DayClose.day).where(
    DayClose.organisation_id == bindparam("organisation_id"),
    DayClose.clinic_id == bindparam("clinic_id"),
    DayClose.day >= bindparam("first_on"),
)


def till_of(ctx: Ctx, clinic_id: UUID, day: date) -> TillRow:
    """Return what a clinic's till should hold at the end of a day; raises `Conflict` before anybody sells there."""
    scope.require_at(ctx, scope.DAY_CLOSES_READ, clinic_id)
    seller = seller_of_clinic(ctx, clinic_id)
    if seller is None:
        raise Conflict(NO_SELLER, code="no_legal_entity")
    terms = terms_at(ctx, clinic_id)
    float_minor = terms.float_minor(seller.currency)
    should = expected(moved_on(ctx, clinic_id, day, seller.currency), float_minor)
    counts = tuple(CountRow(method.value, should[method]) for method in TILL_METHODS)
    return TillRow(clinic_id, day, seller.currency, terms.till_name, float_minor, counts)


def moved_on(ctx: Ctx, clinic_id: UUID, day: date, currency: str) -> Mapping[Method, int]:
    """Return what each method brought less what was refunded, from the ledger."""
    values = {"organisation_id": ctx.organisation_id, "clinic_id": clinic_id, "day": day, "currency": currency}
    sums = {account: int(amount) for account, amount in ctx.db.execute(_MOVED, values)}
    return {method: sums.get(MONEY_ACCOUNTS[method].value, 0) for method in TILL_METHODS}


def closed_days(ctx: Ctx, clinic_id: UUID, first_on: date) -> frozenset[date]:
    """Return the days from `first_on` on that are closed at a clinic."""
    values = {"organisation_id": ctx.organisation_id, "clinic_id": clinic_id, "first_on": first_on}
    return frozenset(ctx.db.execute(_CLOSED_DAYS, values).scalars())


def list_day_closes(ctx: Ctx, page: PageRequest, *, clinic_id: UUID | None = None) -> Page[DayCloseRow]:
    """Return closed days, newest first."""
    clinics = list(scope.clinics_with(ctx, scope.DAY_CLOSES_READ, clinic_id))
    statement = _CLOSES.order_by(DayClose.id.desc()).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(DayClose.id < page.after[0])
    rows = fetch(ctx, statement, DayCloseRow, {"clinic_ids": clinics})
    found = page_of(rows, page, lambda row: (row.id,))
    return Page(_with_counts(ctx, found.rows), found.next_cursor)


def get_day_close(ctx: Ctx, day_close_id: UUID) -> DayCloseRow:
    """Return one closed day; raises `NotFound`."""
    values = {"day_close_id": day_close_id, "clinic_ids": list(scope.clinics_with(ctx, scope.DAY_CLOSES_READ))}
    found = fetch_one(ctx, _CLOSE, DayCloseRow, values)
    if found is None:
        raise NotFound("closed day")
    return _with_counts(ctx, [found])[0]


def find_day_close(ctx: Ctx, clinic_id: UUID, day: date) -> DayCloseRow | None:
    """Return how a clinic's day was closed, if it is."""
    scope.require_at(ctx, scope.DAY_CLOSES_READ, clinic_id)
    found = fetch_one(ctx, _CLOSE_OF_DAY, DayCloseRow, {"clinic_ids": [clinic_id], "day": day})
    return None if found is None else _with_counts(ctx, [found])[0]


def _with_counts(ctx: Ctx, rows: Sequence[DayCloseRow]) -> Sequence[DayCloseRow]:
    counts: dict[UUID, list[CountRow]] = {}
    values = {"organisation_id": ctx.organisation_id, "ids": [row.id for row in rows]}
    for row in ctx.db.execute(_COUNTS, values).mappings():
        known = dict(row)
        counts.setdefault(known.pop("day_close_id"), []).append(CountRow(**known))
    return [replace(row, counts=tuple(counts.get(row.id, ()))) for row in rows]
