"""Who reads which record: other clinics, other organisations, privacy, named members; each wall alone holds."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from polyclinic.kit.db import restore_tenant, session
from polyclinic.kit.errors import NotAllowed, NotFound
from polyclinic.kit.pagination import PageRequest
from polyclinic.records.commands import ChangePrivacy, GrantAccess, SaveDraft
from polyclinic.records.queries.lists import list_client_timeline, list_treatment_records
from polyclinic.records.queries.measurements import list_measurements
from polyclinic.records.queries.records import find_records_of_appointments, get_record_row
from polyclinic.records.queries.versions import get_treatment_record, list_versions
from polyclinic.records.services.saving import save_draft
from polyclinic.records.services.sharing import change_privacy, grant_access, revoke_access
from polyclinic.records.vocabulary import Privacy


@pytest.fixture
def signed(practice):
    record = practice.signed()
    return get_record_row(practice.actor, record.id)


def as_seen_by(actor):
    """Set row security as the edge does for this actor."""
    current = session()
    current.info["clinic_ids"] = actor.clinic_ids
    restore_tenant(current)


def may_read(actor, record):
    as_seen_by(actor)
    try:
        get_treatment_record(actor, record.id)
    except (NotFound, NotAllowed):
        return False
    return True


def share(practice, record, privacy):
    return change_privacy(practice.actor, ChangePrivacy(record.id, record.row_version, privacy))


READERS = {
    Privacy.AUTHOR: {"author"},
    Privacy.CLINIC: {"author", "manager", "administrator"},
    Privacy.ORGANISATION: {"author", "manager", "administrator", "elsewhere"},
    Privacy.NAMED: {"author"},
}


@pytest.mark.parametrize("privacy", Privacy)
def test_privacy_decides_who_reads(practice, signed, world, privacy):
    share(practice, signed, privacy)
    people = {
        "author": practice.actor,
        "manager": world.actor("clinic_manager"),
        "administrator": world.actor(),
        "elsewhere": world.elsewhere["therapist"].actor,
        "front_desk": world.actor("front_desk"),
    }

    assert {name for name, actor in people.items() if may_read(actor, signed)} == READERS[privacy]


def test_named_member_of_another_clinic_reads_until_revoked(practice, signed, world):
    colleague = world.elsewhere["therapist"]
    record = share(practice, signed, Privacy.NAMED)

    grant_access(practice.actor, GrantAccess(record.id, colleague.member.id, "Second opinion"))
    while_granted = may_read(colleague.actor, record)
    as_seen_by(practice.actor)
    revoke_access(practice.actor, record.id, colleague.member.id)

    assert (while_granted, may_read(colleague.actor, record)) == (True, False)


def test_granted_record_can_be_read_but_not_written(practice, world):
    colleague = world.elsewhere["therapist"]
    record = practice.open()
    grant_access(practice.actor, GrantAccess(record.id, colleague.member.id))
    as_seen_by(colleague.actor)

    with pytest.raises(NotAllowed):
        save_draft(colleague.actor, SaveDraft(record.id, record.row_version, {"core.soap": {"plan": "x"}}))


def test_only_the_author_decides_who_reads(practice, signed, world):
    with pytest.raises(NotAllowed):
        change_privacy(world.actor(), ChangePrivacy(signed.id, signed.row_version, Privacy.AUTHOR))
    with pytest.raises(NotFound):
        grant_access(practice.actor, GrantAccess(signed.id, signed.id))


def test_other_clinic_finds_nothing(practice, signed, world):
    outsider = world.elsewhere["therapist"].actor
    as_seen_by(outsider)

    assert list_treatment_records(outsider, PageRequest()).rows == []
    assert list_client_timeline(outsider, practice.client_id, PageRequest()).rows == []
    assert list_measurements(outsider, practice.client_id) == []
    assert find_records_of_appointments(outsider, [signed.appointment_id]) == {}
    with pytest.raises(NotFound):
        list_versions(outsider, signed.id)


TABLES = (
    "treatment_record",
    "treatment_record_draft",
    "treatment_record_draft_revision",
    "treatment_record_version",
    "treatment_record_section",
    "measurement",
)


@pytest.mark.parametrize("table", TABLES)
def test_row_security_alone_hides_other_clinics_and_organisations(practice, world, other_world, table):
    practice.save(practice.open(), core_soap={"complaint": "canary"})
    practice.signed()
    count = text(f"SELECT count(*) FROM {table}")
    own = session().execute(count).scalar_one()

    as_seen_by(world.elsewhere["therapist"].actor)
    other_clinic = session().execute(count).scalar_one()
    session().execute(text("SELECT set_config('app.organisation_id', :id, true)"), {"id": str(other_world.id)})
    other_organisation = session().execute(count).scalar_one()
    session().execute(text("SELECT set_config('app.organisation_id', '', true)"))
    nobody = session().execute(count).scalar_one()

    assert (own > 0, other_clinic, other_organisation, nobody) == (True, 0, 0, 0)


def test_explicit_filter_alone_hides_other_clinics(practice, signed, world):
    outsider = world.elsewhere["therapist"].actor

    # Row security shows all clinics here, as if its policy were missing.
    assert list_treatment_records(outsider, PageRequest()).rows == []
    with pytest.raises(NotFound):
        get_treatment_record(outsider, signed.id)


def test_every_look_is_audited(practice, signed):
    list_treatment_records(practice.actor, PageRequest(), client_id=practice.client_id)
    get_treatment_record(practice.actor, signed.id)

    mine = "object_type = 'treatment_record' ORDER BY id DESC"
    rows = session().execute(text(f"SELECT action, object_id, detail FROM audit_event WHERE {mine}"))
    assert [tuple(row) for row in rows][:2] == [
        ("treatment_record.read", signed.id, {}),
        ("treatment_record.read", signed.id, {}),
    ]
