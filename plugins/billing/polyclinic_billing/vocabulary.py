"""The closed sets of billing."""

from __future__ import annotations

from enum import StrEnum


class TaxCategory(StrEnum):
    """What a line is for the tax office."""

    TREATMENT = "treatment"
    WELLNESS = "wellness"
    OTHER = "other"
    """Fees, goods and packages taxed at sale: never a treatment."""


class Basis(StrEnum):
    """What a price is paid for."""

    VISIT = "visit"
    MINUTE = "minute"


class PriceTax(StrEnum):
    """Whether prices hold the tax already."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


class TaxPoint(StrEnum):
    """When a package is taxed."""

    SALE = "sale"
    REDEMPTION = "redemption"


class TimedUnits(StrEnum):
    """How minutes become units of a timed procedure code."""

    OFF = "off"
    CMS_8_MINUTE = "cms_8_minute"
    AMA_MIDPOINT = "ama_midpoint"


class InvoiceKind(StrEnum):
    """What an invoice is about."""

    VISIT = "visit"
    FEE = "fee"
    """A missed or late cancelled appointment; never labelled as treatment."""
    PACKAGE = "package"


class InvoiceStatus(StrEnum):
    """What somebody decided about an invoice."""

    DRAFT = "draft"
    ISSUED = "issued"
    VOID = "void"


class InvoiceState(StrEnum):
    """Where an invoice stands, derived from its status, payments and credit notes."""

    DRAFT = "draft"
    ISSUED = "issued"
    PART_PAID = "part_paid"
    PAID = "paid"
    CREDITED = "credited"
    VOID = "void"


class LineKind(StrEnum):
    """What a line charges."""

    TREATMENT = "treatment"
    EXTRA = "extra"
    FEE = "fee"
    PACKAGE = "package"
    REDEEMED = "redeemed"
    """A visit paid for with a package that was taxed at its sale: the amount is zero."""


class Method(StrEnum):
    """How money changes hands."""

    CASH = "cash"
    CARD = "card"
    TRANSFER = "transfer"
    PACKAGE = "package"


TILL_METHODS = (Method.CASH, Method.CARD, Method.TRANSFER)
"""What a day close counts; a package is no money that comes in."""


class SeriesKind(StrEnum):
    """Which documents share one run of numbers."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Account(StrEnum):
    """The accounts of the ledger."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    TAX_PAYABLE = "tax_payable"
    PACKAGE_LIABILITY = "package_liability"
    CASH = "cash"
    CARD = "card"
    BANK = "bank"
    CASH_DIFFERENCE = "cash_difference"


class EntryKind(StrEnum):
    """What a ledger entry records."""

    ISSUE = "issue"
    VOID = "void"
    CREDIT = "credit"
    PAYMENT = "payment"
    REFUND = "refund"
    REDEMPTION = "redemption"
    REDEMPTION_UNDONE = "redemption_undone"
    DAY_CLOSE = "day_close"


class FeePolicy(StrEnum):
    """Whether missing an appointment costs something."""

    OFF = "off"
    PERCENT = "percent"


class TaxReason(StrEnum):
    """Why a rate applies."""

    STANDARD = "standard"
    EXEMPT = "exempt"
    NOT_REGISTERED = "not_registered"
    NOT_TAXED = "not_taxed"
    SET_HERE = "set_here"
    """The clinic's own rate, where the country leaves it to the place."""
    UNKNOWN_COUNTRY = "unknown_country"
