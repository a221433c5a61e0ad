"""Closing a clinic's day: what should be there, what was counted, and where later money goes."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta

from polyclinic.sdk.errors import FieldError, Invalid
from polyclinic_billing.vocabulary import TILL_METHODS, Method


@dataclass(frozen=True)
class Count:
    """One method of a closed day; the difference is counted less expected."""

    method: Method
    expected_minor: int
    counted_minor: int

    @property
    def difference_minor(self) -> int:
        """Return what is there too much (above zero) or missing (below zero)."""
        return self.counted_minor - self.expected_minor


def expected(moved: Mapping[Method, int], float_minor: int) -> dict[Method, int]:
    """Return what should be there: the day's movements of each method; the till holds its float as well."""
    return {method: moved.get(method, 0) + (float_minor if method is Method.CASH else 0) for method in TILL_METHODS}


def counts_of(expected_minor: Mapping[Method, int], counted_minor: Mapping[Method, int]) -> tuple[Count, ...]:
    """Return the counts of all methods; cash must be counted, others are taken as expected where they were not.

    Raises `Invalid` for cash that nobody counted, a count below zero, or a method that no till has.
    """
    if Method.CASH not in counted_minor:
        raise Invalid({"counted.cash": "Count the cash in the till, its float included, and give the sum."})
    for method, amount in counted_minor.items():
        if method not in TILL_METHODS:
            raise Invalid({f"counted.{method}": "Only cash, card and transfers are counted."})
        if method is Method.CASH and amount < 0:
            raise Invalid({"counted.cash": "The till cannot hold less than nothing. Give what was counted."})
    return tuple(
        Count(method, expected_minor[method], counted_minor.get(method, expected_minor[method]))
        for method in TILL_METHODS
    )


def check_note(counts: tuple[Count, ...], note: str) -> None:
    """Raise `Invalid` when a difference has no explanation."""
    if any(count.difference_minor for count in counts) and not note.strip():
        raise Invalid({"note": "The count differs from what is expected. Say why, or count again."})


def check_day(day: date, today: date) -> None:
    """Raise `Invalid` for a day that has not come yet."""
    if day > today:
        raise Invalid({"day": "This day has not come yet. Close it when it is over."})


def booking_day(wanted: date | None, today: date, closed: AbstractSet[date], field: str = "received_on") -> date:
    """Return the day on which money is booked.

    Without a wish: today, or the next day that is not closed, because the money lies in the next day's till. A wish
    for a closed day is refused, as is one for a day to come.
    """
    if wanted is None:
        day = today
        while day in closed:
            day += timedelta(days=1)
        return day
    if wanted in closed:
        detail = f"The till of {wanted} is closed. Leave the day out to book on the next open one."
        raise Invalid([FieldError(f"/{field}", detail, "day_closed")])
    if wanted > today:
        raise Invalid({field: "This day has not come yet. Give today or an earlier day."})
    return wanted
