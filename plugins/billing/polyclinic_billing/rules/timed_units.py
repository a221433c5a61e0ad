"""Units of timed procedure codes from minutes: the 8-minute rule of CMS and the midpoint rule of the AMA."""

from __future__ import annotations

from collections.abc import Mapping

from polyclinic_billing.vocabulary import TimedUnits

UNIT = 15
ENOUGH = 8
"""Minutes beyond whole units that make one more."""


def units_of_total(minutes: int) -> int:
    """Return the units of a day's timed minutes by the 8-minute rule."""
    return minutes // UNIT + (minutes % UNIT >= ENOUGH)


def cms_8_minute(minutes: Mapping[str, int]) -> dict[str, int]:
    """Return the units of each code: the day's minutes are pooled; whole units first, then the largest remainders.

    Equal remainders are served in the order of the codes given.
    """
    units = {code: spent // UNIT for code, spent in minutes.items()}
    left = units_of_total(sum(minutes.values())) - sum(units.values())
    by_remainder = sorted(minutes, key=lambda code: -(minutes[code] % UNIT))
    for code in by_remainder[:left]:
        units[code] += 1
    return units


def ama_midpoint(minutes: Mapping[str, int]) -> dict[str, int]:
    """Return the units of each code on its own: minutes are not pooled."""
    return {code: units_of_total(spent) for code, spent in minutes.items()}


def units_of(minutes: Mapping[str, int], rule: TimedUnits) -> dict[str, int]:
    """Return the units of each code under a rule; none where units are not counted."""
    if rule is TimedUnits.CMS_8_MINUTE:
        return cms_8_minute(minutes)
    return ama_midpoint(minutes) if rule is TimedUnits.AMA_MIDPOINT else {}
