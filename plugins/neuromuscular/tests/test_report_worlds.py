"""Every report and figure equals what plain Python finds in what was measured, in weeks filled by chance.

`POLYCLINIC_FULL=1` tries 20 worlds instead of 2.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import select

from plugins.neuromuscular.tests.by_hand import ByHand, measured_of
from plugins.neuromuscular.tests.chance import FIRST, LAST, Weeks
from polyclinic.records.vocabulary import Privacy
from polyclinic.sdk import views
from polyclinic_neuromuscular.vocabulary import SECTION_KEY

WORLDS, VISITS = (20, 60) if os.environ.get("POLYCLINIC_FULL") == "1" else (2, 28)
REPORTS = ("points", "pressure_response")
CLOCKS_CHANGE = (date(2026, 10, 24), date(2026, 11, 2))


@pytest.mark.parametrize("seed", range(WORLDS))
def test_every_report_and_figure_equals_the_count_by_hand(enable, ctx, make, world, db, seed):
    enable("neuromuscular")
    weeks = Weeks(make, world, db, seed)
    weeks.fill(VISITS)
    measured, places = read_rows(ctx)

    assert entered(weeks) == scored(measured)
    for role, clinics, days in questions(world, seed):
        by_hand = ByHand(measured, places, clinics, days)
        answers = {name: ask(ctx, name, role, days) for name in REPORTS}
        assert {name: canonical(rows) for name, rows in answers.items()} == counted(by_hand), (role, days)
        assert figure(ctx, role, days) == by_hand.points_treated(), (role, days)
        assert sum(row["treated"] for row in answers["points"]) == sum(figure(ctx, role, days).values())
        behind = {row["record_id"] for row in ask(ctx, "core.records", role, days)}
        assert {row["record_id"] for row in by_hand.rows} <= behind
        if role == "clinic_manager":
            alone = [row for row in measured if row["clinic_id"] in clinics]
            assert counted(ByHand(alone, places, clinics, days)) == counted(by_hand), days
            assert {row["clinic_id"] for row in answers["points"]} <= clinics
        if days == (FIRST, LAST):
            assert [name for name, rows in answers.items() if not rows] == [], "nothing is compared with nothing"


def questions(world, seed):
    """Return who asks about which clinics and days: everything, a span by chance, the change of the clocks."""
    chance = Random(f"question {seed}")
    first_on = FIRST + timedelta(days=chance.randrange(20))
    every, here = {clinic.id for clinic in world.clinics}, {world.clinic.id}
    return (
        ("chain_administrator", every, (FIRST, LAST)),
        ("clinic_manager", here, (FIRST, LAST)),
        ("clinic_manager", here, (first_on, first_on + timedelta(days=chance.randrange(5, 20)))),
        ("clinic_manager", here, CLOCKS_CHANGE),
        ("chain_administrator", every, CLOCKS_CHANGE),
    )


def read_rows(ctx):
    """Return all published measurements, and the clinics by id."""
    with ctx("neuromuscular") as own:
        measured = [dict(row) for row in own.db.execute(select(views.measurement)).mappings()]
        clinics = [dict(row) for row in own.db.execute(select(views.clinic)).mappings()]
    return measured, {row["id"]: row for row in clinics}


def entered(weeks):
    """Return what the therapists entered last in each record that others may read, and where."""
    return {
        (record_id, written.clinic_id, written.starts_at, *one)
        for record_id, written in weeks.written.items()
        if written.privacy is not Privacy.AUTHOR
        for one in measured_of(written.protocol)
    }


def scored(measured):
    """Return the same of the published rows."""
    names = ("record_id", "clinic_id", "service_at", "subject_id", "code", "moment", "value", "region_id")
    return {tuple(row[name] for name in names) for row in measured if row["section_key"] == SECTION_KEY}


def counted(by_hand):
    return {name: canonical(getattr(by_hand, name)()) for name in REPORTS}


def ask(ctx, name, role, days):
    key = name if "." in name else f"neuromuscular.{name}"
    with ctx("neuromuscular", role=role) as own:
        found = own.core.reports.run(key, clinic_ids=None, first_on=days[0], last_on=days[1], params={})
        return list(found)


def figure(ctx, role, days):
    with ctx("neuromuscular", role=role) as own:
        rows = own.core.reports.run_figure("neuromuscular.points_treated", first_on=days[0], last_on=days[1])
    return {(row.clinic_id, row.day): row.value for row in rows}


def canonical(rows):
    """Return rows in an order of their own, so that two lists of the same rows are equal."""
    return sorted((sorted(row.items()) for row in rows), key=str)
