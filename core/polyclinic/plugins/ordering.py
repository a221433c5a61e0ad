"""The order in which plugins are loaded and migrated: what a plugin needs comes before it."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from packaging.specifiers import SpecifierSet

from polyclinic.plugins.manifest import Manifest
from polyclinic.plugins.problems import PluginRefusedError, ProblemCode


def dependency_order(manifests: Mapping[str, Manifest]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return plugin ids in dependency order (then by id), and the ids that need each other in a circle."""
    remaining = dict(manifests)
    circular: set[str] = set()
    while True:
        graph = {
            plugin_id: sorted(needed for needed in manifest.requires_plugins if needed in remaining)
            for plugin_id, manifest in sorted(remaining.items())
        }
        try:
            order = _stable_order(graph)
        except CycleError as error:
            for plugin_id in error.args[1]:
                circular.add(plugin_id)
                remaining.pop(plugin_id, None)
        else:
            return order, frozenset(circular)


def check_dependencies(manifest: Manifest, loaded: Mapping[str, str]) -> None:
    """Raise `PluginRefusedError` (PC007) unless every required plugin is `loaded` (id -> version) in range."""
    for needed, version_range in manifest.requires_plugins.items():
        version = loaded.get(needed)
        if version is None:
            raise PluginRefusedError(
                ProblemCode.DEPENDENCY_MISSING,
                f'it needs the plugin "{needed}" {version_range}, which is not loaded.',
                next_step=f'see what is wrong with "{needed}" in `polyclinic plugin status`, or install it.',
            )
        if not SpecifierSet(version_range).contains(version, prereleases=True):
            raise PluginRefusedError(
                ProblemCode.DEPENDENCY_MISSING,
                f'it needs the plugin "{needed}" {version_range}, but {version} is installed.',
                next_step=f'install "{needed}" {version_range}.',
            )


def _stable_order(graph: Mapping[str, list[str]]) -> tuple[str, ...]:
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    order: list[str] = []
    ready: list[str] = sorted(sorter.get_ready())
    while ready:
        plugin_id = ready.pop(0)
        order.append(plugin_id)
        sorter.done(plugin_id)
        ready = sorted([*ready, *sorter.get_ready()])
    return tuple(order)
