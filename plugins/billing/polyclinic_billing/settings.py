"""The settings of billing: core makes the forms and keeps the values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, validates

from polyclinic.sdk.forms import SectionSchema, boolean, choice, decimal, multichoice, number, text
from polyclinic.sdk.settings import SettingsSchema, SettingsScope
from polyclinic_billing.vocabulary import TILL_METHODS, FeePolicy, PriceTax, TaxPoint, TimedUnits

PRICE_TAX = {PriceTax.INCLUSIVE.value: "Prices include tax", PriceTax.EXCLUSIVE.value: "Tax is added to prices"}
FEE_POLICY = {FeePolicy.OFF.value: "No fee", FeePolicy.PERCENT.value: "A part of the price"}
TAX_POINT = {TaxPoint.SALE.value: "When they are sold", TaxPoint.REDEMPTION.value: "When a visit is redeemed"}
TIMED_UNITS = {
    TimedUnits.OFF.value: "Not counted",
    TimedUnits.CMS_8_MINUTE.value: "8-minute rule (CMS)",
    TimedUnits.AMA_MIDPOINT.value: "Midpoint of 15 minutes (AMA)",
}


class OrganisationSettings(SectionSchema):
    """What holds in the whole organisation."""

    price_tax = choice("Prices", PRICE_TAX)
    due_days = number("Invoices are due after", minimum=0, maximum=365, unit="days")
    fee_policy = choice("Fee for a missed appointment", FEE_POLICY)
    fee_percent = number("Fee", minimum=1, maximum=100, unit="% of the price")
    notice_hours = number(
        "A cancellation costs the same within", minimum=0, maximum=168, unit="h", help="0 = cancelling is free."
    )
    package_tax_point = choice("Packages are taxed", TAX_POINT)
    timed_units = choice("Units of timed procedure codes", TIMED_UNITS)
    record_needed = boolean("Issue a visit's invoice only when its treatment record exists")


class ClinicSettings(SectionSchema):
    """What holds at a clinic."""

    till_name = text("Name of the till", maximum=80)
    till_float = decimal("Cash in the till in the morning", places=3)
    payment_methods = multichoice("Payment methods", {method.value: method.capitalize() for method in TILL_METHODS})
    tax_rate = decimal("Tax rate of this place", places=4, unit="%", help="Only where it differs from the country's.")

    @validates("till_float", "tax_rate")
    def _check_not_below_zero(self, value: Decimal | None, **_: Any) -> None:
        if value is not None and value < 0:
            raise ValidationError("Give zero or more.")


SETTINGS = [
    SettingsSchema(SettingsScope.ORGANISATION, OrganisationSettings),
    SettingsSchema(SettingsScope.CLINIC, ClinicSettings),
]
