"""Switching plugins on and off: who may, where, and what stands in the way."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from polyclinic.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.queries import get_enablement, is_enabled, list_installations, list_plugins
from polyclinic.plugins.registry import PluginState
from polyclinic.plugins.services import disable_plugin, enable_plugin

MANIFEST = """
    id = "{id}"
    requires_polyclinic = ">=1"
    level = "both"
    scopes = ["clients:read", "appointments:read"]
"""
PERMISSION = """
    from polyclinic.sdk.panels import Permission

    @hookimpl
    def register_permissions():
        return [Permission("notes.list:read", "Read notes", suggested_roles=("therapist",))]
"""
CHAIN_WIDE = 'id = "{id}"\nrequires_polyclinic = ">=1"\nlevel = "organisation"'
LEANING = 'id = "{id}"\nrequires_polyclinic = ">=1"\nlevel = "both"\n[requires_plugins]\nnotes = ">=1"'

OWN = ("chainwide", "leaning", "notes", "gone")
"""The plugins that these tests record as installed; the repository's own stay out of it."""


@pytest.fixture(scope="module", autouse=True)
def installed(database):
    """Record the plugins of these tests as `db upgrade` does, and take the record back."""
    with psycopg.connect(database.urls.owner, autocommit=True) as owner:
        for plugin_id in OWN:
            owner.execute("INSERT INTO plugin_installation VALUES (%s, '1.0', '1.0', 'installed')", (plugin_id,))
        yield
        owner.execute("DELETE FROM plugin_installation WHERE plugin_id = ANY (%s)", (list(OWN),))


@pytest.fixture
def registry(shelf, db):
    shelf.add("chainwide", "", manifest=CHAIN_WIDE)
    shelf.add("leaning", "", manifest=LEANING)
    shelf.add("notes", PERMISSION, manifest=MANIFEST)
    shelf.add("uninstalled", "", manifest=MANIFEST)
    shelf.add("crashing", "raise ValueError", manifest=MANIFEST)
    own = [known for known in list_installations(db) if known.plugin_id in OWN]
    return load_plugins(shelf.entry_points()).with_installations(own)


def test_registry_knows_what_the_database_holds(registry):
    assert {plugin.id: plugin.state for plugin in registry.plugins} == {
        "chainwide": PluginState.INSTALLED,
        "crashing": PluginState.BROKEN,
        "gone": PluginState.ARCHIVED,
        "leaning": PluginState.INSTALLED,
        "notes": PluginState.INSTALLED,
        "uninstalled": PluginState.AVAILABLE,
    }


def test_plugin_is_on_at_the_clinic_where_it_was_enabled(world, other_world, registry):
    enable_plugin(world.actor(), EnablePlugin("notes", world.clinic.id), registry=registry)

    assert is_enabled(world.id, world.clinic.id, "notes")
    assert not is_enabled(world.id, world.other_clinic.id, "notes")
    assert is_enabled(world.id, None, "notes")
    assert not is_enabled(other_world.id, None, "notes")


def test_enabling_grants_what_the_manifest_asks_for_or_less(world, registry):
    actor = world.actor()

    everything = enable_plugin(actor, EnablePlugin("notes"), registry=registry)
    less = enable_plugin(actor, EnablePlugin("notes", None, frozenset({"clients:read"})), registry=registry)

    assert everything.granted_scopes == frozenset({"clients:read", "appointments:read"})
    assert get_enablement(world.id).switches == (less,)
    with pytest.raises(Invalid, match="does not ask for clients:write"):
        enable_plugin(actor, EnablePlugin("notes", None, frozenset({"clients:write"})), registry=registry)


def test_role_has_the_plugins_permissions_where_it_is_on(world, registry):
    enable_plugin(world.actor(), EnablePlugin("notes", world.clinic.id), registry=registry)
    enablement = get_enablement(world.id)

    assert enablement.permissions_of("therapist", world.clinic.id) == frozenset({"notes.list:read"})
    assert enablement.permissions_of("therapist", world.other_clinic.id) == frozenset()
    assert enablement.permissions_of("front_desk", world.clinic.id) == frozenset()


def test_administrator_decides_which_role_gets_a_permission(world, registry):
    chosen = {"front_desk": frozenset({"notes.list:read"})}

    switch = enable_plugin(world.actor(), EnablePlugin("notes", None, None, chosen), registry=registry)

    assert (switch.role_permissions, get_enablement(world.id).switches) == (chosen, (switch,))
    foreign = EnablePlugin("notes", None, None, {"front_desk": frozenset({"clients:read"})})
    with pytest.raises(Invalid, match="does not declare clients:read"):
        enable_plugin(world.actor(), foreign, registry=registry)


def test_disabled_plugin_is_off_and_can_be_enabled_again(world, registry):
    actor = world.actor()
    enable_plugin(actor, EnablePlugin("notes"), registry=registry)

    disable_plugin(actor, DisablePlugin("notes"), registry=registry)
    after_disabling = is_enabled(world.id, world.clinic.id, "notes")
    enable_plugin(actor, EnablePlugin("notes"), registry=registry)

    assert (after_disabling, is_enabled(world.id, world.clinic.id, "notes")) == (False, True)


def test_every_switch_is_audited(world, registry, db):
    enable_plugin(world.actor(), EnablePlugin("notes", world.clinic.id), registry=registry)
    disable_plugin(world.actor(), DisablePlugin("notes", world.clinic.id), registry=registry)

    written = text("SELECT action, clinic_id, detail FROM audit_event WHERE object_type = 'plugin' ORDER BY id")
    assert [tuple(row) for row in db.execute(written)] == [
        (
            "plugin.enabled",
            world.clinic.id,
            {
                "plugin": "notes",
                "scopes": ["appointments:read", "clients:read"],
                "role_permissions": {"therapist": ["notes.list:read"]},
            },
        ),
        ("plugin.disabled", world.clinic.id, {"plugin": "notes", "scopes": [], "role_permissions": {}}),
    ]


def test_therapist_cannot_switch_plugins(world, registry):
    with pytest.raises(NotAllowed):
        enable_plugin(world.actor("therapist"), EnablePlugin("notes", world.clinic.id), registry=registry)
    with pytest.raises(NotAllowed):
        disable_plugin(world.actor("clinic_manager"), DisablePlugin("notes", world.clinic.id), registry=registry)


def test_clinic_of_another_organisation_is_not_found(world, other_world, registry):
    with pytest.raises(NotFound):
        enable_plugin(world.actor(), EnablePlugin("notes", other_world.clinic.id), registry=registry)
    with pytest.raises(NotFound):
        enable_plugin(world.actor(), EnablePlugin("notes", uuid4()), registry=registry)


@pytest.mark.parametrize(
    ("plugin_id", "message"),
    [
        ("uninstalled", "not installed"),
        ("crashing", "is broken"),
        ("gone", "is archived"),
        ("leaning", "needs the plugin notes"),
    ],
)
def test_plugin_that_cannot_work_here_is_not_enabled(world, registry, plugin_id, message):
    with pytest.raises(Conflict, match=message):
        enable_plugin(world.actor(), EnablePlugin(plugin_id), registry=registry)


def test_unknown_plugin_is_not_found(world, registry):
    with pytest.raises(NotFound):
        enable_plugin(world.actor(), EnablePlugin("absent"), registry=registry)


def test_plugin_of_the_whole_organisation_is_not_switched_at_a_clinic(world, registry):
    with pytest.raises(Invalid, match="whole organisation"):
        enable_plugin(world.actor(), EnablePlugin("chainwide", world.clinic.id), registry=registry)


def test_needed_plugin_cannot_be_disabled_under_another(world, registry):
    enable_plugin(world.actor(), EnablePlugin("notes"), registry=registry)
    enable_plugin(world.actor(), EnablePlugin("leaning"), registry=registry)

    with pytest.raises(Conflict, match="Disable leaning first"):
        disable_plugin(world.actor(), DisablePlugin("notes"), registry=registry)


def test_archived_plugin_can_be_disabled(world, registry):
    disable_plugin(world.actor(), DisablePlugin("gone"), registry=registry)

    assert not is_enabled(world.id, None, "gone")


def test_list_shows_plugins_with_switches_and_needs_permission(world, registry):
    enable_plugin(world.actor(), EnablePlugin("notes", world.other_clinic.id), registry=registry)

    seen = {status.id: status for status in list_plugins(world.actor(), registry)}
    seen_by_manager = {status.id: status for status in list_plugins(world.actor("clinic_manager"), registry)}

    assert [switch.clinic_id for switch in seen["notes"].switches] == [world.other_clinic.id]
    assert (seen["crashing"].state, [problem.code for problem in seen["crashing"].problems]) == ("broken", ["PC002"])
    assert seen_by_manager["notes"].switches == ()
    with pytest.raises(NotAllowed):
        list_plugins(world.actor("therapist"), registry)
