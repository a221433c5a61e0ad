"""Labels of stored values by field, in the order they are offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from polyclinic_neuromuscular.catalogue import (
    Criterion,
    Muscle,
    conditions,
    criteria,
    muscles,
    pressure_levels,
    region_name,
    regions,
    techniques,
    tools,
)
from polyclinic_neuromuscular.vocabulary import PointClass, Relation, Response, Sensation, Side
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


def referral_names(muscle: Muscle | None, side: str | None, chosen: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give the regions to tick for a point: where its muscle is taught to refer, then what is ticked already.

    The taught places are hints; a point may refer anywhere.
    """
    hints = (*muscle.referral_primary, *muscle.referral_spillover) if muscle else ()
    for region_id in dict.fromkeys((*(on_side(hint, side) for hint in hints), *chosen)):
        yield region_id, region_name(region_id)


def on_side(region_id: str, side: str | None) -> str:
    """Give the id of a base region on a side; an unpaired region and an unknown side leave it bare."""
    region = regions().get(region_id)
    return f"{region_id}-{side}" if region is not None and region.paired and side in {"left", "right"} else region_id


def editor_choices(view: Callable[..., object]) -> Mapping[str, Any]:
    """Give the options of every select in the editor, as pairs of value and label or groups of them."""
    return {
        "view": view,
        "conditions": list(condition_names().items()),
        "muscles": _grouped_muscles(),
        "techniques": list(technique_names().items()),
        "tools": list(tool_names().items()),
        "sides": list(enum_names(Side).items()),
        "classes": list(enum_names(PointClass).items()),
        "relations": list(enum_names(Relation).items()),
        "responses": list(enum_names(Response).items()),
        "sensations": list(enum_names(Sensation).items()),
        "regions": list(region_names().items()),
        "criteria": [(each.id, each.name, _answers(each)) for each in criteria().values()],
        "pressures": [(str(each.level), str(each.level)) for each in pressure_levels()],
        "pressure_words": [f"{each.level} {each.name}" for each in pressure_levels()],
    }


def _answers(criterion: Criterion) -> list[tuple[str, str]]:
    return [(value, label(value)) for value in criterion.values]


def _grouped_muscles() -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for muscle in muscles().values():
        groups.setdefault(muscle.group.capitalize(), []).append((muscle.id, muscle.name))
    return list(groups.items())
