"""The pages about plugins: nothing is granted that nobody ticked."""

import pytest
from sqlalchemy import text

from polyclinic.kit.ids import new_id
from polyclinic.plugins.dispatch import PluginFailed
from polyclinic.plugins.queries import get_enablement
from polyclinic.plugins.runtime import runtime


def test_list_says_where_a_plugin_is_on(browse, world, wishing):
    before = browse().get("/plugins").get_data(as_text=True)
    browse().post(f"/plugins/{wishing}/approval", {"clinic_id": str(world.clinic.id)})
    after = browse().get("/plugins").get_data(as_text=True)

    assert (">off<" in before.replace("\n", ""), f"1 of {len(world.clinics)} clinics" in after) == (True, True)


def test_approval_shows_what_the_plugin_asks_for_and_suggests(browse, wishing):
    page = browse().get(f"/plugins/{wishing}/approval").get_data(as_text=True)

    assert "See clients and their contact data" in page
    assert "mail.example.org" in page
    assert f'value="clinic_manager|{wishing}.lists:read" checked' in page
    assert f'value="front_desk|{wishing}.lists:read" checked' not in page


def test_only_what_was_ticked_is_granted(browse, db, world, wishing):
    form = {"clinic_id": "", "scopes": ["clients:read"], "grants": [f"front_desk|{wishing}.lists:read"]}

    response = browse().post(f"/plugins/{wishing}/approval", form)

    switch = get_enablement(world.id).effective(wishing, None)
    assert response.status_code == 302
    assert (switch.is_on, switch.granted_scopes) == (True, frozenset({"clients:read"}))
    assert switch.role_permissions == {"front_desk": frozenset({f"{wishing}.lists:read"})}


def test_scope_that_was_not_granted_is_shown_as_a_new_wish(browse, wishing):
    browse().post(f"/plugins/{wishing}/approval", {"clinic_id": "", "scopes": ["clients:read"]})

    page = browse().get(f"/plugins/{wishing}/approval").get_data(as_text=True)

    assert "It asks for more than it was granted." in page


@pytest.mark.parametrize("grant", ["owner|x.lists:read", "front_desk|other.lists:read"])
def test_foreign_role_or_permission_is_refused_and_the_ticks_stay(browse, db, world, wishing, grant):
    form = {"clinic_id": "", "scopes": ["clients:read"], "grants": [grant]}

    response = browse().post(f"/plugins/{wishing}/approval", form)

    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "One thing needs correcting" in page
    assert 'value="clients:read" checked' in page
    assert 'value="appointments:read" checked' not in page
    assert get_enablement(world.id).effective(wishing, None) is None


def test_switching_off_at_one_clinic_leaves_the_others_on(browse, db, world, wishing):
    browse().post(f"/plugins/{wishing}/approval", {"clinic_id": ""})

    response = browse().post(f"/plugins/{wishing}/disable", {"clinic_id": str(world.clinics[1].id)})

    enablement = get_enablement(world.id)
    assert response.status_code == 302
    assert [enablement.is_enabled(wishing, clinic.id) for clinic in world.clinics[:2]] == [True, False]


@pytest.mark.parametrize("role", ["front_desk", "therapist", "clinic_manager"])
def test_only_who_may_switch_plugins_does(browse, db, world, wishing, role):
    response = browse(role).post(f"/plugins/{wishing}/approval", {"clinic_id": str(world.clinic.id)})

    assert response.status_code == 403
    assert get_enablement(world.id).effective(wishing, world.clinic.id) is None


def test_unknown_plugin_and_clinic_of_another_organisation_are_not_found(browse, other_world, wishing):
    client = browse()

    found = [
        client.get("/plugins/nobody").status_code,
        client.get(f"/plugins/{wishing}/approval?clinic={other_world.clinic.id}").status_code,
        client.get(f"/plugins/{wishing}/approval?clinic=x").status_code,
    ]

    assert found == [404, 404, 400]


def test_page_shows_failures_and_what_the_plugins_code_costs(browse, db, wishing):
    dispatcher = runtime().dispatcher
    dispatcher.tally.note(wishing, "client_badges", 0.25)
    with pytest.raises(PluginFailed):
        dispatcher.safe_call(wishing, fail)

    page = browse().get(f"/plugins/{wishing}").get_data(as_text=True)

    (failure,) = dispatcher.failures()
    assert f"Log number {failure.log_id}." in page
    assert "client_badges" in page
    assert "250.0" in page


def fail():
    raise RuntimeError("what a therapist wrote")


def test_page_does_not_show_the_text_of_a_failure(browse, db, wishing):
    with pytest.raises(PluginFailed):
        runtime().dispatcher.safe_call(wishing, fail)

    assert "what a therapist wrote" not in browse().get(f"/plugins/{wishing}").get_data(as_text=True)


def test_dead_letter_is_shown_and_delivered_again(browse, db, world, wishing):
    delivery_id, event_id = new_id(), new_id()
    values = {"o": world.id, "d": delivery_id, "e": event_id, "p": wishing, "c": world.clinic.id}
    db.execute(EVENT, values)
    db.execute(DEAD, values)

    before = browse().get(f"/plugins/{wishing}").get_data(as_text=True)
    answer = browse().post(f"/plugins/{wishing}/deliveries/{delivery_id}/replay", {})

    state = db.execute(text("SELECT state FROM event_delivery WHERE id = :d"), values).scalar_one()
    assert "These events failed for good." in before
    assert "ValueError at handlers.py:7" in before
    assert (answer.status_code, state) == (302, "pending")


EVENT = text(
    "INSERT INTO event (organisation_id, id, type, version, occurred_at, clinic_id, aggregate, aggregate_id, payload) "
    "VALUES (:o, :e, 'clinic.updated', 1, now(), :c, 'clinic', :c, '{}')"
)
DEAD = text(
    "INSERT INTO event_delivery (organisation_id, id, event_id, position, plugin_id, handler, clinic_id, aggregate_id, "
    "state, attempts, next_attempt_at, finished_at, last_error) SELECT :o, :d, :e, position, :p, 'x.tell', :c, :c, "
    "'dead', 9, now(), now(), 'ValueError at handlers.py:7' FROM event WHERE id = :e"
)
