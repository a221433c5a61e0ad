"""How long signed treatment records must be kept: rules by country as data, dates as pure functions."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from polyclinic.clients.rules import age_on

ADULT_FROM = 18


@dataclass(frozen=True)
class MinorRule:
    """Until which age the records of a client who was under `under_age` at the last treatment are kept."""

    until_age: int
    until_age_if_17: int
    under_age: int = ADULT_FROM


@dataclass(frozen=True)
class RetentionRule:
    """One jurisdiction's rule; years count from the last treatment."""

    id: str
    name: str
    country: str
    adult_years: int
    minor: MinorRule | None


@dataclass(frozen=True)
class Retention:
    """The last day on which records must be kept, and the names of the rules that were looked at."""

    keep_until: date
    rules: tuple[str, ...]


def retention_of(countries: Collection[str], birth_on: date | None, last_service_on: date) -> Retention:
    """Return the longest of all rules that apply at clinics of these countries; an unknown country has the default."""
    applying = [rule for country in sorted(set(countries)) for rule in _rules_of(country)] or [_known()[0]]
    dates = {rule: keep_until(rule, birth_on, last_service_on) for rule in applying}
    longest = max(dates.values())
    return Retention(longest, tuple(dict.fromkeys(rule.name for rule, day in dates.items() if day == longest)))


def keep_until(rule: RetentionRule, birth_on: date | None, last_service_on: date) -> date:
    """Return the last day on which one rule keeps records; without a birth date the client counts as grown up."""
    by_years = add_years(last_service_on, rule.adult_years)
    age = age_on(birth_on, last_service_on)
    if birth_on is None or age is None or rule.minor is None or age >= rule.minor.under_age:
        return by_years
    until_age = rule.minor.until_age_if_17 if age == ADULT_FROM - 1 else rule.minor.until_age
    return max(by_years, add_years(birth_on, until_age))


def add_years(day: date, years: int) -> date:
    """Return the same day and month so many years later; 29 February becomes 28."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def rule_by_id(rule_id: str) -> RetentionRule:
    """Return one rule; raises `KeyError`."""
    return {rule.id: rule for rule in (_known()[0], *_known()[1])}[rule_id]


def _rules_of(country: str) -> Sequence[RetentionRule]:
    default, rules = _known()
    return [rule for rule in rules if rule.country == country.upper()] or [default]


@cache
def _known() -> tuple[RetentionRule, tuple[RetentionRule, ...]]:
    stored = json.loads(resources.files("polyclinic").joinpath("client_file/data/retention.json").read_text("utf-8"))
    return _rule(stored["default"]), tuple(_rule(row) for row in stored["rules"])


def _rule(row: dict[str, Any]) -> RetentionRule:
    return RetentionRule(row["id"], row["name"], row.get("country", ""), row["adult_years"], _minor(row.get("minor")))


def _minor(row: dict[str, int] | None) -> MinorRule | None:
    if row is None:
        return None
    until_age = row["until_age"] if "until_age" in row else row["after_age"] + row["years"]
    return MinorRule(until_age, row.get("until_age_if_17", until_age), row.get("under_age", ADULT_FROM))
