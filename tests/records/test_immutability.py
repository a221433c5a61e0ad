"""A signed record changes for nobody: every way that SQL knows, as the app role, and by cascade and replica role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
import psycopg.conninfo
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import sessionmaker

from polyclinic.kit.db import install_tenant_setting, session, transaction
from tests.records.conftest import install_sample, make_practice

TABLES = ("treatment_record_version", "treatment_record_section", "measurement", "section_schema")
REFUSED = {"42501", "23000"}
"""Insufficient privilege, or the trigger's own integrity violation."""


@pytest.fixture
def record(practice):
    return practice.signed(sample_points={"points": [{"point_id": "p1", "pain": 2}]})


def rows_of(table):
    return session().execute(text(f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text")).scalars().all()


def attempt(statement, **parameters):
    """Run a statement in a savepoint and return the SQL state of its refusal."""
    with pytest.raises(DBAPIError) as refused, session().begin_nested():
        session().execute(text(statement), parameters)
    return getattr(refused.value.orig, "sqlstate", None)


STATEMENTS = {
    "update": "UPDATE {table} SET organisation_id = organisation_id",
    "delete": "DELETE FROM {table}",
    "truncate": "TRUNCATE {table}",
    "truncate_cascade": "TRUNCATE {table} CASCADE",
    "merge": "MERGE INTO {table} t USING (SELECT 1 AS one) s ON true WHEN MATCHED THEN DELETE",
    "merge_update": (
        "MERGE INTO {table} t USING (SELECT 1 AS one) s ON true "
        "WHEN MATCHED THEN UPDATE SET organisation_id = t.organisation_id"
    ),
    "upsert": (
        "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ON CONSTRAINT pk_{table} "
        "DO UPDATE SET organisation_id = excluded.organisation_id"
    ),
    "writable_cte": "WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT * FROM gone",
    "row_lock": "SELECT * FROM {table} FOR UPDATE",
    "disable_triggers": "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "drop": "DROP TABLE {table}",
    "rule": "CREATE RULE quiet AS ON UPDATE TO {table} DO INSTEAD NOTHING",
    "no_row_security": "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("way", STATEMENTS)
def test_app_role_cannot_change_a_signed_row(record, table, way):
    before = rows_of(table)

    state = attempt(STATEMENTS[way].format(table=table))

    assert (state in REFUSED, rows_of(table)) == (True, before)


@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL session_replication_role = replica",
        "SET LOCAL ROLE polyclinic_owner",
        "SELECT erase_treatment_record(gen_random_uuid(), 'long enough reason', 'me')",
        "DELETE FROM treatment_record",
        "UPDATE treatment_record SET client_id = client_id",
        "UPDATE treatment_record SET service_at = now()",
        "DELETE FROM treatment_record_draft_revision",
        "UPDATE treatment_record_draft_revision SET changes = '{}'",
    ],
)
def test_app_role_finds_no_way_around(record, statement):
    assert attempt(statement) == "42501"


@pytest.fixture
def committed(live, plugins):
    """Return a committed practice, its signed record and a way to run SQL as any role of the database."""
    install_sample(live.database)
    factory = sessionmaker(live.engine, expire_on_commit=False)
    install_tenant_setting(factory)
    clinics = [clinic.id for clinic in live.world.clinics]
    with transaction(factory, organisation_id=live.world.id, clinic_ids=clinics):
        practice = make_practice(live.world)
        record = practice.signed(sample_points={"points": [{"point_id": "p1", "pain": 2}]})
    return Committed(live, record, factory)


@dataclass(frozen=True)
class Committed:
    live: Any
    record: Any
    factory: Any

    def run(self, statement, *, url=None):
        """Run SQL in a transaction of the organisation, by default as the app role; return the SQL state or rows."""
        with psycopg.connect(url or self.live.database.urls.app) as connection:
            clinics = ",".join(str(clinic.id) for clinic in self.live.world.clinics)
            connection.execute("SELECT set_config('app.organisation_id', %s, true)", [str(self.live.world.id)])
            connection.execute("SELECT set_config('app.clinic_ids', %s, true)", [clinics])
            try:
                cursor = connection.execute(statement)
            except psycopg.Error as error:
                return error.sqlstate
            return cursor.fetchall() if cursor.description else cursor.rowcount

    @property
    def admin(self):
        return psycopg.conninfo.make_conninfo(self.live.database.admin_url, dbname=self.live.database.name)

    @property
    def owner(self):
        return self.live.database.urls.owner


def copied(table):
    """Return an INSERT of a copy of one row at a free position."""
    values = "(to_jsonb(t) || jsonb_build_object('id', gen_random_uuid(), 'position', 99))"
    return f"INSERT INTO {table} SELECT r.* FROM {table} t, jsonb_populate_record(t, {values}) r LIMIT 1"


def test_nothing_is_added_to_a_version_signed_before(committed):
    assert [committed.run(copied(table)) for table in ("treatment_record_section", "measurement")] == ["23000", "23000"]


def test_owner_superuser_and_replica_role_are_refused_too(committed):
    ways = (
        "UPDATE {table} SET organisation_id = organisation_id",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
    )
    replica = "SET session_replication_role = replica; "
    states = {
        committed.run(start + way.format(table=table), url=url)
        for table in TABLES
        for way in ways
        for start, url in (("", committed.owner), ("", committed.admin), (replica, committed.admin))
    }

    assert states == {"23000"}


def test_removing_a_parent_removes_no_signed_row(committed):
    before = committed.run("SELECT count(*) FROM measurement")
    parents = ("treatment_record", "client", "clinic", "therapist", "organisation", "appointment", "member")

    states = {committed.run(f"DELETE FROM {parent}", url=committed.admin) for parent in parents}

    assert (states <= {"23001", "23503", "23000"}, committed.run("SELECT count(*) FROM measurement")) == (True, before)


def test_erasure_removes_one_record_and_leaves_an_audit_row(committed):
    erase = f"SELECT erase_treatment_record('{committed.record.id}', 'Retention ended in 2046', 'data officer')"

    with psycopg.connect(committed.owner) as owner:
        owner.execute("SELECT set_config('app.organisation_id', %s, true)", [str(committed.live.world.id)])
        erased = owner.execute(erase).fetchone()

    left = [committed.run(f"SELECT count(*) FROM {table}")[0][0] for table in ("treatment_record", *TABLES[:3])]
    events = committed.run("SELECT detail FROM audit_event WHERE action = 'treatment_record.erased'")
    assert (erased, left) == ((9,), [0, 0, 0, 0])
    assert events == [({"reason": "Retention ended in 2046", "erased_by": "data officer"},)]


def test_erasure_reaches_no_other_organisation(committed):
    erase = f"SELECT erase_treatment_record('{committed.record.id}', 'Retention ended in 2046', 'data officer')"

    with psycopg.connect(committed.owner) as owner:
        owner.execute("SELECT set_config('app.organisation_id', %s, true)", [str(committed.live.other_world.id)])
        with pytest.raises(psycopg.errors.RaiseException):
            owner.execute(erase)
