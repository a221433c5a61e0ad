"""How old what is owed is."""

from __future__ import annotations

from datetime import date

BUCKETS = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90")


def bucket_of(due_on: date, as_of: date) -> str:
    """Return the age of an open amount, by days after it was due."""
    late = (as_of - due_on).days
    if late <= 0:
        return "not_due"
    if late <= 30:
        return "days_1_30"
    if late <= 60:
        return "days_31_60"
    return "days_61_90" if late <= 90 else "over_90"
