"""The plugin contract as data, and what a difference between two states of it asks of the version."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, IntEnum
from typing import Any, Protocol, TypeAlias, is_typeddict

from sqlalchemy import Table

from polyclinic.cli.plugin_reference import sdk_modules
from polyclinic.plugins import specs
from polyclinic.plugins.core_events import CORE_EVENTS
from polyclinic.plugins.manifest import Capability
from polyclinic.plugins.markers import CONTRACT_VERSION
from polyclinic.plugins.policies import policies_of
from polyclinic.plugins.slots import SLOTS

Entries: TypeAlias = dict[str, str]
"""Place in the contract -> what stands there; a place is a name with what belongs to it, such as `text(label)`."""

HANDED_OUT = "polyclinic.sdk.context"
"""What core makes and plugins only read: how it is made is no part of the contract."""


class Weight(IntEnum):
    """Which part of the version a difference raises."""

    MINOR = 1
    MAJOR = 2


@dataclasses.dataclass(frozen=True)
class Difference:
    """One place that differs and what that means to plugins."""

    place: str
    what: str
    weight: Weight


def contract_snapshot() -> Mapping[str, Any]:
    """Return the contract as it stands: a version and every place."""
    entries: Entries = {}
    for module in sdk_modules():
        for name in module.__all__:
            entries |= _entries_of(f"{module.__name__}.{name}", getattr(module, name))
    for name, policy in policies_of(specs).items():
        entries[f"hook {name}"] = f"{policy.policy.value} {policy.shape.value} {policy.item.__name__}"
        for argument in inspect.signature(getattr(specs, name)).parameters:
            entries[f"hook {name} takes {argument}"] = "given"
    for key, event_type in CORE_EVENTS.items():
        entries[f"event {key}"] = f"version {event_type.version}"
        entries |= {f"event {key} carries {name}": "given" for name in event_type.payload}
    entries |= {f"slot {slot}": "offered" for slot in SLOTS}
    entries |= {f"capability {capability.value}": "offered" for capability in Capability}
    return {"contract": CONTRACT_VERSION, "entries": dict(sorted(entries.items()))}


def snapshot_text() -> str:
    """Return the snapshot as it is committed, `docs/plugins/contract/<version>.json`."""
    return json.dumps(contract_snapshot(), indent=1, ensure_ascii=False) + "\n"


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    """Return what changed from one set of entries to another: what is gone or different is major, the rest minor."""
    found = [Difference(place, "is gone", Weight.MAJOR) for place in old if place not in new]
    for place, value in new.items():
        if place not in old:
            weight = Weight.MAJOR if _burdens(place, value, old) else Weight.MINOR
            found.append(Difference(place, f"is new ({value})", weight))
        elif old[place] != value:
            is_eased = value == old[place].replace("required", "optional")
            what = f"was {old[place]}, is {value}"
            found.append(Difference(place, what, Weight.MINOR if is_eased else Weight.MAJOR))
    return sorted(found, key=lambda difference: difference.place)


def needed_version(version: str, found: list[Difference]) -> str:
    """Return the lowest version that may follow `version` after these differences."""
    major, minor = (int(part) for part in version.split("."))
    weight = max((difference.weight for difference in found), default=None)
    if weight is Weight.MAJOR:
        return f"{major + 1}.0"
    return version if weight is None else f"{major}.{minor + 1}"


def _burdens(place: str, value: str, old: Mapping[str, str]) -> bool:
    """A new parameter without a default breaks those who call what was there before."""
    owner, _, rest = place.partition("(")
    return bool(rest) and "required" in value and owner in old


def _entries_of(place: str, value: Any) -> Entries:
    if isinstance(value, Table):
        return {place: "view"} | {f"{place}.{column.name}": str(column.type) for column in value.columns}
    if not inspect.isclass(value):
        return _function(place, value) if inspect.isroutine(value) else {place: "value"}
    if issubclass(value, Enum):
        return {place: "enum"} | {f"{place}.{member.name}": str(member.value) for member in value}
    if is_typeddict(value):
        return {place: "options"} | {f"{place}.{name}": "offered" for name in value.__annotations__}
    return _class(place, value)


def _class(place: str, value: type) -> Entries:
    entries = {place: "exception" if issubclass(value, Exception) else "class"}
    fields = {field.name for field in dataclasses.fields(value)} if dataclasses.is_dataclass(value) else set()
    entries |= {f"{place}.{name}": "attribute" for name in fields}
    for name, member in _public_members(value):
        if name in fields:
            continue
        if isinstance(member, property):
            entries[f"{place}.{name}"] = "attribute"
        elif inspect.isfunction(member):
            entries |= _function(f"{place}.{name}", member)
    if not place.startswith(HANDED_OUT) and not _is_protocol(value) and _has_own_constructor(value):
        entries |= _parameters(place, value)
    return entries


def _public_members(value: type) -> Iterator[tuple[str, Any]]:
    """Yield what a class of ours defines; what it inherits from a library is the library's contract."""
    for owner in reversed(value.__mro__):
        if owner.__module__.startswith("polyclinic"):
            yield from ((name, member) for name, member in vars(owner).items() if not name.startswith("_"))


def _is_protocol(value: type) -> bool:
    return Protocol in value.__mro__


def _has_own_constructor(value: type) -> bool:
    return any("__init__" in vars(owner) for owner in value.__mro__ if owner.__module__.startswith("polyclinic"))


def _function(place: str, function: Callable[..., Any]) -> Entries:
    return {place: "function"} | _parameters(place, function)


def _parameters(place: str, function: Callable[..., Any]) -> Entries:
    entries = {}
    for position, parameter in enumerate(inspect.signature(function).parameters.values()):
        if parameter.name == "self":
            continue
        need = "required" if parameter.default is parameter.empty else "optional"
        kind = "by name" if parameter.kind is parameter.KEYWORD_ONLY else f"at {position}"
        is_rest = parameter.kind in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
        entries[f"{place}({parameter.name})"] = "any" if is_rest else f"{need} {kind}"
    return entries
