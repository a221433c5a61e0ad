"""Rows of a demo's past, gathered first and written in a few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.tables import new_id
from polyclinic_billing.models.base import Base
from polyclinic_billing.models.invoices import Invoice, InvoiceLine
from polyclinic_billing.models.ledger import LedgerEntry, LedgerPosting
from polyclinic_billing.models.payments import Allocation, Package, PackageRedemption, Payment
from polyclinic_billing.rules.ledger import Postings
from polyclinic_billing.vocabulary import EntryKind

ISSUED = (
    *("number", "number_text", "issued_on", "issued_at", "due_on", "issued_by"),
    *("seller", "clinic", "client", "therapist", "visit"),
)
_ISSUE = (
    update(Invoice)
    .where(Invoice.organisation_id == bindparam("of_organisation"), Invoice.id == bindparam("of_id"))
    .values(status="issued", **{name: bindparam(f"to_{name}") for name in ISSUED})
)


@dataclass(frozen=True)
class Booked:
    """Where and when an act stands in the ledger."""

    legal_entity_id: UUID
    clinic_id: UUID
    currency: str
    on: date
    at: datetime


@dataclass
class Rows:
    """What will be written, in an order that the database's guards accept: drafts, lines, issue, money."""

    organisation_id: UUID
    member_id: UUID | None
    invoices: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    allocations: list[dict[str, Any]] = field(default_factory=list)
    packages: list[dict[str, Any]] = field(default_factory=list)
    redemptions: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    postings: list[dict[str, Any]] = field(default_factory=list)

    def add(self, rows: list[dict[str, Any]], **values: Any) -> UUID:
        """Add a row and return its id."""
        row_id: UUID = values.pop("id", None) or new_id()
        rows.append({"organisation_id": self.organisation_id, "id": row_id, **values})
        return row_id

    def issue(self, invoice_id: UUID, values: Mapping[str, Any]) -> None:
        """Note what a draft gets when it is issued."""
        known = {**values, "issued_by": self.member_id}
        self.issues.append(
            {
                "of_organisation": self.organisation_id,
                "of_id": invoice_id,
                **{f"to_{name}": known[name] for name in ISSUED},
            }
        )

    def book(self, kind: EntryKind, source_id: UUID, booked: Booked, postings: Postings) -> None:
        """Add a ledger entry with both its sides; nothing for an act that moves no money."""
        if not postings:
            return
        entry_id = self.add(
            self.entries,
            legal_entity_id=booked.legal_entity_id,
            clinic_id=booked.clinic_id,
            kind=kind.value,
            source_id=source_id,
            booked_on=booked.on,
            booked_at=booked.at,
        )
        for one in postings:
            self.add(
                self.postings,
                entry_id=entry_id,
                clinic_id=booked.clinic_id,
                account=one.account.value,
                currency=booked.currency,
                debit_minor=one.debit_minor,
                credit_minor=one.credit_minor,
            )

    def write(self, ctx: Ctx) -> None:
        """Write everything."""
        _insert(ctx, Invoice, self.invoices)
        _insert(ctx, InvoiceLine, self.lines)
        if self.issues:
            ctx.db.connection().execute(_ISSUE, self.issues)
        _insert(ctx, Payment, self.payments)
        _insert(ctx, Allocation, self.allocations)
        _insert(ctx, Package, self.packages)
        _insert(ctx, PackageRedemption, self.redemptions)
        _insert(ctx, LedgerEntry, self.entries)
        _insert(ctx, LedgerPosting, self.postings)


def _insert(ctx: Ctx, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        ctx.db.execute(insert(model), list(rows))
