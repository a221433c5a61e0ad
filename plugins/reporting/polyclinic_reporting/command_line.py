"""`polyclinic ext reporting`: build the roll-up anew, and prove that it holds what the figures say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

import click

from polyclinic.sdk.commands import acting_for
from polyclinic_reporting.rules.changes import months_of
from polyclinic_reporting.services.following import recent, whole_time
from polyclinic_reporting.services.rollup import Difference, compare, recompute

SHOWN = 10
SLACK = timedelta(days=2)
"""The nightly job of today may still be to come."""
_organisation = click.option("--organisation", required=True, help="Slug or id of the organisation.")
_day = click.DateTime(formats=["%Y-%m-%d"])
_first = click.option("--from", "first_at", type=_day, help="First day; without it the first day that has figures.")
_last = click.option("--until", "last_at", type=_day, help="Last day; without it the last day that has figures.")


@click.command()
@_organisation
@_first
@_last
def rebuild(organisation: str, first_at: datetime | None, last_at: datetime | None) -> None:
    """Compute all daily figures anew, month by month; each month is kept when it is done."""
    rows = 0
    for first_on, last_on in _months(organisation, first_at, last_at):
        with acting_for(organisation) as ctx:
            rows += recompute(ctx, first_on, last_on)
        click.echo(f"{first_on:%Y-%m}: done")
    click.echo(f"The roll-up is built. {rows:,} rows were added, changed or removed.")


@click.command()
@_organisation
@_first
@_last
def verify(organisation: str, first_at: datetime | None, last_at: datetime | None) -> None:
    """Compare the roll-up with a fresh computation; exit code 1 when anything differs."""
    number, shown = 0, list[str]()
    for first_on, last_on in _months(organisation, first_at, last_at, to_come=False):
        with acting_for(organisation) as ctx:
            found = list(compare(ctx, first_on, last_on))
        number += len(found)
        shown += [_line(each) for each in islice(found, SHOWN - len(shown))]
    for line in shown:
        click.echo(line)
    if number:
        click.echo(f"{number:,} differences. Run `polyclinic ext reporting rebuild --organisation {organisation}`.")
        raise SystemExit(1)
    click.echo("The roll-up holds what the figures say.")


def _months(
    organisation: str, first_at: datetime | None, last_at: datetime | None, *, to_come: bool = True
) -> Iterator[tuple[date, date]]:
    """Yield the months between the days given; what lies ahead is verified as far as the nightly job keeps it."""
    with acting_for(organisation) as ctx:
        first_known, last_known = whole_time(ctx)
        if not to_come:
            last_known = min(last_known, recent(ctx)[1] - SLACK)
    first_on = first_at.date() if first_at else first_known
    last_on = last_at.date() if last_at else last_known
    if last_on < first_on:
        raise click.BadParameter("the last day lies before the first", param_hint="--until")
    return months_of(first_on, last_on)


def _line(found: Difference) -> str:
    figure, clinic_id, day, currency = found.place
    what = f"{day.isoformat()} {figure}{' ' + currency if currency else ''} at clinic {clinic_id}"
    return f"{what}: stored {_shown(found.stored)}, computed {_shown(found.computed)}"


def _shown(value: int | None) -> str:
    return "nothing" if value is None else str(value)


COMMANDS = (rebuild, verify)
