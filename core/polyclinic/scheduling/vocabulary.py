"""Closed sets of scheduling: states of an appointment, kinds of resources, reasons against a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


class AppointmentStatus(StrEnum):
    """Where an appointment stands; stored by value."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class ResourceKind(StrEnum):
    """What a reservation keeps busy."""

    THERAPIST = "therapist"
    ROOM = "room"
    EQUIPMENT = "equipment"
    CLIENT = "client"


class ConflictReason(StrEnum):
    """Why a time cannot be booked; the same reasons explain why a time is not offered."""

    IN_THE_PAST = "in_the_past"
    ARCHIVED = "archived"
    NOT_AT_THIS_CLINIC = "not_at_this_clinic"
    REGISTRATION_MISSING = "registration_missing"
    REGISTRATION_EXPIRED = "registration_expired"
    OUTSIDE_HOURS = "outside_hours"
    THERAPIST_BUSY = "therapist_busy"
    ROOM_BUSY = "room_busy"
    CLIENT_BUSY = "client_busy"


class ConflictKind(StrEnum):
    """What a conflict concerns: a resource, or the service or clinic themselves."""

    THERAPIST = "therapist"
    ROOM = "room"
    CLIENT = "client"
    SERVICE = "service"
    CLINIC = "clinic"


BUSY_REASON: Mapping[ResourceKind, ConflictReason] = MappingProxyType(
    {
        ResourceKind.THERAPIST: ConflictReason.THERAPIST_BUSY,
        ResourceKind.ROOM: ConflictReason.ROOM_BUSY,
        ResourceKind.CLIENT: ConflictReason.CLIENT_BUSY,
    }
)

# Overbooking never covers a wrong registration, the past, or somebody who does not work here.
OVERBOOKABLE = frozenset(BUSY_REASON.values()) | {ConflictReason.OUTSIDE_HOURS}

RELEASING = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW})
"""States that give the reserved time back."""

STATUS_TITLES: Mapping[AppointmentStatus, str] = MappingProxyType(
    {
        AppointmentStatus.BOOKED: "Booked",
        AppointmentStatus.CONFIRMED: "Confirmed",
        AppointmentStatus.ARRIVED: "Arrived",
        AppointmentStatus.STARTED: "In room",
        AppointmentStatus.COMPLETED: "Done",
        AppointmentStatus.CANCELLED: "Cancelled",
        AppointmentStatus.NO_SHOW: "No-show",
    }
)

MIN_DURATION_MINUTES = 5
MAX_DURATION_MINUTES = 480
MAX_BUFFER_MINUTES = 120
LONGEST_RESERVATION = timedelta(minutes=MAX_DURATION_MINUTES + 2 * MAX_BUFFER_MINUTES)
"""Bounds the look-back of index scans: a reservation that reaches into a time began at most this long before it."""

GRID = timedelta(minutes=15)
"""Offered times start on this grid, counted from the start of the working hours."""
