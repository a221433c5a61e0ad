"""The named places in core's pages where a plugin's panels go."""

from __future__ import annotations

SLOTS = frozenset(
    {
        "nav.main",
        "nav.settings",
        "org.dashboard.card",
        "clinic.dashboard.card",
        "today.card",
        "calendar.event.badge",
        "calendar.panel.section",
        "calendar.panel.action",
        "client.header.alert",
        "client.rail.section",
        "client.tab",
        "timeline.item",
        "treatment-record.section",
        "treatment-record.toolbar",
        "treatment-record.side",
        "checkout.line",
        "checkout.method",
        "service.form",
        "therapist.side",
        "settings.form",
        "report.tile",
        "report.page",
        "booking.step",
        "portal.card",
        "print.document",
    }
)

INLINE_SLOTS = frozenset(
    {
        "calendar.event.badge",
        "calendar.panel.action",
        "client.header.alert",
        "treatment-record.toolbar",
        "checkout.line",
        "checkout.method",
        "timeline.item",
    }
)
"""Slots within a line of core's own: what a panel shows stands there without a card, and is never loaded later."""
