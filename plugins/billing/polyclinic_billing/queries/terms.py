"""The settings of billing at a clinic, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.money import minor_units
from polyclinic_billing.rules.fees import FeeRule
from polyclinic_billing.vocabulary import TILL_METHODS, FeePolicy, Method, PriceTax, TaxPoint, TimedUnits

DUE_DAYS = 14
FEE_PERCENT = 50


@dataclass(frozen=True)
class Terms:
    """How a clinic charges, taxes and counts."""

    price_tax: PriceTax
    due_days: int
    fee: FeeRule
    package_tax_point: TaxPoint
    timed_units: TimedUnits
    record_needed: bool
    tax_rate: Decimal | None
    till_name: str
    till_float: Decimal
    methods: Sequence[Method]

    def float_minor(self, currency: str) -> int:
        """Return what the till holds in the morning."""
        return minor_units(self.till_float, currency)


def terms_at(ctx: Ctx, clinic_id: UUID) -> Terms:
    """Return the settings that are in effect at a clinic."""
    return terms_of(ctx.at_clinic(clinic_id).settings)


def terms_of(settings: Mapping[str, Any]) -> Terms:
    """Return the terms that settings say; what is left out has its default."""
    given = {name: value for name, value in settings.items() if value not in (None, "", [])}
    methods = given.get("payment_methods") or [method.value for method in TILL_METHODS]
    return Terms(
        price_tax=PriceTax(given.get("price_tax", PriceTax.INCLUSIVE)),
        due_days=int(given.get("due_days", DUE_DAYS)),
        fee=FeeRule(
            FeePolicy(given.get("fee_policy", FeePolicy.OFF)),
            int(given.get("fee_percent", FEE_PERCENT)),
            int(given.get("notice_hours", 0)),
        ),
        package_tax_point=TaxPoint(given.get("package_tax_point", TaxPoint.SALE)),
        timed_units=TimedUnits(given.get("timed_units", TimedUnits.OFF)),
        record_needed=bool(given.get("record_needed", False)),
        tax_rate=Decimal(str(given["tax_rate"])) if "tax_rate" in given else None,
        till_name=str(given.get("till_name", "")),
        till_float=Decimal(str(given.get("till_float", 0))),
        methods=tuple(Method(method) for method in methods),
    )
