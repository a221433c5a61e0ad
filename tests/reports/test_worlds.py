"""Every core report and daily figure equals what plain Python finds in the rows, in chains filled by chance.

`POLYCLINIC_FULL=1` tries 20 chains instead of 2.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from random import Random

import pytest

from polyclinic.plugins.context import Ctx
from polyclinic.reports.definitions import core_figures, core_reports
from polyclinic.reports.running import ReportRunner
from tests.reports.by_hand import ByHand
from tests.reports.chance import FIRST, LAST, fill

CHAINS = 20 if os.environ.get("POLYCLINIC_FULL") else 2
KEYS = sorted(report.key for report in core_reports())


@pytest.mark.parametrize("seed", range(CHAINS))
def test_every_report_equals_the_count_by_hand(run, db, world, seed):
    rows = fill(db, world, seed)
    for actor, clinics, days in questions(world, seed):
        by_hand = ByHand(rows, set(clinics), *days)
        for key in KEYS:
            found = run(key, days, actor)
            name = key.removeprefix("core.")
            if key == "core.outcome_change":
                names = ("clients", "improved", "unchanged", "worse", "median")
                assert {(row["code"], row["moment"]): tuple(row[n] for n in names) for row in found} == (
                    by_hand.outcome_change()
                ), (key, days)
            else:
                assert canonical(found) == canonical(getattr(by_hand, name)()), (key, days)


@pytest.mark.parametrize("seed", range(CHAINS))
def test_every_daily_figure_equals_the_count_by_hand(plugins, db, world, seed):
    rows = fill(db, world, seed)
    for actor, clinics, days in questions(world, seed):
        by_hand = ByHand(rows, set(clinics), *days)
        for figure in core_figures():
            found = ReportRunner(Ctx(actor)).run_figure(figure.key, first_on=days[0], last_on=days[1])
            assert {(row.clinic_id, row.day): row.value for row in found} == by_hand.figure(figure.key), figure.key


def questions(world, seed: int):
    """Return actors with their clinics and a span: all of it for the chain, a random part for one clinic's manager."""
    chance = Random(f"question {seed}")
    first_on = FIRST + timedelta(days=chance.randrange(100))
    admin, manager = world.actor(), world.actor("clinic_manager")
    every = [clinic.id for clinic in world.clinics]
    clock_change = (date(2026, 10, 20), date(2026, 11, 3))
    return (
        (admin, every, (FIRST, LAST)),
        (manager, [world.clinic.id], (first_on, first_on + timedelta(days=chance.randrange(120)))),
        (admin, every, clock_change),
    )


def canonical(rows) -> list:
    """Return rows in an order of their own, so that two lists of the same rows are equal."""
    return sorted((sorted(row.items()) for row in rows), key=str)


def test_chains_hold_enough_for_every_report_to_say_something(run, db, world):
    fill(db, world, 0)

    shown = [row for row in run("core.outcome_change", (FIRST, LAST)) if row["clients"] is not None]

    assert shown
    assert all(run(key, (FIRST, LAST)) for key in KEYS)
