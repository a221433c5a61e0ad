"""Closing a clinic's day: counted against the ledger, then locked for good."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, FieldError, Invalid
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import CloseDay
from polyclinic_billing.models.ledger import DayClose, DayCloseCount
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.day_closes import NO_SELLER, closed_days, find_day_close, moved_on
from polyclinic_billing.queries.sellers import seller_of_clinic
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rows import DayCloseRow
from polyclinic_billing.rules.day_close import Count, check_day, check_note, counts_of, expected
from polyclinic_billing.rules.ledger import of_difference
from polyclinic_billing.services.acting import Act, announce, audit, member_of, today_at
from polyclinic_billing.services.ledger import Booking, book
from polyclinic_billing.services.locking import hold_till
from polyclinic_billing.vocabulary import EntryKind, Method


def close_day(ctx: Ctx, command: CloseDay) -> DayCloseRow:
    """Count and lock a clinic's day; money that comes later is booked on the next day.

    Raises `Invalid` for a day that is closed or has not come, cash that was not counted, or a difference without a
    note; `Conflict` before anybody sells there; `NotFound`, `NotAllowed`.
    """
    scope.require_at(ctx, scope.DAY_CLOSES_WRITE, command.clinic_id)
    check_day(command.day, today_at(ctx, command.clinic_id))
    hold_till(ctx, command.clinic_id)
    if command.day in closed_days(ctx, command.clinic_id, command.day):
        detail = f"{command.day} is closed already, and a closed day is never opened again. Choose another day."
        raise Invalid([FieldError("/day", detail, "day_closed")])
    seller = seller_of_clinic(ctx, command.clinic_id)
    if seller is None:
        raise Conflict(NO_SELLER, code="no_legal_entity")
    if command.currencies - {seller.currency}:
        raise Invalid({"counted": f"The till of this clinic is in {seller.currency}. Count in that."})
    float_minor = terms_at(ctx, command.clinic_id).float_minor(seller.currency)
    should = expected(moved_on(ctx, command.clinic_id, command.day, seller.currency), float_minor)
    counts = counts_of(should, command.counted_minor)
    check_note(counts, command.note)
    close_id = _write(ctx, command, seller.currency, float_minor)
    _write_counts(ctx, close_id, command.clinic_id, counts)
    difference = next(count.difference_minor for count in counts if count.method is Method.CASH)
    booking = Booking(EntryKind.DAY_CLOSE, close_id, seller.id, command.clinic_id, command.day, seller.currency)
    book(ctx, booking, of_difference(difference))
    act = Act("day_close", close_id, command.clinic_id, {"day": command.day.isoformat()})
    audit(ctx, "day_closed", act)
    announce(ctx, "billing.day_closed", act, on=command.day)
    return _closed(ctx, command)


def _write(ctx: Ctx, command: CloseDay, currency: str, float_minor: int) -> UUID:
    close_id = new_id()
    ctx.db.execute(
        insert(DayClose).values(
            organisation_id=ctx.organisation_id,
            id=close_id,
            clinic_id=command.clinic_id,
            day=command.day,
            currency=currency,
            till_name=terms_at(ctx, command.clinic_id).till_name,
            float_minor=float_minor,
            note=command.note.strip(),
            closed_at=ctx.now(),
            closed_by=member_of(ctx),
        )
    )
    return close_id


def _write_counts(ctx: Ctx, close_id: UUID, clinic_id: UUID, counts: Sequence[Count]) -> None:
    rows = [
        {
            "organisation_id": ctx.organisation_id,
            "id": new_id(),
            "day_close_id": close_id,
            "clinic_id": clinic_id,
            "method": count.method.value,
            "expected_minor": count.expected_minor,
            "counted_minor": count.counted_minor,
        }
        for count in counts
    ]
    ctx.db.execute(insert(DayCloseCount).values(rows))


def _closed(ctx: Ctx, command: CloseDay) -> DayCloseRow:
    found = find_day_close(ctx, command.clinic_id, command.day)
    assert found is not None  # noqa: S101 -- written above
    return found
