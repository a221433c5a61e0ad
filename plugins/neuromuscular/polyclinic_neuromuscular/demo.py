"""Believable protocols for the demo chain: the same random source gives the same treatment."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID

from polyclinic_neuromuscular.carrying import carry_forward
from polyclinic_neuromuscular.catalogue import (
    Condition,
    Muscle,
    chart_version,
    conditions,
    muscles,
    regions,
    techniques,
)
from polyclinic_neuromuscular.rules.classification import classify
from polyclinic_neuromuscular.vocabulary import MAX_PAIN

SAFE_PRESSURE = 2
"""Demo clients get at most this pressure, which most caps allow."""
ALLOWED_EVERYWHERE = ("pressure_release", "myofascial_release", "strain_counterstrain", "pincer_compression")
"""Techniques that hardly any contraindication excludes."""
_SPREAD = 14
_COMMENTS = (
    "Softened after the second hold.",
    "Client breathes more easily into the area.",
    "Range is better than at the start.",
    "Still guarded, revisit next time.",
)


def make_protocol(rng: Random, visit_number: int, previous: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give a complete protocol for the client's visit of this number (1 = first), building on the previous one.

    Pain falls over the visits with some noise, and within a visit; a settled point is left out now and then.
    """
    draft = carry_forward(previous) if previous and previous.get("points") else _first_draft(rng)
    points = [_treated(rng, visit_number, point) for point in draft["points"]]
    return {**draft, "points": points}


def _first_draft(rng: Random) -> dict[str, Any]:
    condition = rng.choice(list(conditions().values()))
    side = rng.choice(("left", "right"))
    chosen = rng.sample(condition.muscles, k=rng.randint(2, min(4, len(condition.muscles))))
    return {
        "condition_id": condition.id,
        "state": "treating",
        "points": [_first_point(rng, condition, muscles()[name], side) for name in chosen],
        "feedback": [],
    }


def _first_point(rng: Random, condition: Condition, muscle: Muscle, side: str) -> dict[str, Any]:
    region = next((regions()[name] for name in muscle.location if not regions()[name].endangerment_site), None)
    place = region or regions()[muscle.location[0]]
    actual_side = side if place.paired else "midline"
    x, y = place.anchors[actual_side]
    technique = techniques()[rng.choice([name for name in condition.techniques if name in ALLOWED_EVERYWHERE])]
    return {
        "point_id": str(UUID(int=rng.getrandbits(128), version=4)),
        "muscle_id": muscle.id,
        "side": actual_side,
        "view": place.view,
        "x": _near(rng, x),
        "y": _near(rng, y),
        "chart_version": chart_version(),
        "region_id": f"{place.id}-{actual_side}" if place.paired else place.id,
        "technique_id": technique.id,
        "tool": technique.tools[0],
        "planned_hold_seconds": technique.hold_default,
    }


def _treated(rng: Random, visit_number: int, point: Mapping[str, Any]) -> dict[str, Any]:
    before = _pain(7 - 0.8 * (visit_number - 1) + rng.gauss(0, 0.8))
    if before <= 1 and rng.random() < 0.3:
        return {**point, "not_treated": True}
    after = _pain(before - rng.choice((1, 2, 2, 3, 3)))
    technique = techniques()[str(point["technique_id"])]
    criteria = _criteria(rng, before)
    pressure = min(rng.choice((1, 2, 2)), SAFE_PRESSURE, technique.max_applied or 0)
    referral = muscles()[str(point["muscle_id"])].referral_primary
    return {
        **point,
        "criteria": criteria,
        "classification": classify(criteria).value,
        "referral_region_ids": list(referral[:1]) if criteria["referred_pain"] == "yes" else [],
        "surround_pressure": max(0, pressure - 1),
        "point_pressure": pressure,
        "hold_seconds": rng.randint(technique.hold_min, technique.hold_max) // 5 * 5 or technique.hold_min,
        "repeats": rng.randint(technique.repeats_min, technique.repeats_max),
        "pain_before": before,
        "pain_after": after,
        "response": "released" if before - after > 2 else "eased" if after < before else "no_change",
        "comment": rng.choice(_COMMENTS) if rng.random() < 0.3 else None,
    }


def _criteria(rng: Random, pain: int) -> dict[str, str]:
    return {
        "taut_band": "yes",
        "hypersensitive_spot": "yes",
        "referred_pain": "yes" if rng.random() < 0.7 else "no",
        "familiar_pain": "yes" if pain >= 4 else "no",
        "local_twitch": rng.choice(("yes", "no", "not_tested")),
        "nodule": rng.choice(("yes", "no")),
    }


def _pain(value: float) -> int:
    return max(0, min(MAX_PAIN, round(value)))


def _near(rng: Random, centre: int) -> int:
    return max(0, min(1000, centre + rng.randint(-_SPREAD, _SPREAD) // 2))
