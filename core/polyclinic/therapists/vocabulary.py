"""The closed sets of the therapists feature."""

from __future__ import annotations

from enum import StrEnum

EXPIRY_WARNING_DAYS = 60
MAX_HOURS_PER_CLINIC = 200


class RegistrationStatus(StrEnum):
    """Whether a therapist may practise a modality on a day."""

    VALID = "valid"
    EXPIRED = "expired"
    MISSING = "missing"


class Weekday(StrEnum):
    """The days of the week in the order of their numbers, 0 = Monday."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


WEEKDAYS = tuple(Weekday)
