"""The routes that all modules of the REST interface add to."""

from __future__ import annotations

from polyclinic.sdk.api import PluginRoutes

BASE = "/api/v1/ext/billing"

routes = PluginRoutes(
    "billing", tag="Billing", description="Prices, invoices, payments, packages and day close.", takes_context=True
)
