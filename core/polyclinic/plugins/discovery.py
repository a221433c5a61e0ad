"""Finding installed plugins and their manifests without importing any of their code."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

from polyclinic.plugins.manifest import MANIFEST_NAME, Manifest, parse_manifest
from polyclinic.plugins.markers import ENTRY_POINT_GROUP
from polyclinic.plugins.problems import PluginRefusedError, ProblemCode


@dataclass(frozen=True)
class FoundPlugin:
    """An entry point of the group, and where its package lies."""

    id: str
    version: str
    distribution: str
    entry_point: EntryPoint


def installed_entry_points() -> tuple[EntryPoint, ...]:
    """Return the entry points of all installed plugin distributions, ordered by plugin id."""
    return tuple(sorted(importlib.metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name))


def discover(entry_points: Iterable[EntryPoint]) -> tuple[FoundPlugin, ...]:
    """Return one `FoundPlugin` per entry point, ordered by plugin id."""
    found = [
        FoundPlugin(
            id=point.name,
            version=point.dist.version if point.dist else "0",
            distribution=point.dist.name if point.dist else "",
            entry_point=point,
        )
        for point in entry_points
    ]
    return tuple(sorted(found, key=lambda plugin: (plugin.id, plugin.distribution)))


def read_manifest(found: FoundPlugin) -> Manifest:
    """Return the manifest beside the plugin's package; raises `PluginRefusedError` (PC009)."""
    path = package_dir(found) / MANIFEST_NAME
    if not path.is_file():
        raise PluginRefusedError(
            ProblemCode.MANIFEST,
            f"its package holds no {MANIFEST_NAME}.",
            next_step=f"add {MANIFEST_NAME} to the package and reinstall the plugin.",
        )
    return parse_manifest(path.read_text(encoding="utf-8"), plugin_id=found.id, version=found.version)


def package_dir(found: FoundPlugin) -> Path:
    """Return the folder of the plugin's top-level package; finding it runs none of the plugin's code."""
    top_level = found.entry_point.module.partition(".")[0]
    try:
        spec = importlib.util.find_spec(top_level)
    except ValueError:  # a module of that name is loaded without a spec
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise PluginRefusedError(
            ProblemCode.MANIFEST,
            f'its entry point names the package "{top_level}", which is not installed.',
            next_step="reinstall the plugin.",
        )
    return Path(next(iter(spec.submodule_search_locations)))
