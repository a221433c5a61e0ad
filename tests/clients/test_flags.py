"""Flags and header beneath the edges."""

from datetime import date

import pytest
from sqlalchemy import text

from polyclinic.clients import queries, timeline
from polyclinic.clients.commands import RaiseFlag
from polyclinic.clients.header import ClientAlert, client_header
from polyclinic.clients.rows import FlagRow
from polyclinic.clients.services.clinic_links import link_client_to_clinic
from polyclinic.clients.services.flags import end_flag, raise_flag
from polyclinic.kit import clock
from polyclinic.kit.errors import NotAllowed, NotFound
from polyclinic.plugins.contract import SafetySeverity
from polyclinic.testing.worlds import without

TODAY = date(2026, 11, 23)


@pytest.fixture
def flagged(world, make_client):
    """Return a client with one flag on two regions."""
    zoe = make_client(birth_on=date(1985, 3, 14), pronouns="she/her", preferred_name="Zo")
    flag = raise_flag(
        world.actor(),
        RaiseFlag(zoe.id, "wound", "Open wound", SafetySeverity.LOCAL, "healing", ("calf", "leg_inner"), TODAY),
    )
    return zoe, flag


def test_active_flags_name_every_client_in_scope_and_none_outside(db, world, make_client, flagged):
    zoe, flag = flagged
    ben = make_client("Ben", "Okafor")
    south = make_client("Cleo", "South", clinic_id=world.other_clinic.id)
    ids = [zoe.id, ben.id, south.id]

    found = queries.active_flags(world.actor("front_desk"), ids, TODAY)

    assert found == {zoe.id: [flag], ben.id: []}
    assert isinstance(flag, FlagRow)
    assert queries.active_flags(world.actor("front_desk"), ids, date(2026, 11, 22)) == {zoe.id: [], ben.id: []}


def test_active_flags_need_the_permission(db, world, flagged):
    with pytest.raises(NotAllowed):
        queries.active_flags(without(world.actor(), "health-history:read"), [flagged[0].id], TODAY)


def test_ended_flag_counts_no_longer_from_today(db, world, flagged):
    zoe, flag = flagged
    with clock.frozen(clock.now()):
        today = clock.now().date()
        ended = end_flag(world.actor("therapist"), flag.id, 1)

    assert ended.until_on == max(today, TODAY)
    assert queries.active_flags(world.actor(), [zoe.id], max(today, TODAY)) == {zoe.id: []}
    assert queries.list_flags(world.actor(), zoe.id) == [ended]


def test_header_shows_name_age_pronouns_and_alerts(db, world, flagged):
    header = client_header(world.actor("front_desk"), flagged[0].id, TODAY)

    assert (header.name, header.legal_name, header.age, header.pronouns) == (
        "Zo Hartmann",
        "Zoë Hartmann",
        41,
        "she/her",
    )
    assert header.alerts == [ClientAlert("Open wound", "calf, leg inner; healing", "caution")]
    assert header.sees_alerts


def test_header_says_when_alerts_are_hidden(db, world, flagged):
    header = client_header(world.elsewhere["therapist"].actor, flagged[0].id, TODAY)

    assert (header.alerts, header.sees_alerts) == ([], False)


def test_row_security_hides_flags_of_clients_unknown_at_the_clinic(db, world, flagged):
    db.execute(text("SELECT set_config('app.clinic_ids', :ids, true)"), {"ids": str(world.other_clinic.id)})

    assert db.execute(text("SELECT count(*) FROM client_flag")).scalar_one() == 0
    assert db.execute(text("SELECT count(*) FROM client_clinic")).scalar_one() == 0
    assert db.execute(text("SELECT count(*) FROM client")).scalar_one() == 1


def test_booking_may_link_with_its_own_permission_and_no_other(db, world, make_client):
    zoe = make_client()
    south = world.elsewhere["front_desk"].actor
    booking = without(south, "clients:write")

    assert link_client_to_clinic(booking, zoe.id, world.other_clinic.id) is True
    assert link_client_to_clinic(booking, zoe.id, world.other_clinic.id) is False
    with pytest.raises(NotAllowed):
        link_client_to_clinic(without(booking, "appointments:write"), zoe.id, world.other_clinic.id)
    with pytest.raises(NotFound):
        link_client_to_clinic(booking, zoe.id, world.clinic.id)


def test_client_of_another_organisation_is_never_linked(db, world, other_world):
    assert link_client_to_clinic(world.actor(), other_world.clinic.id, world.clinic.id) is False


def test_timeline_shows_the_newest_entries_of_all_sources(db, world, make_client, monkeypatch):
    zoe, now = make_client(), clock.now()
    monkeypatch.setattr(timeline, "_sources", {})

    def visits(actor, client_id, limit):
        return [timeline.TimelineEntry(now.replace(year=2025), "appointment", f"visit of {client_id}")]

    def notes(actor, client_id, limit):
        return [timeline.TimelineEntry(now.replace(year=year), "note", str(year)) for year in (2026, 2024)][:limit]

    for source in (visits, notes, notes):
        timeline.register(source)

    titles = [entry.title for entry in timeline.list_timeline(world.actor(), zoe.id)]
    assert titles == ["2026", f"visit of {zoe.id}", "2024"]
    assert len(timeline.list_timeline(world.actor(), zoe.id, limit=1)) == 1
