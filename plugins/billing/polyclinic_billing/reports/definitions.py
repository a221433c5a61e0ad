"""All reports of billing."""

from __future__ import annotations

from polyclinic_billing.reports.invoiced import INVOICES, REVENUE, TAX
from polyclinic_billing.reports.owed import OPEN_INVOICES, RECEIVABLES
from polyclinic_billing.reports.tills import BY_METHOD, DAY_CLOSES, LIABILITY, PAYMENTS

REPORTS = (REVENUE, TAX, RECEIVABLES, BY_METHOD, DAY_CLOSES, LIABILITY, INVOICES, OPEN_INVOICES, PAYMENTS)
