"""Frozen inputs of the reporting plugin's writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class ScheduleWishes:
    """What is to be sent, when and to whom; `day` as in `cadence.Cadence`, no clinics = all."""

    report_key: str
    preset: str
    format: str
    rhythm: str
    hour: int
    recipients: tuple[str, ...]
    day: int = 0
    clinic_ids: tuple[UUID, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ChangeSchedule:
    """Replace what a schedule sends, or (with `state`) pause and resume it."""

    schedule_id: UUID
    row_version: int
    wishes: ScheduleWishes
