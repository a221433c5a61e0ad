"""Builders of protocols and facts; each takes what matters and defaults the rest to a complete, harmless treatment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from polyclinic.sdk.sections import ClientFacts, ClientFlagFact

POINT_ID = "5f0c1f6e-8c7e-4d43-9a55-0a3f5b1f2d01"


@pytest.fixture
def make_point() -> Callable[..., dict[str, Any]]:
    def build(**changes: Any) -> dict[str, Any]:
        return {
            "point_id": POINT_ID,
            "muscle_id": "trapezius_upper",
            "side": "right",
            "view": "back",
            "x": 575,
            "y": 165,
            "chart_version": 1,
            "region_id": "upper_shoulder-right",
            "technique_id": "ischaemic_compression",
            "tool": "thumb",
            "point_pressure": 2,
            "pain_before": 7,
            "pain_after": 3,
            **changes,
        }

    return build


@pytest.fixture
def make_protocol(make_point: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def build(*points: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return {"state": "treating", "points": list(points) or [make_point()], "feedback": [], **changes}

    return build


@pytest.fixture
def make_facts() -> Callable[..., ClientFacts]:
    def build(*flags: ClientFlagFact | str, **changes: Any) -> ClientFacts:
        known = {
            "birth_on": date(1985, 3, 2),
            "flags": tuple(ClientFlagFact(flag) if isinstance(flag, str) else flag for flag in flags),
            "service_on": date(2026, 11, 23),
            "therapist_modalities": ("neuromuscular",),
        }
        return ClientFacts(**{**known, **changes})

    return build
