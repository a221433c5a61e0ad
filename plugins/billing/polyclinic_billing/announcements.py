"""The events of billing."""

from __future__ import annotations

from polyclinic.sdk.events import EventType

ON = {"on": "The local day on which it counts."}
CLIENT = {"client_id": "The client who pays."}
INVOICE = {"invoice_id": "The invoice."}

EVENT_TYPES = [
    EventType(
        "billing.invoice_issued",
        1,
        "An invoice got its number",
        ON | CLIENT | {"appointment_id": "The visit, if it is about one."},
    ),
    EventType(
        "billing.invoice_voided",
        1,
        "An invoice was declared void",
        ON | CLIENT | {"was_on": "The day on which it was issued."},
    ),
    EventType("billing.invoice_credited", 1, "A credit note was written", ON | CLIENT | INVOICE),
    EventType("billing.payment_recorded", 1, "Money came in", ON | CLIENT),
    EventType("billing.payment_refunded", 1, "Money was given back", ON | CLIENT | {"payment_id": "The payment."}),
    EventType("billing.package_sold", 1, "A package was sold", ON | CLIENT | INVOICE),
    EventType("billing.package_redeemed", 1, "A visit was paid with a package", ON | CLIENT | INVOICE),
    EventType("billing.day_closed", 1, "A clinic's day was counted and locked", ON),
]
