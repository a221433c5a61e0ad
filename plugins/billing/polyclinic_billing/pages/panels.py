"""The panels of billing in core's pages, its links, its documents."""

from __future__ import annotations

from polyclinic.sdk.documents import DocumentTemplate
from polyclinic.sdk.panels import NavItem, Panel
from polyclinic_billing.documents.rendering import render_credit_note, render_invoice, render_receipt
from polyclinic_billing.pages import client_panels, other_panels, visit_panels
from polyclinic_billing.queries import scope

READ, PRICES = scope.INVOICES_READ, scope.PRICES_READ

PANELS = [
    Panel("calendar.event.badge", "billing.badge", "Bill", READ, visit_panels.badges, lazy=False),
    Panel("calendar.panel.action", "billing.check_out", "Check out", READ, visit_panels.check_out_buttons, lazy=False),
    Panel("calendar.panel.section", "billing.visit", "Billing", READ, visit_panels.visit_panels, order=40),
    Panel("treatment-record.toolbar", "billing.record", "Check out", READ, visit_panels.record_buttons, lazy=False),
    Panel("client.header.alert", "billing.overdue", "Overdue", READ, client_panels.overdue_alerts, lazy=False),
    Panel("client.tab", "billing.client", "Billing", READ, client_panels.client_tabs, order=40),
    Panel("service.form", "billing.prices", "Prices", PRICES, other_panels.service_prices, order=20),
    Panel("org.dashboard.card", "billing.money", "Money", READ, other_panels.organisation_cards, order=20),
    Panel("clinic.dashboard.card", "billing.clinic_money", "Money", READ, other_panels.clinic_cards, order=20),
]
NAVIGATION = [
    NavItem("Invoices", "invoices", READ, icon="file-dollar", order=50, group="main"),
    NavItem("Day close", "day-close", scope.DAY_CLOSES_READ, icon="cash", order=51, group="main"),
    NavItem("Receivables", "receivables", READ, icon="clock", order=52),
    NavItem("Prices", "prices", PRICES, icon="tag", order=53, group="settings"),
    NavItem("Packages", "packages", scope.PACKAGES_READ, icon="package", order=54, group="settings"),
    NavItem("Sellers", "sellers", scope.SETTINGS_READ, icon="building-bank", order=55, group="settings"),
]
DOCUMENTS = [
    DocumentTemplate("billing.invoice", "Invoice", READ, render_invoice),
    DocumentTemplate("billing.receipt", "Receipt", READ, render_receipt),
    DocumentTemplate("billing.credit_note", "Credit note", READ, render_credit_note),
]
