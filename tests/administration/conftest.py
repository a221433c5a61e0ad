"""A plugin that asks for something, in the place of an installed one."""

import pytest

from polyclinic.plugins import specs
from polyclinic.plugins.contract import Permission
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.manifest import Level, Manifest
from polyclinic.plugins.policies import policies_of
from polyclinic.plugins.queries import is_enabled
from polyclinic.plugins.registry import Declarations, LoadedPlugin, PluginRegistry, PluginState
from polyclinic.plugins.runtime import PluginRuntime, runtime, use_runtime


@pytest.fixture
def wishing(app):
    """Return the id of an installed plugin that now asks for scopes, a permission and an outside host."""
    before = runtime()
    plugin_id = before.registry.active[0].id
    permission = Permission(f"{plugin_id}.lists:read", "See lists", ("clinic_manager",))
    scopes = frozenset({"clients:read", "appointments:read"})
    manifest = Manifest(plugin_id, "2.1", ">=1", level=Level.BOTH, scopes=scopes, outbound_hosts=("mail.example.org",))
    declared = Declarations(permissions=(permission,))
    plugin = LoadedPlugin(plugin_id, "2.1", PluginState.INSTALLED, manifest=manifest, declarations=declared)
    policies = policies_of(specs)
    registry = PluginRegistry((plugin,), policies, dict.fromkeys(policies, ()))
    use_runtime(PluginRuntime(registry, Dispatcher(registry, is_enabled)))
    yield plugin_id
    use_runtime(before)
