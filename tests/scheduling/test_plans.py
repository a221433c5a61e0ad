"""The hot reads of the calendar use their indexes as the app role, row security included, at 100,000 appointments."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import event, text

from polyclinic.kit.db import make_engine, make_session_factory, session, transaction
from polyclinic.kit.pagination import PageRequest
from polyclinic.scheduling import queries, reservations
from polyclinic.scheduling.queries import AppointmentFilter
from polyclinic.scheduling.rules.times import Interval
from polyclinic.testing.plugin import commit_world
from tests.scheduling.conftest import make_diary

FIRST = datetime(2027, 1, 4, 9, tzinfo=UTC)
APPOINTMENTS = """
INSERT INTO appointment (organisation_id, id, clinic_id, client_id, therapist_id, service_id, starts_at, ends_at,
  time_zone, local_start)
SELECT %(organisation)s, gen_random_uuid(), %(clinic)s, (%(clients)s::uuid[])[1 + n %% 2],
  (%(therapists)s::uuid[])[1 + n %% 2], %(service)s, at,
  at + interval '30 minutes', 'Europe/London', at AT TIME ZONE 'UTC'
FROM generate_series(1, 100000) n, LATERAL (SELECT %(first)s + (n / 20) * interval '30 minutes' AS at) t
"""
RESERVATIONS = """
INSERT INTO reservation (organisation_id, id, resource_kind, resource_id, clinic_id, appointment_id, starts_at, ends_at,
  overbooked)
SELECT organisation_id, gen_random_uuid(), 'therapist', therapist_id, clinic_id, id, starts_at, ends_at, true
FROM appointment
"""


@pytest.fixture(scope="module")
def busy_chain(admin_url):
    """Return a database with a chain of 100,000 appointments, and its diary."""
    from polyclinic.testing.databases import clone, drop

    made = clone(admin_url)
    engine = make_engine(made.urls.app, pool_size=2, pool_timeout=5)
    world = commit_world(engine, "harbour", "Harbour")
    with in_world(engine, world):
        diary = make_diary(world)
    values = {
        "organisation": world.id,
        "clinic": diary.clinic_id,
        "clients": [diary.tom, diary.noor],
        "therapists": [diary.ana.id, diary.ben.id],
        "service": diary.massage.id,
        "first": FIRST,
    }
    with psycopg.connect(made.admin_url, dbname=made.name, autocommit=True) as connection:
        # The rows are sound by their making: checking each by eight foreign keys would take most of the time.
        connection.execute("SET session_replication_role = replica")
        connection.execute(APPOINTMENTS, values)
        connection.execute(RESERVATIONS)
        connection.execute("ANALYZE")
    yield engine, diary
    engine.dispose()
    drop(made)


def in_world(engine, world):
    clinic_ids = [clinic.id for clinic in world.clinics]
    return transaction(make_session_factory(engine), organisation_id=world.id, clinic_ids=clinic_ids)


def scans_of(engine, diary, read):
    """Return what the plan of the last statement of `read` does with its main table: kind, index, rows."""
    ran = []

    def remember(_connection, _cursor, statement, parameters, _context, _many):
        ran.append((statement, parameters))

    with in_world(engine, diary.world):
        event.listen(engine, "before_cursor_execute", remember)
        read()
        event.remove(engine, "before_cursor_execute", remember)
        statement, parameters = ran[-1]
        connection = session().connection().connection.driver_connection
        assert connection is not None
        plan = connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters).fetchone()[0]
    return list(scans(plan[0]["Plan"] if isinstance(plan, list) else json.loads(plan)[0]["Plan"]))


def scans(node):
    if node.get("Relation Name") in {"appointment", "reservation"}:
        discarded = node.get("Rows Removed by Filter", 0) * node["Actual Loops"]
        yield node["Node Type"], node.get("Index Name"), discarded < 2_000
    for child in node.get("Plans", ()):
        yield from scans(child)


def index_only(name):
    return [("Index Scan", name, True)]


def test_therapists_day(busy_chain):
    engine, diary = busy_chain
    wanted = AppointmentFilter(
        therapist_id=diary.ana.id, starts_from=FIRST + timedelta(days=50), starts_before=FIRST + timedelta(days=51)
    )

    found = scans_of(engine, diary, lambda: queries.list_appointments(diary.actor, wanted, PageRequest()))

    assert found == index_only("ix_appointment_therapist_id")


def test_clinics_week(busy_chain):
    engine, diary = busy_chain
    day = (FIRST + timedelta(days=49)).date()

    found = scans_of(engine, diary, lambda: queries.list_week(diary.actor, diary.clinic_id, day))

    assert found == index_only("ix_appointment_clinic_id")


def test_clinics_first_page_without_an_end(busy_chain):
    engine, diary = busy_chain
    wanted = AppointmentFilter(clinic_id=diary.clinic_id)

    found = scans_of(engine, diary, lambda: queries.list_appointments(diary.actor, wanted, PageRequest()))

    assert found == index_only("ix_appointment_clinic_id")


def test_whole_chains_first_page(busy_chain):
    engine, diary = busy_chain

    found = scans_of(engine, diary, lambda: queries.list_appointments(diary.actor, AppointmentFilter(), PageRequest()))

    assert found == index_only("ix_appointment_starts_at")


def test_conflict_check(busy_chain):
    engine, diary = busy_chain
    start = FIRST + timedelta(days=50)
    span = Interval(start, start + timedelta(hours=1))

    found = scans_of(engine, diary, lambda: reservations.list_busy(diary.actor, [diary.ana.id, diary.ben.id], span))

    assert found == index_only("ix_reservation_resource_id")


def test_the_app_role_is_the_one_that_asks(busy_chain):
    engine, diary = busy_chain
    with in_world(engine, diary.world):
        assert session().execute(text("SELECT current_user")).scalar_one() == "polyclinic_app"
