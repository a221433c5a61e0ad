"""Published views: documented as they are, and no wider than the organisation and the actor's clinics."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from polyclinic.plugins.published import PUBLISHED
from polyclinic.sdk import views
from polyclinic.testing.populated import populated_template  # noqa: F401
from polyclinic.testing.settling import settle

BY_CLINIC = [published for published in PUBLISHED if published.by_clinic]
NAMES = {"timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone"} | {
    "time": "time without time zone",
    "text[]": "ARRAY",
}


def name_of(published) -> str:
    return published.name


@pytest.fixture
def filled(populated_template):  # noqa: F811
    """Return the filled organisations once no transaction of the server holds their events back."""
    settle(populated_template.database)
    return populated_template


@pytest.fixture
def admin(filled):
    with psycopg.connect(filled.database.admin_url, dbname=filled.database.name) as connection:
        yield connection


@pytest.fixture
def app(filled):
    with psycopg.connect(filled.database.urls.app) as connection:
        yield connection


def become(connection, organisation_id=None, clinic_ids=()) -> None:
    connection.execute("SELECT set_config('app.organisation_id', %s, true)", (str(organisation_id or ""),))
    clinics = ",".join(str(clinic_id) for clinic_id in clinic_ids)
    connection.execute("SELECT set_config('app.clinic_ids', %s, true)", (clinics,))


def rows(connection, published, *columns: str):
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    return connection.execute(
        sql.SQL("SELECT {} FROM pub.{}").format(named, sql.Identifier(published.table_name))
    ).fetchall()


def test_columns_are_those_that_the_data_dictionary_describes(admin):
    found = admin.execute(
        "SELECT table_name, column_name::text, data_type::text FROM information_schema.columns "
        "WHERE table_schema = 'pub' ORDER BY table_name, ordinal_position"
    ).fetchall()

    assert found == [
        (published.table_name, column.name, NAMES.get(column.type, column.type))
        for published in sorted(PUBLISHED, key=lambda published: published.table_name)
        for column in published.columns
    ]


def test_every_view_is_offered_by_the_sdk():
    assert [getattr(views, published.name).name for published in PUBLISHED] == [p.table_name for p in PUBLISHED]


def test_every_column_says_what_it_means_in_a_sentence():
    texts = [column.meaning for published in PUBLISHED for column in published.columns]

    assert [text for text in texts if not text.endswith(".")] == []


def test_views_belong_to_the_owner_and_run_no_function_of_the_reader_before_their_filter(admin):
    found = admin.execute(
        "SELECT c.relname::text, c.relowner::regrole::text, c.reloptions FROM pg_class c "
        "WHERE c.relnamespace = 'pub'::regnamespace AND c.relkind = 'v' ORDER BY 1"
    ).fetchall()

    assert found == [
        (name, "polyclinic_owner", ["security_barrier=true"]) for name in sorted(p.table_name for p in PUBLISHED)
    ]


@pytest.mark.parametrize("published", PUBLISHED, ids=name_of)
def test_organisation_sees_its_own_rows_alone_and_nothing_without_one(filled, app, published):
    seen = {}
    for populated in (filled.own, filled.foreign):
        become(app, populated.world.id, [clinic.id for clinic in populated.world.clinics])
        seen[populated.world.id] = rows(app, published, "organisation_id")
    become(app)

    assert all(found for found in seen.values())
    assert {key: {row[0] for row in found} for key, found in seen.items()} == {key: {key} for key in seen}
    assert rows(app, published, "organisation_id") == []


@pytest.mark.parametrize("published", BY_CLINIC, ids=name_of)
def test_clinic_bound_actor_sees_rows_of_that_clinic_alone(filled, app, published):
    world = filled.own.world
    become(app, world.id, [world.clinic.id, filled.foreign.world.clinic.id])
    here = rows(app, published, "clinic_id")
    become(app, world.id)

    assert {row[0] for row in here} == {world.clinic.id}
    assert rows(app, published, "clinic_id") == []


def test_treatment_records_show_their_state_and_when_they_were_signed(filled, app, admin):
    world = filled.own.world
    become(app, world.id, [clinic.id for clinic in world.clinics])
    stored = admin.execute(
        "SELECT t.id, (SELECT array_agg(v.recorded_at ORDER BY v.version) FROM treatment_record_version v "
        "WHERE v.record_id = t.id), a.local_start::date FROM treatment_record t "
        "JOIN appointment a ON a.id = t.appointment_id WHERE t.organisation_id = %s",
        (world.id,),
    ).fetchall()
    states = {0: "draft", 1: "signed", 2: "amended"}
    expected = {
        record_id: (
            states[len(signed or ())],
            len(signed or ()) or None,
            signed[0] if signed else None,
            signed[-1] if signed else None,
            on_date,
        )
        for record_id, signed, on_date in stored
    }

    columns = ("id", "state", "latest_version", "signed_at", "last_signed_at", "on_date")
    published = next(p for p in PUBLISHED if p.name == "treatment_record")
    found = {row[0]: row[1:] for row in rows(app, published, *columns)}

    assert found == expected
    assert {state for state, *_ in found.values()} == {"draft", "amended"}


def test_measurements_are_those_of_the_newest_version_of_records_that_are_not_private(filled, app, admin):
    world = filled.own.world
    columns = ("record_id", "version", "position", "value")
    published = next(p for p in PUBLISHED if p.name == "measurement")
    stored = admin.execute(
        "SELECT m.record_id, m.version, m.position, m.value FROM measurement m WHERE m.organisation_id = %s AND "
        "m.version = (SELECT max(version) FROM treatment_record_version v WHERE v.record_id = m.record_id)",
        (world.id,),
    ).fetchall()
    private = stored[0][0]
    with psycopg.connect(filled.database.urls.app) as other:
        become(other, world.id, [clinic.id for clinic in world.clinics])
        before = rows(other, published, *columns)
    admin.execute("UPDATE treatment_record SET privacy = 'author' WHERE id = %s", (private,))
    become(admin, world.id, [clinic.id for clinic in world.clinics])
    after = rows(admin, published, *columns)
    admin.rollback()
    privacy = dict(admin.execute("SELECT id, privacy FROM treatment_record").fetchall())

    assert sorted(before) == sorted(row for row in stored if privacy[row[0]] in {"clinic", "organisation"})
    assert sorted(after) == sorted(row for row in before if row[0] != private)
    assert len(after) < len(before)


def test_days_are_searched_by_index_and_counted_by_the_clinics_calendar(filled, app):
    world = filled.own.world
    table = views.appointment
    become(app, world.id, [clinic.id for clinic in world.clinics])
    (day,) = {row[0] for row in app.execute("SELECT min(on_date) FROM pub.v1_appointment")}
    asked = (
        select(table.c.id)
        .where(table.c.organisation_id == world.id, table.c.clinic_id == world.clinic.id)
        .where(views.on_days(table, day, day + timedelta(days=1)))
    )
    text = str(asked.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    app.execute("SET LOCAL enable_seqscan = off")

    plan = "\n".join(row[0] for row in app.execute(f"EXPLAIN {text}"))
    expected = app.execute(
        "SELECT id FROM pub.v1_appointment WHERE clinic_id = %s AND on_date BETWEEN %s AND %s",
        (world.clinic.id, day, day + timedelta(days=1)),
    ).fetchall()

    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert [name for name in ("organisation_id", "starts_at >=", "starts_at <=") if name not in condition] == []
    assert sorted(app.execute(text).fetchall()) == sorted(expected)
    assert expected != []


@pytest.mark.parametrize("table", [views.treatment_record, views.measurement], ids=lambda table: table.name)
def test_days_of_visits_narrow_the_search_of_the_table_itself(filled, app, table):
    world = filled.own.world
    become(app, world.id, [clinic.id for clinic in world.clinics])
    asked = select(table.c.clinic_id).where(
        table.c.organisation_id == world.id,
        table.c.clinic_id == world.clinic.id,
        views.on_days(table, date(2026, 1, 1), date(2026, 1, 31)),
    )
    text = str(asked.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))

    plan = [row[0] for row in app.execute(f"EXPLAIN {text}")]

    # A filter of the subquery would mean that every row of the view is made first.
    base = next(number for number, line in enumerate(plan) if f"on {table.name.removeprefix('v1_')} t" in line)
    conditions = " ".join(plan[base + 1 : base + 3])
    wanted = ("organisation_id", "clinic_id", "service_at >=", "service_at <=")
    assert [name for name in wanted if name not in conditions] == [], "\n".join(plan)


def test_events_of_other_clinics_stay_out_of_sight(filled, app):
    world = filled.own.world
    become(app, world.id, [world.clinic.id])
    published = next(p for p in PUBLISHED if p.name == "event")

    assert {row[0] for row in rows(app, published, "clinic_id")} == {None, world.clinic.id}


def test_events_appear_once_all_transactions_before_them_have_ended(filled, app):
    world = filled.own.world
    announced = (
        "INSERT INTO event (organisation_id, id, type, version, occurred_at, aggregate, aggregate_id) "
        "VALUES (%s, gen_random_uuid(), 'client.created', 1, now(), 'client', gen_random_uuid()) RETURNING id"
    )
    seen = "SELECT id FROM pub.v1_event WHERE id = ANY (%s)"
    with (
        psycopg.connect(filled.database.urls.app) as earlier,
        psycopg.connect(filled.database.urls.app) as later,
    ):
        for connection in (earlier, later, app):
            become(connection, world.id)
        (first,) = earlier.execute(announced, (world.id,)).fetchall()
        (second,) = later.execute(announced, (world.id,)).fetchall()
        later.commit()
        before = app.execute(seen, ([*first, *second],)).fetchall()
        earlier.commit()
        settle(filled.database)
        after = app.execute(seen, ([*first, *second],)).fetchall()

    assert (before, sorted(after)) == ([], sorted([first, second]))
