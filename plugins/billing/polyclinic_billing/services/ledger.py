"""Entries of the double-entry ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.tables import new_id
from polyclinic_billing.models.ledger import LedgerEntry, LedgerPosting
from polyclinic_billing.rules.ledger import Posting, Postings
from polyclinic_billing.vocabulary import Account, EntryKind

_POSTINGS = (
    select(LedgerPosting.account, LedgerPosting.debit_minor, LedgerPosting.credit_minor)
    .join(
        LedgerEntry,
        (LedgerEntry.organisation_id == LedgerPosting.organisation_id) & (LedgerEntry.id == LedgerPosting.entry_id),
    )
    .where(
        LedgerEntry.organisation_id == bindparam("organisation_id"),
        LedgerEntry.kind == bindparam("kind"),
        LedgerEntry.source_id == bindparam("source_id"),
    )
    .order_by(LedgerPosting.id)
)


@dataclass(frozen=True)
class Booking:
    """What an entry is about: one for each kind and source."""

    kind: EntryKind
    source_id: UUID
    legal_entity_id: UUID
    clinic_id: UUID
    on: date
    currency: str


def book(ctx: Ctx, booking: Booking, postings: Postings) -> None:
    """Write an entry; nothing for an act that moves no money. The database compares both sides at commit."""
    if not postings:
        return
    entry_id = new_id()
    ctx.db.execute(
        insert(LedgerEntry).values(
            organisation_id=ctx.organisation_id,
            id=entry_id,
            legal_entity_id=booking.legal_entity_id,
            clinic_id=booking.clinic_id,
            kind=booking.kind.value,
            source_id=booking.source_id,
            booked_on=booking.on,
            booked_at=ctx.now(),
        )
    )
    rows = [
        {
            "organisation_id": ctx.organisation_id,
            "id": new_id(),
            "entry_id": entry_id,
            "clinic_id": booking.clinic_id,
            "account": one.account.value,
            "currency": booking.currency,
            "debit_minor": one.debit_minor,
            "credit_minor": one.credit_minor,
        }
        for one in postings
    ]
    ctx.db.execute(insert(LedgerPosting).values(rows))


def postings_of(ctx: Ctx, kind: EntryKind, source_id: UUID) -> Postings:
    """Return what an act posted."""
    values = {"organisation_id": ctx.organisation_id, "kind": kind.value, "source_id": source_id}
    found = ctx.db.execute(_POSTINGS, values)
    return tuple(Posting(Account(account), debit, credit) for account, debit, credit in found)
