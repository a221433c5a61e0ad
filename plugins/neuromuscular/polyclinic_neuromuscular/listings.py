"""The catalogue as REST shows it: names beside ids, so that a reader needs no second request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from polyclinic_neuromuscular.catalogue import (
    Condition,
    Muscle,
    conditions,
    contraindications,
    find_muscles,
    muscles,
    regions,
    techniques,
)


@dataclass(frozen=True)
class Named:
    """An id with its name."""

    id: str
    name: str


@dataclass(frozen=True)
class Code:
    """A candidate diagnosis code; who may diagnose depends on the licence."""

    code: str
    text: str


@dataclass(frozen=True)
class RedFlag:
    """A question whose yes stops the treatment."""

    code: str
    title: str
    severity: str
    question: str
    action: str


@dataclass(frozen=True)
class ConditionListing:
    """One condition with everything a protocol starts from."""

    id: str
    name: str
    regions: tuple[Named, ...]
    muscles: tuple[Named, ...]
    also_check: tuple[Named, ...]
    red_flags: tuple[RedFlag, ...]
    ask: tuple[Named, ...]
    measures: tuple[str, ...]
    optional_measures: tuple[str, ...]
    techniques: tuple[Named, ...]
    assessment: tuple[str, ...]
    screening_prompts: tuple[str, ...]
    evidence_note: str
    codes_note: str
    codes: tuple[Code, ...]


@dataclass(frozen=True)
class MuscleListing:
    """One muscle; where it is taught to refer is a hint, not a limit."""

    id: str
    name: str
    latin: str
    group: str
    tier: str
    aliases: tuple[str, ...]
    location: tuple[Named, ...]
    refers_to: tuple[Named, ...]
    may_refer_to: tuple[Named, ...]
    conditions: tuple[str, ...]
    safety_note: str | None


def list_conditions() -> list[ConditionListing]:
    """Give the ten conditions in their published order."""
    return [_condition(condition) for condition in conditions().values()]


def list_muscles(text: str) -> list[MuscleListing]:
    """Give the muscles that `text` finds, all of them for an empty text."""
    return [_muscle(muscle) for muscle in find_muscles(text)]


def _condition(condition: Condition) -> ConditionListing:
    return ConditionListing(
        id=condition.id,
        name=condition.name,
        regions=_regions(condition.regions),
        muscles=_muscles(condition.muscles),
        also_check=_muscles(condition.also_check),
        red_flags=tuple(_red_flag(code) for code in condition.red_flags),
        ask=tuple(Named(code, contraindications()[code].name) for code in condition.ask),
        measures=condition.measures,
        optional_measures=condition.optional_measures,
        techniques=tuple(Named(name, techniques()[name].name) for name in condition.techniques),
        assessment=condition.assessment,
        screening_prompts=condition.screening_prompts,
        evidence_note=condition.evidence_note,
        codes_note=condition.codes_note,
        codes=tuple(Code(code, text) for code, text in condition.codes),
    )


def _muscle(muscle: Muscle) -> MuscleListing:
    return MuscleListing(
        id=muscle.id,
        name=muscle.name,
        latin=muscle.latin,
        group=muscle.group,
        tier=muscle.tier,
        aliases=muscle.aliases,
        location=_regions(muscle.location),
        refers_to=_regions(muscle.referral_primary),
        may_refer_to=_regions(muscle.referral_spillover),
        conditions=muscle.conditions,
        safety_note=muscle.safety_note,
    )


def _red_flag(code: str) -> RedFlag:
    entry = contraindications()[code]
    return RedFlag(code, entry.name, entry.severity, entry.question, entry.action)


def _muscles(ids: Iterable[str]) -> tuple[Named, ...]:
    return tuple(Named(muscle_id, muscles()[muscle_id].name) for muscle_id in ids)


def _regions(ids: Iterable[str]) -> tuple[Named, ...]:
    return tuple(Named(region_id, regions()[region_id].name) for region_id in ids)
