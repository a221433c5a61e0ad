"""Therapists for the tests of this folder; everything is rolled back after each test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest

from polyclinic.therapists.commands import CreateTherapist
from polyclinic.therapists.rows import HoursSpan, TherapistRow
from polyclinic.therapists.services.profiles import create_therapist


@pytest.fixture
def make_therapist(db: Any, world: Any) -> Callable[..., TherapistRow]:
    """Return a maker of therapists, by default at the first clinic."""

    def make(name: str = "Ana Ruiz", **changes: Any) -> TherapistRow:
        values: dict[str, Any] = {"clinic_ids": (world.clinic.id,), "modalities": ("neuromuscular",)} | changes
        return create_therapist(world.actor(), CreateTherapist(name, **values))

    return make


@pytest.fixture
def span() -> Callable[..., HoursSpan]:
    """Return a maker of weekly hours: Mondays 9 to 17 from the start of 2026."""

    def make(starts: str = "09:00", ends: str = "17:00", **changes: Any) -> HoursSpan:
        values: dict[str, Any] = {"weekday": 0, "valid_from": date(2026, 1, 1)} | changes
        return HoursSpan(starts_at=time.fromisoformat(starts), ends_at=time.fromisoformat(ends), **values)

    return make
