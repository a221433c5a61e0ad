"""`polyclinic records verify` finds what was changed behind the guards."""

from __future__ import annotations

import psycopg
import psycopg.conninfo
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from polyclinic.cli.records import records
from polyclinic.kit.db import install_tenant_setting, transaction
from polyclinic.records.queries.records import get_record_row
from polyclinic.records.services.amending import amend_treatment_record
from polyclinic.records.verifying import verify_organisation
from tests.records.conftest import install_sample, make_practice

POINTS = {"note": "Eased", "points": [{"point_id": "p1", "view": "back", "region_id": "upper_trap-right", "pain": 4}]}
GUARDED = ("treatment_record_version", "treatment_record_section", "measurement", "section_schema")

TAMPERING = {
    "data": "UPDATE treatment_record_section SET data = data - 'plan' WHERE section_key = 'core.soap'",
    "one_letter": "UPDATE treatment_record_section SET summary = replace(summary, 'neck', 'heck')",
    "print_view": "UPDATE treatment_record_section SET print_view = print_view - 0",
    "marks": "UPDATE treatment_record_section SET marks = jsonb_set(marks, '{0,x}', '501') WHERE marks <> '[]'",
    "measurement": "UPDATE measurement SET value = value + 1 WHERE version = 1",
    "measurement_gone": "DELETE FROM measurement WHERE section_key = 'sample.points'",
    "author": "UPDATE treatment_record_version SET author_name = 'Somebody Else' WHERE version = 1",
    "time": "UPDATE treatment_record_version SET recorded_at = recorded_at + interval '1 microsecond'",
    "hash": "UPDATE treatment_record_version SET content_sha256 = repeat('0', 64) WHERE version = 1",
    "client": "UPDATE treatment_record_version SET is_chronic = true WHERE version = 1",
    "fraction": "UPDATE treatment_record_section SET data = jsonb_set(data, '{pain_before}', '7.5') WHERE position = 1",
    "schema": "UPDATE section_schema SET description = description - 'title' WHERE key = 'core.soap'",
    "version_gone": (
        "DELETE FROM measurement WHERE version = 1; DELETE FROM treatment_record_section WHERE version = 1; "
        "DELETE FROM treatment_record_version WHERE version = 1"
    ),
}


@pytest.fixture
def committed(live, plugins):
    """Return a live database with a record of two versions."""
    install_sample(live.database)
    factory = sessionmaker(live.engine, expire_on_commit=False)
    install_tenant_setting(factory)
    clinics = [clinic.id for clinic in live.world.clinics]
    with transaction(factory, organisation_id=live.world.id, clinic_ids=clinics):
        practice = make_practice(live.world)
        record = get_record_row(practice.actor, practice.signed(sample_points=POINTS).id)
        draft = amend_treatment_record(practice.actor, record.id, record.row_version)
        practice.sign(practice.save(draft, core_soap={"plan": "Other"}), amendment_reason="Wrong interval written")
    return live


def verify(live, monkeypatch, *arguments):
    monkeypatch.setenv("DATABASE_OWNER_URL", live.database.urls.owner)
    return CliRunner().invoke(records, ["verify", *arguments])


def test_verification_finds_every_change_behind_the_guards(committed):
    url = psycopg.conninfo.make_conninfo(committed.database.admin_url, dbname=committed.database.name)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    found = {}
    for name, statement in TAMPERING.items():
        with Session(engine) as admin:
            admin.execute(text("".join(f"ALTER TABLE {table} DISABLE TRIGGER ALL;" for table in GUARDED)))
            for part in statement.split("; "):
                admin.execute(text(part))
            found[name] = len(verify_organisation(admin, committed.world.id).differences)
    engine.dispose()

    assert {name for name, count in found.items() if count == 0} == set()


def test_command_fails_when_something_was_changed(committed, monkeypatch):
    untouched = verify(committed, monkeypatch)
    with psycopg.connect(committed.database.admin_url, dbname=committed.database.name) as admin:
        admin.execute("ALTER TABLE treatment_record_section DISABLE TRIGGER ALL")
        admin.execute(TAMPERING["one_letter"])

    changed = verify(committed, monkeypatch)

    assert (untouched.exit_code, changed.exit_code) == (0, 1)
    assert "version 1: the content differs from what was signed" in changed.output


def test_one_organisation_is_verified_by_slug_or_id(committed, monkeypatch):
    outputs = [
        verify(committed, monkeypatch, "--organisation", name).output for name in ("harbour", str(committed.world.id))
    ]

    assert outputs == [f"{committed.world.id}: 2 signed versions, 0 differences\n"] * 2
    assert verify(committed, monkeypatch, "--organisation", "nobody").exit_code == 1


def test_app_role_verifies_what_it_sees(practice, db):
    practice.signed(sample_points=POINTS)

    outcome = verify_organisation(db, practice.world.id)

    assert (outcome.versions, outcome.differences) == (1, ())
