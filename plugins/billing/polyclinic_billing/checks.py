"""What needs an administrator's attention."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.panels import Tone
from polyclinic.sdk.upkeep import HealthReport
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.queries.sellers import has_default

_UNPRICED = select(func.count()).where(
    Invoice.organisation_id == bindparam("organisation_id"), Invoice.status == "draft", Invoice.is_unpriced
)


def check(ctx: Ctx) -> Sequence[HealthReport]:
    """Return remarks: nobody sells, or drafts wait for a price."""
    remarks = []
    if not has_default(ctx):
        remarks.append(
            HealthReport(
                "no_legal_entity",
                "Nobody sells yet, so no invoice can be issued.",
                "Add a legal entity in the billing settings.",
                Tone.WARNING,
            )
        )
    unpriced: int = ctx.db.execute(_UNPRICED, {"organisation_id": ctx.organisation_id}).scalar_one()
    if unpriced:
        remarks.append(
            HealthReport(
                "drafts_without_price",
                f"{unpriced} draft invoices have no price.",
                "Add the prices, then price the drafts again.",
                Tone.WARNING,
            )
        )
    return remarks
