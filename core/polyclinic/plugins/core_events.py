"""Core's own events, version 1: what each one says. Ids and small facts, never clinical text or contact data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from polyclinic.plugins.events import EventType

_VISIT = {
    "client_id": "The client.",
    "therapist_id": "The therapist.",
    "service_id": "The service booked.",
    "on": "The clinic's date of the visit.",
}
_STEP = _VISIT | {"from": "The status before."}
_RECORD = {
    "client_id": "The client.",
    "therapist_id": "The treating therapist.",
    "appointment_id": "The visit that the record is about.",
    "on": "The clinic's date of the visit.",
}
_VERSION = _RECORD | {"version": "The number of the signed version."}
_FIELDS = {"fields": "Names of the fields that were given."}
_SCOPES = {"plugin": "The plugin's id."}

CORE_EVENTS: Mapping[str, EventType] = MappingProxyType(
    {
        event_type.key: event_type
        for event_type in (
            EventType(
                "appointment.booked",
                1,
                "A visit was booked, or brought back to booked",
                _VISIT | {"from": "The status before; left out for a new booking."},
            ),
            EventType(
                "appointment.rescheduled",
                1,
                "A visit was moved to another time, therapist or room",
                _VISIT
                | {
                    "was_on": "The clinic's date before.",
                    "was_therapist_id": "The therapist before, where it changed.",
                },
            ),
            EventType("appointment.confirmed", 1, "A visit was confirmed", _STEP),
            EventType("appointment.arrived", 1, "The client has arrived", _STEP),
            EventType("appointment.started", 1, "The visit has begun, or was reopened", _STEP),
            EventType("appointment.completed", 1, "The visit has ended", _STEP),
            EventType("appointment.cancelled", 1, "A visit was cancelled", _STEP),
            EventType("appointment.no_show", 1, "The client did not come", _STEP),
            EventType("treatment_record.created", 1, "A treatment record was opened", _RECORD),
            EventType("treatment_record.signed", 1, "A treatment record was signed for the first time", _VERSION),
            EventType("treatment_record.amended", 1, "A further version was signed", _VERSION),
            EventType(
                "measurement.recorded",
                1,
                "Scored values were signed with a record",
                _VERSION | {"record_id": "The treatment record.", "codes": "The codes of the measures."},
            ),
            EventType("client.created", 1, "A client was registered; the event's clinic is the first"),
            EventType("client.updated", 1, "Contact data of a client changed", _FIELDS),
            EventType("client.archived", 1, "A client was taken off the lists"),
            EventType("client.restored", 1, "An archived client is back on the lists"),
            EventType(
                "client.merged",
                1,
                "Two entries of one person became one: the event is about the surviving client",
                {"merged_client_id": "The client that is no longer used."},
            ),
            EventType(
                "client.unmerged",
                1,
                "A merge was undone: the event is about the client that had survived",
                {"merged_client_id": "The client that is in use again."},
            ),
            EventType("client.erased", 1, "A client's personal data were erased"),
            EventType("service.created", 1, "A service was added"),
            EventType("service.updated", 1, "A service changed", _FIELDS),
            EventType("service.archived", 1, "A service is no longer offered"),
            EventType("service.restored", 1, "An archived service is offered again"),
            EventType(
                "therapist.joined",
                1,
                "A therapist works here: new, back from the archive, or at one more clinic (the event's)",
                {"clinic_ids": "The clinics of a new therapist."},
            ),
            EventType(
                "therapist.updated",
                1,
                "A therapist's data, working hours or registrations changed",
                {"fields": "Names of the fields that were given; also `hours` and `registrations`."},
            ),
            EventType("therapist.left", 1, "A therapist was archived, or left the event's clinic"),
            EventType("clinic.created", 1, "A clinic was opened"),
            EventType("clinic.updated", 1, "A clinic changed", _FIELDS),
            EventType("plugin.enabled", 1, "A plugin was switched on: at the event's clinic, or everywhere", _SCOPES),
            EventType("plugin.disabled", 1, "A plugin was switched off: at the event's clinic, or everywhere", _SCOPES),
        )
    }
)
