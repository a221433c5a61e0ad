"""What the protocol's templates show: ready values, so that a template decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from polyclinic.sdk.sections import SectionData
from polyclinic_neuromuscular.catalogue import Condition, conditions, contraindications, criteria, muscles, region_name
from polyclinic_neuromuscular.choices import referral_names
from polyclinic_neuromuscular.protocol import Point, Protocol, read_protocol
from polyclinic_neuromuscular.summary import event_line, treated_line
from polyclinic_neuromuscular.vocabulary import PointClass, ProtocolState, Relation, Side
from polyclinic_neuromuscular.wording import day, duration, label, level_name, listed

SIDE_MARKS: Mapping[str, str] = {Side.LEFT: "L", Side.RIGHT: "R", Side.MIDLINE: "M"}


POINT_FIELDS = tuple(each.name for each in fields(Point) if each.name != "position")
TOP_FIELDS = ("condition_id", "state", "pause_reason", "resume_reason")


@dataclass(frozen=True)
class Tap:
    """A button that adds a muscle's point: its label and its target."""

    label: str
    target: str


@dataclass(frozen=True)
class PointView:
    """One row: the point's values (None where empty), its words, its pin's look (`latent`, `satellite` or none)."""

    row: Mapping[str, Any]
    criteria: Mapping[str, Any]
    position: int
    number: int
    muscle: str
    side_mark: str
    side: str
    detail: str
    pin: str
    class_name: str
    computed_class: str
    hold_total: str
    limits: str
    safety_note: str
    carried: str
    is_unconfirmed: bool
    is_not_treated: bool
    needs_site_reason: bool
    referrals: tuple[tuple[str, str], ...]
    planned: str
    facts: tuple[tuple[str, str], ...]

    @staticmethod
    def flaw(name: str, at: str, key: str, errors: Mapping[str, str]) -> dict[str, str]:
        """Give the attributes that tie a control to its message, which stands below the narrow row."""
        return (
            {"aria-invalid": "true", "aria-describedby": f"field-{name}{key}-error"} if f"{at}{key}" in errors else {}
        )


@dataclass(frozen=True)
class ProtocolView:
    """A protocol as the editor and the record show it; `values` holds its single fields, None where empty."""

    values: Mapping[str, Any]
    points: tuple[PointView, ...]
    log: tuple[str, ...]
    events: tuple[Mapping[str, Any], ...]
    head: str
    hint: str
    condition: str
    state: str
    is_paused: bool
    is_ended: bool
    unconfirmed: int
    can_apply_plan: bool
    taps: tuple[Tap, ...]
    prompts: tuple[str, ...]
    red_flags: tuple[str, ...]


def protocol_view(data: SectionData) -> ProtocolView:
    """Give what the templates show of one protocol, complete or not."""
    protocol = read_protocol(data)
    rows = data.get("points") or ()
    condition = conditions().get(protocol.condition_id or "")
    log = tuple(event_line(protocol, event) for event in protocol.feedback)
    return ProtocolView(
        values={name: data.get(name) for name in TOP_FIELDS},
        points=tuple(_point_view(protocol, point, row) for point, row in zip(protocol.points, rows, strict=True)),
        log=log,
        events=tuple(data.get("feedback") or ()),
        head=treated_line(protocol),
        hint=log[-1] if log else "",
        condition=condition.name if condition else "",
        state=label(protocol.state).capitalize(),
        is_paused=protocol.state == ProtocolState.PAUSED,
        is_ended=protocol.state == ProtocolState.ENDED_EARLY,
        unconfirmed=sum(point.is_unconfirmed for point in protocol.points),
        can_apply_plan=any(_is_plan_open(point) for point in protocol.treated),
        taps=_taps(condition),
        prompts=condition.screening_prompts if condition else (),
        red_flags=tuple(contraindications()[flag].question for flag in condition.red_flags) if condition else (),
    )


def _point_view(protocol: Protocol, point: Point, row: Mapping[str, Any]) -> PointView:
    return PointView(
        row={name: row.get(name) for name in POINT_FIELDS},
        criteria={name: (row.get("criteria") or {}).get(name) for name in criteria()},
        position=point.position,
        number=point.number,
        muscle=point.muscle.name if point.muscle else "",
        side_mark=SIDE_MARKS.get(point.side or "", ""),
        side=point.side or "",
        detail=f"refers to {listed(map(region_name, point.referral_region_ids))}" if point.referral_region_ids else "",
        pin=_pin(point),
        class_name=label(point.point_class or PointClass.UNDETERMINED).capitalize(),
        computed_class=label(point.classification or PointClass.UNDETERMINED),
        hold_total=duration(point.total_hold_seconds) if point.total_hold_seconds is not None else "",
        limits=_limits(point),
        safety_note=(point.muscle.safety_note or "") if point.muscle else "",
        carried=f"from {day(str(point.carried_from))}" if point.is_unconfirmed else "",
        is_unconfirmed=point.is_unconfirmed,
        is_not_treated=point.not_treated,
        needs_site_reason=bool(point.site_override_reason) or point.tool == "elbow",
        referrals=tuple(referral_names(point.muscle, point.side, point.referral_region_ids)),
        planned="" if point.planned_pressure is None else str(point.planned_pressure),
        facts=tuple(_facts(protocol, point)),
    )


def _pin(point: Point) -> str:
    if point.relation == Relation.SATELLITE:
        return "satellite"
    return "latent" if point.point_class == PointClass.LATENT else ""


def _limits(point: Point) -> str:
    technique = point.technique
    if technique is None:
        return ""
    pressure = "" if technique.max_applied is None else f", pressure up to {technique.max_applied}"
    return f"Hold {technique.hold_min} to {technique.hold_max} s{pressure}. {technique.release_criterion}."


def _is_plan_open(point: Point) -> bool:
    return (point.planned_pressure is not None and point.point_pressure is None) or (
        point.planned_hold_seconds is not None and point.hold_seconds is None
    )


def _facts(protocol: Protocol, point: Point) -> list[tuple[str, str]]:
    """What a signed record shows of a point beside its scores."""
    peak = protocol.peak_pressure(point)
    pairs = (
        ("Technique", point.technique.name if point.technique else None),
        ("Tool", point.tool),
        ("Pressure", None if point.point_pressure is None else level_name(point.point_pressure)),
        ("Highest pressure", None if peak is None or peak == point.point_pressure else level_name(peak)),
        ("Around the point", None if point.surround_pressure is None else level_name(point.surround_pressure)),
        ("Hold in total", None if point.total_hold_seconds is None else duration(point.total_hold_seconds)),
        ("Response", label(point.response) if point.response else None),
        ("Relation", point.relation),
        ("Reason for the class", point.override_reason),
        ("Reason for the site", point.site_override_reason),
        ("Comment", point.comment),
    )
    return [(name, value) for name, value in pairs if value]


def _taps(condition: Condition | None) -> tuple[Tap, ...]:
    if condition is None:
        return ()
    return tuple(
        Tap(f"{muscles()[name].name}, {side}", f"{name}/{side}")
        for name in condition.muscles
        for side in (Side.LEFT, Side.RIGHT)
    )
