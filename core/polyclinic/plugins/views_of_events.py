"""The published view of what was announced."""

from __future__ import annotations

from polyclinic.plugins.views import view
from polyclinic.plugins.views_of_places import ID

EVENT = view(
    "event",
    "What was announced at the actor's clinics and in the whole organisation, see the catalogue of events. Read on "
    "after the last pair of `xid` and `position`: nothing comes in before it any more.",
    ID,
    ("xid", "bigint", "The transaction that announced it."),
    ("position", "bigint", "Its place among all events; within one thing the order in which they happened."),
    ("type", "text", "The event's key."),
    ("version", "integer", "The version of the event's payload."),
    ("occurred_at", "timestamptz", "When it happened."),
    ("clinic_id", "uuid?", "The clinic concerned; null for the whole organisation."),
    ("aggregate", "text", "The kind of thing that it is about."),
    ("aggregate_id", "uuid", "The thing that it is about."),
    ("payload", "jsonb", "Ids and small facts, as the catalogue says."),
    by_clinic=False,
)

VIEWS_OF_EVENTS = (EVENT,)
