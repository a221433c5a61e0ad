"""The static manifest `polyclinic-plugin.toml`: what a plugin is and asks for, read before its code is imported."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from polyclinic.plugins.markers import CONTRACT_VERSION
from polyclinic.plugins.problems import PluginRefusedError, ProblemCode
from polyclinic.plugins.suggestions import did_you_mean

MANIFEST_NAME = "polyclinic-plugin.toml"
PLUGIN_ID = re.compile(r"[a-z][a-z0-9_]{2,30}")
RESERVED_IDS = frozenset(
    {
        *("core", "polyclinic", "public", "ext", "kit", "access", "audit", "jobs", "plugins", "web", "organisation"),
        *(
            "identity",
            "therapists",
            "clients",
            "scheduling",
            "records",
            "extensions",
            "facade",
            "administration",
            "app",
            "sdk",
            "cli",
            "testing",
            "api",
        ),
    }
)
"""Names of core's own packages, template folders and addresses."""


class Level(StrEnum):
    """Where a plugin is switched on."""

    ORGANISATION = "organisation"
    CLINIC = "clinic"
    BOTH = "both"


class Capability(StrEnum):
    """A kind of thing a plugin may add; using one that the manifest does not name is refused."""

    TABLES = "tables"
    SECTIONS = "sections"
    PANELS = "panels"
    JOBS = "jobs"
    API = "api"
    REPORTS = "reports"
    SETTINGS = "settings"
    COMMANDS = "commands"
    PAGES = "pages"
    EVENTS = "events"
    FIELDS = "fields"
    DOCUMENTS = "documents"


@dataclass(frozen=True)
class Manifest:
    """A plugin's manifest; `version` is the distribution's, every range is a PEP 440 specifier set."""

    id: str
    version: str
    requires_polyclinic: str
    tested_up_to: str = CONTRACT_VERSION
    level: Level = Level.CLINIC
    requires_plugins: Mapping[str, str] = field(default_factory=dict)
    capabilities: frozenset[Capability] = frozenset()
    scopes: frozenset[str] = frozenset()
    personal_data: bool = False
    outbound_hosts: tuple[str, ...] = ()


def parse_manifest(text: str, *, plugin_id: str, version: str) -> Manifest:
    """Return the manifest of the plugin that its entry point calls `plugin_id`; raises `PluginRefusedError` (PC009)."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(f"{MANIFEST_NAME} is not TOML: {error}.") from error
    _refuse_unknown_keys(raw)
    _check_id(raw, plugin_id)
    return Manifest(
        id=plugin_id,
        version=version,
        requires_polyclinic=_range(raw, "requires_polyclinic"),
        tested_up_to=_version(raw),
        level=_level(raw),
        requires_plugins=_ranges_of_plugins(raw),
        capabilities=frozenset(_capability(name) for name in _strings(raw, "capabilities")),
        scopes=frozenset(_strings(raw, "scopes")),
        personal_data=_personal_data(raw),
        outbound_hosts=_strings(raw, "outbound_hosts"),
    )


def check_contract(manifest: Manifest) -> None:
    """Raise `PluginRefusedError` (PC001) unless the plugin's range contains this contract version."""
    if not SpecifierSet(manifest.requires_polyclinic).contains(CONTRACT_VERSION, prereleases=True):
        raise PluginRefusedError(
            ProblemCode.INCOMPATIBLE,
            f"it needs contract {manifest.requires_polyclinic}, this Polyclinic offers {CONTRACT_VERSION}.",
            next_step=f"install a version of {manifest.id} for contract {CONTRACT_VERSION}, or upgrade Polyclinic.",
        )


def is_newer_than_tested(manifest: Manifest) -> bool:
    """Tell whether this contract is newer than the plugin's author tried."""
    return Version(CONTRACT_VERSION) > Version(manifest.tested_up_to)


_KNOWN_KEYS = frozenset(Manifest.__dataclass_fields__) - {"version"}


def _wrong(what: str) -> PluginRefusedError:
    return PluginRefusedError(
        ProblemCode.MANIFEST, what, next_step=f"correct {MANIFEST_NAME} and reinstall the plugin."
    )


def _refuse_unknown_keys(raw: Mapping[str, Any]) -> None:
    for key in raw:
        if key == "version":
            raise _wrong('the manifest states a "version"; the version comes from the distribution.')
        if key not in _KNOWN_KEYS:
            raise _wrong(f'the manifest has an unknown key "{key}".{did_you_mean(key, _KNOWN_KEYS)}')


def _check_id(raw: Mapping[str, Any], plugin_id: str) -> None:
    if raw.get("id") != plugin_id:
        raise _wrong(f'the manifest\'s id is "{raw.get("id", "")}", the entry point\'s name is "{plugin_id}".')
    if not PLUGIN_ID.fullmatch(plugin_id) or plugin_id in RESERVED_IDS:
        raise _wrong(f'"{plugin_id}" cannot be a plugin id: 3 to 31 of a-z, 0-9 and _, a letter first, not reserved.')


def _range(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise _wrong(f'the manifest lacks "{key}", a range such as ">=1.0,<2".')
    return _specifier(value, key)


def _specifier(value: str, key: str) -> str:
    try:
        SpecifierSet(value)
    except InvalidSpecifier as error:
        raise _wrong(f'"{value}" in "{key}" is not a version range.') from error
    return value


def _version(raw: Mapping[str, Any]) -> str:
    value = raw.get("tested_up_to", CONTRACT_VERSION)
    try:
        Version(str(value))
    except InvalidVersion as error:
        raise _wrong(f'"{value}" in "tested_up_to" is not a version.') from error
    return str(value)


def _level(raw: Mapping[str, Any]) -> Level:
    value = raw.get("level", Level.CLINIC)
    if value not in set(Level):
        raise _wrong(f'"level" is "{value}"; it is one of {", ".join(Level)}.')
    return Level(value)


def _capability(name: str) -> Capability:
    if name not in set(Capability):
        raise _wrong(f'there is no capability "{name}".{did_you_mean(name, Capability)}')
    return Capability(name)


def _ranges_of_plugins(raw: Mapping[str, Any]) -> Mapping[str, str]:
    value = raw.get("requires_plugins", {})
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise _wrong('"requires_plugins" is a table of plugin id = range.')
    return {plugin_id: _specifier(item, "requires_plugins") for plugin_id, item in value.items()}


def _strings(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(f'"{key}" is a list of texts.')
    return tuple(value)


def _personal_data(raw: Mapping[str, Any]) -> bool:
    value = raw.get("personal_data", False)
    if not isinstance(value, bool):
        raise _wrong('"personal_data" is true or false.')
    return value
