"""The jobs that keep the roll-up: the first run builds everything, the nightly one mends the recent days."""

from __future__ import annotations

from sqlalchemy import delete, update

from polyclinic_reporting.models.rollup import DailyRollup
from polyclinic_reporting.queries.month import list_clinic_months
from polyclinic_reporting.services.following import NIGHTLY, REBUILD, REFRESH, recent
from polyclinic_reporting.services.rollup import compare


def test_first_run_has_the_whole_time_built_and_a_rebuild_of_some_figures_leaves_the_others(
    enable, make, ctx, drain, clinic
):
    enable("reporting")
    make.appointment(status="completed")
    make.appointment()
    with ctx("reporting", role="chain_administrator") as own:
        own.enqueue(REFRESH)

    done = drain()

    with ctx("reporting", role="chain_administrator") as own:
        span = recent(own)
        assert list(compare(own, *span)) == []
        months = list_clinic_months(own, *span, keys=["core.booked", "core.completed"])
        sums = {(month.clinic_id, figure.key): figure.value for month in months for figure in month.figures}
    assert done.jobs[0] == REFRESH
    assert set(done.jobs[1:]) == {REBUILD}
    assert sums == {(clinic.id, "core.booked"): 2, (clinic.id, "core.completed"): 1}


def test_nightly_run_mends_what_is_wrong_missing_or_too_much(enable, make, ctx, drain):
    enable("reporting")
    make.appointment(status="completed")
    make.appointment()
    run(ctx, drain, NIGHTLY)
    with ctx("reporting", role="chain_administrator") as own:
        at = (DailyRollup.organisation_id == own.organisation_id, DailyRollup.figure_key == "core.booked")
        own.db.execute(update(DailyRollup).where(*at).values(value=DailyRollup.value + 1))
        own.db.execute(delete(DailyRollup).where(at[0], DailyRollup.figure_key == "core.completed"))
    with ctx("reporting", role="chain_administrator") as own:
        broken = {difference.place[0] for difference in compare(own, *recent(own))}

    run(ctx, drain, NIGHTLY)

    assert broken == {"core.booked", "core.completed"}
    with ctx("reporting", role="chain_administrator") as own:
        assert list(compare(own, *recent(own))) == []


def run(ctx, drain, job: str) -> None:
    with ctx("reporting", role="chain_administrator") as own:
        own.enqueue(job)
    assert drain().jobs == [job]
