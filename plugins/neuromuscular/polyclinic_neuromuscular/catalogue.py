"""The shipped reference data as frozen values, read on first use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

_TIER_ORDER = ("core", "related", "extended")


@dataclass(frozen=True)
class Muscle:
    """A muscle with trigger-point relevance; `location` and the referrals are base region ids."""

    id: str
    name: str
    latin: str
    group: str
    location: tuple[str, ...]
    referral_primary: tuple[str, ...]
    referral_spillover: tuple[str, ...]
    tier: str
    conditions: tuple[str, ...]
    aliases: tuple[str, ...]
    safety_note: str | None


@dataclass(frozen=True)
class Technique:
    """A manual act with its limits: holds in seconds, `max_applied` on the scale 0-5 (None = no hand pressure)."""

    id: str
    name: str
    kind: str
    hold_min: int
    hold_default: int
    hold_max: int
    repeats_min: int
    repeats_max: int
    max_applied: int | None
    tools: tuple[str, ...]
    release_criterion: str
    evidence_note: str | None
    scope_note: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Condition:
    """What a client suffers from: the muscles involved, what to ask, red flags, measures and techniques, all by id."""

    id: str
    name: str
    regions: tuple[str, ...]
    muscles: tuple[str, ...]
    also_check: tuple[str, ...]
    ask: tuple[str, ...]
    red_flags: tuple[str, ...]
    measures: tuple[str, ...]
    optional_measures: tuple[str, ...]
    techniques: tuple[str, ...]
    assessment: tuple[str, ...]
    screening_prompts: tuple[str, ...]
    evidence_note: str
    codes_note: str
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Population:
    """A group of clients who need lighter work; `contraindication` is the code of its safety rule."""

    id: str
    name: str
    contraindication: str
    measures: tuple[str, ...]
    techniques: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Contraindication:
    """A reason to stop, to leave a site out or to lower the pressure (cap on the scale 0-5)."""

    id: str
    name: str
    severity: str
    scope: str
    question: str
    action: str
    rationale: str
    hard_stop: bool
    pressure_cap: int | None
    exclude_regions: tuple[str, ...]
    exclude_recorded_site: bool
    exclude_techniques: tuple[str, ...]
    clearance_required: bool
    recheck_days: int | None
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Region:
    """A base region of the body chart; `anchors` maps a side to its approximate centre on `view`, 0-1000."""

    id: str
    name: str
    paired: bool
    endangerment_site: bool
    view: str
    anchors: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Criterion:
    """A palpation criterion and its three answers."""

    id: str
    name: str
    essential: bool
    confirmatory: bool
    values: tuple[str, ...]


@dataclass(frozen=True)
class PressureLevel:
    """One step of the applied pressure scale."""

    level: int
    name: str
    meaning: str


@dataclass(frozen=True)
class FeedbackRule:
    """One rule of the live feedback, in words."""

    id: str
    when: str
    then: str


@cache
def muscles() -> Mapping[str, Muscle]:
    """Give all muscles by id, in catalogue order."""
    return _by_id(Muscle, "muscles", "muscles")


@cache
def techniques() -> Mapping[str, Technique]:
    """Give all techniques by id."""
    return _by_id(Technique, "techniques", "techniques")


@cache
def tools() -> tuple[str, ...]:
    """Give what a technique may be applied with."""
    return tuple(_file("techniques")["tools"])


@cache
def conditions() -> Mapping[str, Condition]:
    """Give the ten conditions by id, in their published order."""
    return _by_id(Condition, "conditions", "conditions")


@cache
def populations() -> Mapping[str, Population]:
    """Give the three groups who need lighter work, by id."""
    return _by_id(Population, "conditions", "special_populations")


@cache
def contraindications() -> Mapping[str, Contraindication]:
    """Give all contraindications by code, emergencies first."""
    return _by_id(Contraindication, "contraindications", "contraindications")


@cache
def regions() -> Mapping[str, Region]:
    """Give the base regions of the chart by id."""
    return _by_id(Region, "regions", "regions")


@cache
def chart_version() -> int:
    """Give the version of core's body chart that the regions' anchors belong to."""
    return int(_file("regions")["chart_version"])


@cache
def criteria() -> Mapping[str, Criterion]:
    """Give the nine palpation criteria by id."""
    return _by_id(Criterion, "palpation", "criteria")


@cache
def pressure_levels() -> tuple[PressureLevel, ...]:
    """Give the applied pressure scale from 0 to 5."""
    return tuple(PressureLevel(**row) for row in _file("pressure")["levels"])


@cache
def feedback_rules() -> tuple[FeedbackRule, ...]:
    """Give the rules fb1 to fb8 in words."""
    return tuple(FeedbackRule(**row) for row in _file("pressure")["feedback_rules"])


def find_muscles(text: str) -> list[Muscle]:
    """Give the muscles whose name, Latin name, alias or region contains `text`, best tier first."""
    wanted = text.strip().casefold()
    found = [muscle for muscle in muscles().values() if wanted in _search_text(muscle.id)]
    return sorted(found, key=lambda muscle: (not muscle.name.casefold().startswith(wanted), _tier(muscle), muscle.name))


def muscles_in_region(region_id: str, condition_id: str | None = None) -> list[Muscle]:
    """Give the muscles under a region (base id or with a side), those of the condition first, then by tier."""
    base = base_region(region_id)
    condition = conditions().get(condition_id or "")
    involved = condition.muscles if condition else ()
    found = [muscle for muscle in muscles().values() if base in muscle.location]
    return sorted(found, key=lambda muscle: (muscle.id not in involved, muscle.location.index(base), _tier(muscle)))


def base_region(region_id: str) -> str:
    """Give the base id of a region id that may end in a side."""
    return region_id.removesuffix("-left").removesuffix("-right")


def region_side(region_id: str) -> str | None:
    """Give the side that a region id ends in, `midline` for an unpaired region, None for a bare paired one."""
    for side in ("left", "right"):
        if region_id.endswith(f"-{side}"):
            return side
    region = regions().get(region_id)
    return "midline" if region is not None and not region.paired else None


def is_region(region_id: str) -> bool:
    """Tell whether the id names a region of the chart, with or without its side."""
    base = regions().get(base_region(region_id))
    return base is not None and (region_id == base.id or base.paired)


def region_name(region_id: str) -> str:
    """Give a region's name in words with its side, the id itself when it is unknown."""
    region = regions().get(base_region(region_id))
    if region is None:
        return region_id
    suffix = region_id.removeprefix(region.id).removeprefix("-")
    return f"{region.name}, {suffix}" if suffix else region.name


def _tier(muscle: Muscle) -> int:
    return _TIER_ORDER.index(muscle.tier)


@cache
def _search_text(muscle_id: str) -> str:
    muscle = muscles()[muscle_id]
    places = (regions()[region].name for region in muscle.location)
    return "\n".join((muscle.name, muscle.latin, *muscle.aliases, *places)).casefold()


def _by_id(kind: type[Any], file: str, key: str) -> Mapping[str, Any]:
    return MappingProxyType({row["id"]: kind(**_frozen(row)) for row in _file(file)[key]})


def _file(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((files(__package__) / "data" / f"{name}.json").read_text("utf-8"))
    return content


def _frozen(value: dict[str, Any]) -> dict[str, Any]:
    return {key: _freeze(content) for key, content in value.items()}


def _freeze(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_freeze(item) for item in value)
    if isinstance(value, dict):
        return MappingProxyType({key: _freeze(content) for key, content in value.items()})
    return value
