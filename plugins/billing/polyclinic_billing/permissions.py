"""What billing asks permission for, and which roles usually may."""

from __future__ import annotations

from polyclinic.sdk.panels import Permission
from polyclinic_billing.queries import scope

ADMINISTRATOR, MANAGER = "chain_administrator", "clinic_manager"
FRONT_DESK, THERAPIST = "front_desk", "therapist"
EVERYBODY = (ADMINISTRATOR, MANAGER, FRONT_DESK, THERAPIST)
DESK = (ADMINISTRATOR, MANAGER, FRONT_DESK)
LEADING = (ADMINISTRATOR, MANAGER)

PERMISSIONS = [
    Permission(scope.INVOICES_READ, "See invoices and what is owed", EVERYBODY),
    Permission(scope.INVOICES_WRITE, "Draft and issue invoices", EVERYBODY),
    Permission(scope.INVOICES_VOID, "Void and credit invoices", LEADING),
    Permission(scope.PAYMENTS_READ, "See payments", EVERYBODY),
    Permission(scope.PAYMENTS_WRITE, "Record payments", EVERYBODY),
    Permission(scope.PAYMENTS_REFUND, "Refund payments", LEADING),
    Permission(scope.PRICES_READ, "See prices", EVERYBODY),
    Permission(scope.PRICES_WRITE, "Set the prices of a clinic", LEADING),
    Permission(scope.PACKAGES_READ, "See packages", EVERYBODY),
    Permission(scope.PACKAGES_WRITE, "Sell and redeem packages", EVERYBODY),
    Permission(scope.DAY_CLOSES_READ, "See how days were closed", DESK),
    Permission(scope.DAY_CLOSES_WRITE, "Close a clinic's day", DESK),
    Permission(scope.SETTINGS_READ, "See who sells, and how", LEADING),
    Permission(scope.SETTINGS_WRITE, "Set who sells, prices of all clinics, and packages", (ADMINISTRATOR,)),
]
