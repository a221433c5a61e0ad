"""One protocol as frozen values, read leniently from section data: a draft may lack anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from polyclinic_neuromuscular.catalogue import Muscle, Technique, base_region, muscles, techniques
from polyclinic_neuromuscular.vocabulary import ProtocolState


@dataclass(frozen=True)
class FeedbackEvent:
    """One entry of the feedback log; levels 0-5, pain 0-10, `at` ISO UTC."""

    at: str | None = None
    point_id: str | None = None
    signal: str | None = None
    level_before: int | None = None
    level_after: int | None = None
    pain: int | None = None
    sensation: str | None = None
    note: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Point:
    """One treated place; pressures 0-5, pain 0-10, `hold_seconds` per repeat."""

    position: int
    """Place in the list, from 0."""
    point_id: str | None = None
    muscle_id: str | None = None
    side: str | None = None
    view: str | None = None
    x: int | None = None
    y: int | None = None
    chart_version: int | None = None
    region_id: str | None = None
    tool: str | None = None
    technique_id: str | None = None
    criteria: Mapping[str, str | None] = field(default_factory=dict)
    classification: str | None = None
    classification_override: str | None = None
    override_reason: str | None = None
    relation: str | None = None
    referral_region_ids: tuple[str, ...] = ()
    planned_pressure: int | None = None
    planned_hold_seconds: int | None = None
    surround_pressure: int | None = None
    point_pressure: int | None = None
    hold_seconds: int | None = None
    repeats: int | None = None
    pain_before: int | None = None
    pain_after: int | None = None
    response: str | None = None
    comment: str | None = None
    carried_from: str | None = None
    not_treated: bool = False
    site_override_reason: str | None = None

    @property
    def number(self) -> int:
        """The number on its pin, from 1."""
        return self.position + 1

    @property
    def muscle(self) -> Muscle | None:
        """The muscle of the catalogue, None while none is chosen."""
        return muscles().get(self.muscle_id or "")

    @property
    def technique(self) -> Technique | None:
        """The technique of the catalogue, None while none is chosen."""
        return techniques().get(self.technique_id or "")

    @property
    def base_regions(self) -> tuple[str, ...]:
        """The region of the mark; for a point listed without a mark every place of its muscle."""
        if self.region_id:
            return (base_region(self.region_id),)
        return self.muscle.location if self.muscle else ()

    @property
    def point_class(self) -> str | None:
        """The class that counts: the therapist's, else the computed one."""
        return self.classification_override or self.classification

    @property
    def total_hold_seconds(self) -> int | None:
        """Seconds of hold over all repeats, None when no hold was recorded."""
        return None if self.hold_seconds is None else self.hold_seconds * (self.repeats or 1)

    @property
    def is_unconfirmed(self) -> bool:
        """True while a point copied from an earlier visit has no new pain scores and is not set aside."""
        has_scores = self.pain_before is not None and self.pain_after is not None
        return bool(self.carried_from) and not self.not_treated and not has_scores


@dataclass(frozen=True)
class Protocol:
    """A whole protocol section."""

    condition_id: str | None = None
    state: str = ProtocolState.TREATING
    pause_reason: str | None = None
    points: tuple[Point, ...] = ()
    feedback: tuple[FeedbackEvent, ...] = ()

    @property
    def treated(self) -> tuple[Point, ...]:
        """The points that are not set aside."""
        return tuple(point for point in self.points if not point.not_treated)

    @property
    def total_hold_seconds(self) -> int:
        """Seconds of hold over all treated points."""
        return sum(point.total_hold_seconds or 0 for point in self.treated)

    def events_of(self, point: Point) -> tuple[FeedbackEvent, ...]:
        """The feedback given on one point, oldest first."""
        return tuple(event for event in self.feedback if event.point_id and event.point_id == point.point_id)

    def working_pressure(self, point: Point) -> int | None:
        """The pressure the point ended on, 0-5; after a full release the highest it got."""
        return point.point_pressure or self.peak_pressure(point)

    def peak_pressure(self, point: Point) -> int | None:
        """The highest pressure the point got, 0-5; a level lowered on feedback still counts."""
        levels = [level for event in self.events_of(point) for level in (event.level_before, event.level_after)]
        return max((level for level in (*levels, point.point_pressure) if level is not None), default=None)


def read_protocol(data: Mapping[str, Any]) -> Protocol:
    """Read section data; unknown keys are ignored and missing ones are None."""
    return Protocol(
        condition_id=data.get("condition_id"),
        state=data.get("state") or ProtocolState.TREATING,
        pause_reason=data.get("pause_reason"),
        points=tuple(_point(position, row) for position, row in enumerate(data.get("points") or ())),
        feedback=tuple(FeedbackEvent(**_known(FeedbackEvent, row)) for row in data.get("feedback") or ()),
    )


def _point(position: int, row: Mapping[str, Any]) -> Point:
    known = _known(Point, row)
    known["criteria"] = known.get("criteria") or {}
    known["referral_region_ids"] = tuple(known.get("referral_region_ids") or ())
    known["not_treated"] = bool(known.get("not_treated"))
    return Point(**{**known, "position": position})


def _known(kind: type[Point | FeedbackEvent], row: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in row.items() if name in names}
