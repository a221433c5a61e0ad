"""Labels of stored values by field, in the order they are offered."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from polyclinic_neuromuscular.catalogue import conditions, muscles, regions, techniques, tools
from polyclinic_neuromuscular.wording import label


def condition_names() -> Mapping[str, str]:
    """Give the ten conditions by id."""
    return {condition.id: condition.name for condition in conditions().values()}


def muscle_names() -> Mapping[str, str]:
    """Give all muscles by id."""
    return {muscle.id: muscle.name for muscle in muscles().values()}


def technique_names() -> Mapping[str, str]:
    """Give all techniques by id."""
    return {technique.id: technique.name for technique in techniques().values()}


def tool_names() -> Mapping[str, str]:
    """Give all tools."""
    return {tool: tool.capitalize() for tool in tools()}


def region_names() -> Mapping[str, str]:
    """Give every region of the chart with its side: a bare id for the midline or when the side does not matter."""
    names: dict[str, str] = {}
    for region in regions().values():
        names[region.id] = region.name
        if region.paired:
            names |= {f"{region.id}-{side}": f"{region.name}, {side}" for side in ("left", "right")}
    return names


def enum_names(members: type[StrEnum]) -> dict[str, str]:
    """Give the members of a closed set."""
    return {member.value: label(member.value).capitalize() for member in members}
