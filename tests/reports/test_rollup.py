"""The daily roll-up of the plugin that shows reports: built, verified, kept up by events, read by the month."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, date, datetime

import psycopg
import pytest
from click.testing import CliRunner

from polyclinic.app import create_app
from polyclinic.cli.acting import open_for_plugin
from polyclinic.cli.ext import ext
from polyclinic.kit import clock
from polyclinic.kit.db import make_engine, session, transaction
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.runtime import runtime, use_runtime
from polyclinic.plugins.services import enable_plugin
from polyclinic.reports.definitions import core_figures
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment, RescheduleAppointment, Start
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.services.moving import reschedule_appointment
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.testing.clients import RestClient
from polyclinic.testing.databases import clone, drop
from polyclinic.testing.plugin import Live, commit_world, config_of
from polyclinic.testing.settling import settle
from polyclinic_reporting.services import following
from tests.reports.by_hand import ByHand
from tests.reports.chance import NOW, fill


@pytest.fixture(scope="module")
def live(admin_url):
    """Return an application on a database of its own; the first organisation is filled and has the plugin on."""
    database = clone(admin_url)
    engine = make_engine(database.urls.app, pool_size=2, pool_timeout=5)
    with clock.frozen(NOW):
        worlds = commit_world(engine, "harbour", "Harbour"), commit_world(engine, "meadow", "Meadow")
        yield Live(create_app(config_of(database)), database, engine, *worlds)
    engine.dispose()
    drop(database)


@pytest.fixture(scope="module")
def filled(live):
    """Return the rows of the first organisation; the second is filled too, but the plugin is off there."""
    for world in (live.other_world, live.world):
        with writing(live, world):
            rows = fill(session(), world, seed=1)
    with writing(live, live.world):
        enable_plugin(live.world.actor(), EnablePlugin("reporting"), registry=runtime().registry)
    return rows


@pytest.fixture
def chain(live, filled, monkeypatch):
    """Return the rows of the first organisation, whose roll-up is built."""
    before = runtime()
    use_runtime(live.app.extensions["polyclinic_plugins"])
    urls = live.database.urls
    for name, url in (("DATABASE_URL", urls.app), ("DATABASE_OWNER_URL", urls.owner)):
        monkeypatch.setenv(name, url)
    result = command("rebuild", "--organisation", "harbour")
    assert result.exit_code == 0, result.output
    yield filled
    use_runtime(before)


@contextmanager
def writing(live, world):
    ids = [clinic.id for clinic in world.clinics]
    with transaction(live.app.extensions["polyclinic_session"], organisation_id=world.id, clinic_ids=ids):
        yield


def command(*arguments: str):
    return CliRunner().invoke(ext, ["reporting", *arguments])


def stored(live, world, key: str) -> dict:
    with psycopg.connect(live.database.urls.owner) as owner:
        found = owner.execute(
            "SELECT clinic_id, day, value FROM plugin_reporting.daily_rollup "
            "WHERE organisation_id = %s AND figure_key = %s",
            (world.id, key),
        )
        return {(row[0], row[1]): row[2] for row in found}


def test_rebuilt_rollup_equals_the_count_by_hand_and_verifies(live, chain):
    world = live.world
    first_on, last_on = date(2026, 3, 10), date(2027, 1, 20)
    by_hand = ByHand(chain, {clinic.id for clinic in world.clinics}, first_on, last_on)
    for figure in core_figures():
        found = {
            place: value for place, value in stored(live, world, figure.key).items() if first_on <= place[1] <= last_on
        }
        assert found == by_hand.figure(figure.key), figure.key
        assert stored(live, live.other_world, figure.key) == {}
    assert command("verify", "--organisation", "harbour").exit_code == 0
    assert command("rebuild", "--organisation", "harbour").output.endswith(
        "The roll-up is built. 0 rows were added, changed or removed.\n"
    )


def test_verify_names_what_differs_and_ends_with_one(live, chain):
    with psycopg.connect(live.database.urls.owner) as owner:
        owner.execute(
            "UPDATE plugin_reporting.daily_rollup SET value = value + 1 WHERE id = (SELECT id FROM "
            "plugin_reporting.daily_rollup WHERE figure_key = 'core.booked' ORDER BY day, clinic_id LIMIT 1)"
        )
        owner.execute(
            "DELETE FROM plugin_reporting.daily_rollup WHERE id = (SELECT id FROM plugin_reporting.daily_rollup "
            "WHERE figure_key = 'core.completed' ORDER BY day DESC LIMIT 1)"
        )

    result = command("verify", "--organisation", "harbour")

    assert result.exit_code == 1
    assert "core.booked at clinic" in result.output
    assert "stored nothing, computed" in result.output
    assert "2 differences. Run `polyclinic ext reporting rebuild --organisation harbour`." in result.output


def test_commands_refuse_an_unknown_organisation_a_turned_period_and_one_where_the_plugin_is_off(live, chain):
    off = command("verify", "--organisation", "meadow")
    unknown = command("rebuild", "--organisation", "nowhere")
    turned = command("rebuild", "--organisation", "harbour", "--from", "2026-05-02", "--until", "2026-05-01")

    assert (off.exit_code, "The plugin reporting is off in meadow" in off.output) == (1, True)
    assert (unknown.exit_code, "There is no organisation nowhere" in unknown.output) == (1, True)
    assert (turned.exit_code, "the last day lies before the first" in turned.output) == (2, True)


def test_month_adds_up_the_rollup_for_each_clinic_that_the_actor_may_see(live, chain):
    world = live.world
    by_hand = ByHand(chain, {clinic.id for clinic in world.clinics}, date(2026, 5, 1), date(2026, 5, 31))
    expected: dict = defaultdict(dict)
    for figure in core_figures():
        for (clinic_id, _day), value in by_hand.figure(figure.key).items():
            sums = expected[str(clinic_id)]
            sums[figure.key] = sums.get(figure.key, 0) + value

    everything = month(live, "chain_administrator")
    own = month(live, "clinic_manager")

    assert everything == expected
    assert own == {str(world.clinic.id): expected[str(world.clinic.id)]}
    assert month(live, "chain_administrator", "&figures=core.booked") == {
        clinic: {"core.booked": sums["core.booked"]} for clinic, sums in expected.items()
    }


def month(live, role: str, more: str = "") -> dict:
    client = RestClient(live.app, live.world.people[role].token)
    answer = client.get(f"/api/v1/ext/reporting/month?month=2026-05{more}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {
        row["clinic_id"]: {figure["key"]: figure["value"] for figure in row["figures"]} for row in answer.json["data"]
    }


def test_month_refuses_an_unknown_figure_a_wrong_month_and_who_may_see_no_reports(live, chain):
    admin = RestClient(live.app, live.world.people["chain_administrator"].token)
    desk = RestClient(live.app, live.world.people["front_desk"].token)

    assert admin.get("/api/v1/ext/reporting/month?month=2026-05&figures=core.nothing").status_code == 422
    assert admin.get("/api/v1/ext/reporting/month?month=2026-13").status_code in {400, 422}
    assert desk.get("/api/v1/ext/reporting/month?month=2026-05").status_code == 403


def test_events_bring_the_rollup_up_to_date(live, chain):
    world, admin = live.world, live.world.actor()
    with open_for_plugin("reporting", "harbour") as ctx:
        following.start(ctx)
    free = next(row["id"] for row in chain.therapists if row["archived_at"] is None)
    with writing(live, world):
        visit = book_appointment(admin, booking(chain, world, free, datetime(2026, 12, 15, 3, tzinfo=UTC)))
        gone = book_appointment(admin, booking(chain, world, free, datetime(2026, 12, 20, 3, tzinfo=UTC)))
    later = Start(starts_at=datetime(2026, 12, 18, 4, tzinfo=UTC))
    with writing(live, world):
        reschedule_appointment(admin, RescheduleAppointment(visit.id, visit.row_version, later, overbook_reason="Test"))
        advance_appointment(
            admin, AdvanceAppointment(gone.id, gone.row_version, AppointmentStatus.CANCELLED, reason="Ill")
        )
    assert command("verify", "--organisation", "harbour").exit_code == 1

    settle(live.database)
    with open_for_plugin("reporting", "harbour") as ctx:
        done = following.refresh(ctx)
    with open_for_plugin("reporting", "harbour") as ctx:
        again = following.refresh(ctx)

    assert (done.events, done.is_behind) == (4, False)
    assert again.events == 0
    assert command("verify", "--organisation", "harbour").output == "The roll-up holds what the figures say.\n"


def booking(chain, world, therapist_id, starts_at: datetime) -> BookAppointment:
    known = next(row["client_id"] for row in chain.links if row["clinic_id"] == world.clinic.id)
    place = (world.clinic.id, known, therapist_id, chain.services[0]["id"])
    return BookAppointment(*place, Start(starts_at=starts_at), overbook_reason="Test")
