"""Gapless numbers: taken inside the transaction that issues the document, under the lock of the series' row."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, update

from polyclinic.sdk.context import Ctx
from polyclinic_billing.models.catalogue import NumberSeries
from polyclinic_billing.rows import LegalEntityRow
from polyclinic_billing.vocabulary import SeriesKind

_TAKE = (
    update(NumberSeries)
    .where(
        NumberSeries.organisation_id == bindparam("organisation"),
        NumberSeries.legal_entity_id == bindparam("seller"),
        NumberSeries.kind == bindparam("series"),
    )
    .values(next_number=NumberSeries.next_number + 1)
    .returning(NumberSeries.next_number - 1)
)
MARKS = {SeriesKind.INVOICE: "", SeriesKind.CREDIT_NOTE: "C"}
"""What stands between the prefix and the number, so that no two documents of a seller are called the same."""


@dataclass(frozen=True)
class Number:
    """A number and how documents write it."""

    number: int
    text: str


def take_number(ctx: Ctx, seller: LegalEntityRow, kind: SeriesKind) -> Number:
    """Return the next number; whoever else issues for this seller waits until the transaction ends."""
    values = {"organisation": ctx.organisation_id, "seller": seller.id, "series": kind.value}
    number: int = ctx.db.execute(_TAKE, values).scalar_one()
    return Number(number, f"{seller.number_prefix}{MARKS[kind]}{number:06d}")
