"""Every route, method and role with the ids of another organisation or clinic: nothing is told, nothing changes."""

import pytest

from polyclinic.extensions.things import KINDS
from polyclinic.plugins.extension_fields import declared_on
from polyclinic.testing.probes import WORDS, api_probes, operation_of, own_request, routes, taken_id_probes
from polyclinic.testing.probing import Hidden, Sender, Watch, forms_found, page_probes, run
from polyclinic.testing.snapshots import Observer

ROLES = ("chain_administrator", "clinic_manager", "front_desk", "therapist")
CLINIC_ROLES = ("front_desk", "therapist")
NOT_REACHED = {400, 401, 404, 422, 428, 429}
"""Answers that say nothing about what a request would have done."""


@pytest.mark.parametrize("role", ROLES)
def test_no_rest_operation_reaches_another_organisation(probed, watch, other_organisation, role):
    ids, hidden = other_organisation
    sender = Sender(probed.app, probed.world.people[role])
    probes = list(api_probes(probed.app, ids))

    assert len(probes) >= 100
    assert run(sender, probes, hidden, watch) == []


@pytest.mark.parametrize("role", ROLES)
def test_no_page_reaches_another_organisation(probed, visit, watch, other_organisation, role):
    ids, hidden = other_organisation
    probes = list(page_probes(probed.app, visit(role).pages, ids))

    assert len(probes) >= 50
    assert run(visit(role).sender, probes, hidden, watch) == []


@pytest.mark.parametrize("role", CLINIC_ROLES)
def test_no_rest_operation_reaches_clinical_things_of_another_clinic(probed, watch, other_clinic, role):
    ids, hidden = other_clinic
    sender = Sender(probed.app, probed.world.people[role])
    probes = [probe for probe in api_probes(probed.app, ids) if is_about_clinical_things(probe, hidden)]

    assert len(probes) >= 50
    assert run(sender, probes, hidden, watch) == []


@pytest.mark.parametrize("role", CLINIC_ROLES)
def test_no_page_reaches_clinical_things_of_another_clinic(probed, visit, watch, other_clinic, role):
    ids, hidden = other_clinic
    found = page_probes(probed.app, visit(role).pages, ids)
    probes = [probe for probe in found if is_about_clinical_things(probe, hidden)]

    assert len(probes) >= 30
    assert run(visit(role).sender, probes, hidden, watch) == []


def test_chosen_id_that_another_organisation_uses_makes_a_thing_of_one_s_own(populated_live, other_organisation):
    ids, hidden = other_organisation
    observer = Observer(populated_live.database)
    sender = Sender(populated_live.app, populated_live.world.people["chain_administrator"])
    by_text_alone = Hidden(hidden.canaries, frozenset(), frozenset())
    probes = list(taken_id_probes(populated_live.app, ids))

    found = run(sender, probes, by_text_alone, Watch(observer, populated_live.world.id))
    observer.close()

    assert len(probes) >= 8
    assert found == []


def test_with_own_ids_every_operation_is_reached(populated_live, other_organisation):
    ids, _ = other_organisation
    app = populated_live.app
    senders = [Sender(app, populated_live.world.people[role]) for role in ("chain_administrator", "therapist")]
    operations = [(rule, method, operation_of(app, rule)) for rule, method in routes(app) if is_offered(rule)]
    requests = [own_request(rule, method, operation, ids.own) for rule, method, operation in operations if operation]

    answers = {f"{probe}": {sender.send(probe).status_code for sender in senders} for probe in requests}

    assert {name: found for name, found in answers.items() if found <= NOT_REACHED} == {}


def test_every_page_that_changes_something_is_reached_by_a_form_or_names_what_it_changes(probed, visit):
    found = forms_found(probed.app, visit("chain_administrator").pages)

    changing = [rule for rule, method in routes(probed.app) if method == "POST" and not operation_of(probed.app, rule)]
    assert [rule.rule for rule in changing if not rule.arguments and rule.endpoint not in found] == []


def is_offered(rule):
    """A plugin's fields have an address below those kinds of things alone that it declares them for."""
    kind = next((kind for kind in KINDS if rule.rule.startswith(f"/api/v1/{kind.path}/<")), None)
    if kind is None or "/extensions/" not in rule.rule:
        return True
    return WORDS["plugin_id"]() in {plugin_id for plugin_id, _ in declared_on(kind.entity)}


def is_about_clinical_things(probe, hidden):
    """Contact data belong to the whole organisation, and who links a client to a clinic may see their health there."""
    return not probe.is_write or hidden.must_refuse(probe)
