"""All resources of billing together."""

from __future__ import annotations

from polyclinic.sdk.api import ApiBlueprint
from polyclinic_billing.api import catalogue, invoices, payments
from polyclinic_billing.api.routes import routes

MODULES = (catalogue, invoices, payments)
"""Importing them adds what they offer to the routes."""


def declaration() -> ApiBlueprint:
    """Return what `register_api` hands to core."""
    return routes.declaration()
