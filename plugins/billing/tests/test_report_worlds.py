"""Every report and daily figure of billing equals what plain Python finds in the rows, in weeks filled by chance.

`POLYCLINIC_FULL=1` tries 20 worlds instead of 2.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import pytest

from plugins.billing.tests.by_hand import ByHand
from plugins.billing.tests.chance import FIRST, LAST, Weeks
from plugins.billing.tests.tables import read_tables
from polyclinic.sdk.reports import Period, Total
from polyclinic_billing.reports.definitions import REPORTS
from polyclinic_billing.reports.figures import FIGURES

IS_FULL = os.environ.get("POLYCLINIC_FULL") == "1"
WORLDS, ACTS = (20, 160) if IS_FULL else (2, 56)
BY_KEY = {report.key: report for report in REPORTS}
OF_A_DAY = frozenset(report.key for report in REPORTS if report.period is Period.DAY)
CLOCKS_CHANGE = (date(2026, 10, 24), date(2026, 11, 2))


@dataclass(frozen=True)
class Question:
    """Who asks which reports about which clinics and days; `chosen` None = all clinics that they may see."""

    role: str
    clinics: frozenset
    days: tuple[date, date]
    chosen: tuple | None = None
    keys: frozenset = frozenset(BY_KEY)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_every_report_figure_and_drill_down_equals_the_count_by_hand(bare_desk, db, configure, seed):
    weeks = Weeks(bare_desk, db, configure, seed)
    weeks.fill(ACTS)
    tables = bare_desk.do(read_tables)

    assert {row["id"]: (row["booked_on"], row["method"]) for row in tables["allocation"]} == days_of_money(tables)
    said = set()
    for asked in questions(bare_desk.world, seed):
        by_hand = ByHand(tables, set(asked.clinics), *asked.days)
        answers = {key: ask(bare_desk, key, asked) for key in asked.keys}
        expected = counted(by_hand, asked)
        assert {key: canonical(rows) for key, rows in answers.items()} == expected, asked
        for key, rows in answers.items():
            assert sums_behind(bare_desk, key, rows, asked) == sums_of(key, rows), (key, asked)
        found = figures(bare_desk, asked)
        assert found == {figure.key: by_hand.figure(figure.key) for figure in FIGURES}, asked
        if len(asked.clinics) == 1:
            assert counted(ByHand(tables.at(*asked.clinics), set(asked.clinics), *asked.days), asked) == expected, asked
        said |= {key for key, rows in {**answers, **found}.items() if rows}
    if seed == 0:
        # Somewhere something is owed; elsewhere everything may be paid on the days that are asked about.
        assert said == {*BY_KEY, *(figure.key for figure in FIGURES)}


def counted(by_hand, asked):
    return {key: canonical(getattr(by_hand, key.removeprefix("billing."))()) for key in asked.keys}


def days_of_money(tables):
    """Return when and how each part of a payment was paid or given back, as the money itself says."""
    payments, refunds = tables.by_id("payment"), tables.by_id("refund")
    found = {}
    for row in tables["allocation"]:
        paid, back = payments[row["payment_id"]], refunds.get(row["refund_id"])
        found[row["id"]] = (back or paid)["refunded_on" if back else "received_on"], (back or paid)["method"]
    return found


def questions(world, seed):
    """Return who asks what: everything, single clinics over spans by chance and over the change of the clocks."""
    chance = Random(f"question {seed}")
    every, here, there = frozenset(one.id for one in world.clinics), world.clinic.id, world.other_clinic.id

    def span():
        first_on = FIRST + timedelta(days=chance.randrange(25))
        return first_on, first_on + timedelta(days=chance.randrange(14))

    manager = ("clinic_manager", frozenset({here}))
    # Old debts have grown older on these days.
    later = [LAST + timedelta(days=days) for days in (25, 50, 80, 120)]
    return [
        Question("chain_administrator", every, (FIRST, LAST)),
        Question("chain_administrator", frozenset({there}), span(), (there,)),
        Question(*manager, span()),
        Question(*manager, CLOCKS_CHANGE),
        *(Question(*manager, (FIRST, day), None, OF_A_DAY) for day in (span()[1], *later)),
    ]


def ask(desk, key, asked, **params):
    def run(ctx):
        days = {"first_on": asked.days[0], "last_on": asked.days[1]}
        return list(ctx.core.reports.run(key, clinic_ids=asked.chosen, params=params, **days))

    return desk.do(run, role=asked.role)


def figures(desk, asked):
    """Return the figures of the clinics asked about: a figure answers for all that its actor may see."""

    def run(ctx):
        days = {"first_on": asked.days[0], "last_on": asked.days[1]}
        return {one.key: ctx.core.reports.run_figure(one.key, **days) for one in FIGURES}

    return {
        key: {(row.clinic_id, row.day, row.currency): row.value for row in rows if row.clinic_id in asked.clinics}
        for key, rows in desk.do(run, role=asked.role).items()
    }


def sums_of(key, rows):
    """Return the totals of a report's money that its drill-down has too, by what leads there and currency."""
    drill, totals = BY_KEY[key].drill, defaultdict(int)
    for row in rows if drill else ():
        place = tuple(row[name] for name in drill.parameters.values())
        for name, behind in summed(key):
            totals[place, row["currency"], behind] += row[name]
    return dict(totals)


def sums_behind(desk, key, rows, asked):
    """Return the same totals, added up from the rows to which each row leads."""
    drill, totals, seen = BY_KEY[key].drill, defaultdict(int), {}
    for row in rows if drill else ():
        place = tuple(row[name] for name in drill.parameters.values())
        if place not in seen:
            given = {name: str(row[of]) for name, of in drill.parameters.items() if row[of] is not None}
            where = Question(asked.role, asked.clinics, asked.days, (row["clinic_id"],))
            given.pop("clinic_id")
            seen[place] = ask(desk, drill.report, where, **given)
        for _, behind in summed(key):
            same = [each[behind] for each in seen[place] if each["currency"] == row["currency"]]
            totals[place, row["currency"], behind] = sum(same)
    return dict(totals)


def summed(key):
    """Return the columns of a report that add up, with those of its drill-down that they are made of."""
    report = BY_KEY[key]
    target = {column.name for column in BY_KEY[report.drill.report].columns if column.total is Total.SUM}
    found = [(column.name, column.name) for column in report.columns if column.name in target]
    return found or [("net_minor", "amount_minor")]


def canonical(rows):
    """Return rows in an order of their own, so that two lists of the same rows are equal."""
    return sorted((sorted(row.items()) for row in rows), key=str)
