"""All pages of billing: importing the modules adds their views to the one set."""

from __future__ import annotations

from polyclinic.sdk.pages import PageRoutes
from polyclinic_billing.pages import (
    checkout,
    clients,
    credit_notes,
    day_closes,
    draft_lines,
    invoice_list,
    invoices,
    packages,
    payments,
    prices,
    receivables,
    sellers,
)
from polyclinic_billing.pages.site import pages

MODULES = (
    *(checkout, clients, credit_notes, day_closes, draft_lines, invoice_list),
    *(invoices, packages, payments, prices, receivables, sellers),
)


def declaration() -> PageRoutes:
    """Return the pages as core mounts them."""
    return pages.declaration()
