"""Edits of a draft protocol: `(data, arguments) -> data`; the given data are never changed in place.

Core adds `_now` (time of the action), `_pressure_cap` (the client's cap, None = no cap) and, from a button's value,
`target` (the point's id). Without `_now` or an id the clock and a random id stand in.
Every action raises ProtocolRefused with words for the therapist when the edit is not allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import uuid4

from polyclinic.sdk.sections import SectionData
from polyclinic_neuromuscular.catalogue import Technique, conditions, muscles_in_region, region_side, techniques
from polyclinic_neuromuscular.rules.feedback import Feedback, apply_feedback, apply_resume
from polyclinic_neuromuscular.vocabulary import MAX_PAIN, ProtocolRefused, ProtocolState, Sensation, Side, Signal, View

Arguments: TypeAlias = Mapping[str, Any]

DEFAULT_TECHNIQUE = "pressure_release"
DEFAULT_PRESSURE = 3
"""Pressure offered for a new point, before cap and technique lower it."""
_MIDDLE = 500
"""x of the body's midline on a view."""


def add_point(data: SectionData, arguments: Arguments) -> dict[str, Any]:
    """Add a point by `muscle_id`, by a mark (`view`, `x`, `y`, `chart_version`, `region_id`) or by both.

    A mark alone gets the likeliest muscle of its region, and a button's `target` may read `<muscle id>/<side>`.
    Technique, tool and planned pressure are offered by default. A `point_id` that is already there changes nothing, so
    that a repeated request adds one point.
    """
    point_id = str(arguments.get("point_id") or uuid4())
    points = list(data.get("points") or ())
    if any(point.get("point_id") == point_id for point in points):
        return dict(data)
    region_id = _text(arguments, "region_id")
    named = _parts(arguments, ("muscle_id", "side"))
    muscle_id = named["muscle_id"] or _likeliest_muscle(region_id, data.get("condition_id"))
    technique = _offered_technique(data.get("condition_id"))
    point = {
        "point_id": point_id,
        "muscle_id": muscle_id,
        "side": named["side"] or _side(region_id, arguments),
        "view": _text(arguments, "view"),
        "x": _whole(arguments, "x"),
        "y": _whole(arguments, "y"),
        "chart_version": _whole(arguments, "chart_version"),
        "region_id": region_id,
        "technique_id": technique.id,
        "tool": technique.tools[0],
        "planned_pressure": _offered_pressure(technique, _whole(arguments, "_pressure_cap")),
        "planned_hold_seconds": technique.hold_default,
    }
    return {**data, "points": [*points, point]}


def remove_point(data: SectionData, arguments: Arguments) -> dict[str, Any]:
    """Remove a point; one on which the client gave feedback stays and can only be marked not treated."""
    point_id = _point_id(arguments)
    if any(event.get("point_id") == point_id for event in data.get("feedback") or ()):
        raise ProtocolRefused("The client gave feedback on this point. Mark it not treated instead.")
    points = list(data.get("points") or ())
    return {**data, "points": [point for point in points if point.get("point_id") != point_id]}


def mark_not_treated(data: SectionData, arguments: Arguments) -> dict[str, Any]:
    """Set one point aside for today, or without `point_id` every copied point that has no new pain scores."""
    point_id = _text(arguments, "point_id") or _text(arguments, "target")
    points = [
        {**point, "not_treated": True} if _is_meant(point, point_id) else dict(point)
        for point in data.get("points") or ()
    ]
    return {**data, "points": points}


def apply_plan(data: SectionData, arguments: Arguments) -> dict[str, Any]:
    """Take the planned pressure and hold for every point that has none yet; never above the client's cap."""
    cap = _whole(arguments, "_pressure_cap")
    return {**data, "points": [_planned(point, cap) for point in data.get("points") or ()]}


def log_feedback(data: SectionData, arguments: Arguments) -> dict[str, Any]:
    """Log the client's `signal` (more, good, less, stop) on a point, with `pain` and `sensation`, and act on it.

    A button's `target` may read `<point id>/<signal>/<pain>/<sensation>`.
    """
    arguments = {**arguments, **_parts(arguments, ("point_id", "signal", "pain", "sensation"))}
    feedback = Feedback(
        event_id=str(arguments.get("event_id") or uuid4()),
        point_id=_point_id(arguments),
        signal=_signal(arguments),
        pain=_pain(arguments, "pain"),
        pain_before=_pain(arguments, "pain_before"),
        pain_after=_pain(arguments, "pain_after"),
        sensation=_sensation(arguments),
        note=_text(arguments, "note"),
    )
    return apply_feedback(data, feedback, _whole(arguments, "_pressure_cap"), _now(arguments))


def resume(data: SectionData, arguments: Arguments) -> dict[str, Any]:
    """End a pause with a `reason`, given here or typed into the draft as `resume_reason`."""
    event_id = str(arguments.get("event_id") or uuid4())
    reason = _text(arguments, "reason") or _text(data, "resume_reason") or ""
    return {**apply_resume(data, reason, event_id, _now(arguments)), "resume_reason": None}


def end_early(data: SectionData, arguments: Arguments) -> dict[str, Any]:
    """End the treatment early; the `reason` replaces the reason of the pause, which may be given later."""
    reason = _text(arguments, "reason") or data.get("pause_reason")
    return {**data, "state": ProtocolState.ENDED_EARLY.value, "pause_reason": reason}


def _likeliest_muscle(region_id: str | None, condition_id: str | None) -> str | None:
    """None where the catalogue knows no muscle: the therapist chooses it in the point's row."""
    found = muscles_in_region(region_id, condition_id) if region_id else []
    return found[0].id if found else None


def _parts(arguments: Arguments, names: tuple[str, ...]) -> dict[str, str | None]:
    """The named arguments; those that are missing are taken from the button's target, in this order."""
    parts = (_text(arguments, "target") or "").split("/")
    given = dict(zip(names, parts, strict=False))
    return {name: _text(arguments, name) or given.get(name) or None for name in names}


def _side(region_id: str | None, arguments: Arguments) -> str | None:
    """The side in the region's name, else where the mark lies: the front view shows the client's right on the left."""
    x = _whole(arguments, "x")
    if region_id is not None and (side := region_side(region_id)):
        return side
    if x is None:
        return None
    is_left_of_middle = x < _MIDDLE
    return (Side.RIGHT if is_left_of_middle == (_text(arguments, "view") == View.FRONT) else Side.LEFT).value


def _offered_technique(condition_id: str | None) -> Technique:
    condition = conditions().get(condition_id or "")
    names = condition.techniques if condition else ()
    offered = (techniques()[name] for name in (*names, DEFAULT_TECHNIQUE))
    return next(technique for technique in offered if technique.kind == "point")


def _offered_pressure(technique: Technique, cap: int | None) -> int:
    limits = (limit for limit in (technique.max_applied, cap) if limit is not None)
    return min((DEFAULT_PRESSURE, *limits))


def _is_meant(point: Mapping[str, Any], point_id: str | None) -> bool:
    if point_id is not None:
        return point.get("point_id") == point_id
    has_scores = point.get("pain_before") is not None and point.get("pain_after") is not None
    return bool(point.get("carried_from")) and not has_scores


def _planned(point: Mapping[str, Any], cap: int | None) -> dict[str, Any]:
    if point.get("not_treated"):
        return dict(point)
    planned = point.get("planned_pressure")
    pressure = planned if planned is None or cap is None else min(planned, cap)
    wanted = {"point_pressure": pressure, "hold_seconds": point.get("planned_hold_seconds")}
    return {**point, **{name: value for name, value in wanted.items() if point.get(name) is None}}


def _point_id(arguments: Arguments) -> str:
    point_id = _text(arguments, "point_id") or _text(arguments, "target")
    if point_id is None:
        raise ProtocolRefused("Name the point.")
    return point_id


def _signal(arguments: Arguments) -> Signal:
    try:
        signal = Signal(str(arguments.get("signal")))
    except ValueError:
        signal = Signal.RESUME
    if signal is Signal.RESUME:
        raise ProtocolRefused("The signal must be more, good, less or stop.")
    return signal


def _sensation(arguments: Arguments) -> str | None:
    sensation = _text(arguments, "sensation")
    if sensation is not None and sensation not in set(Sensation):
        raise ProtocolRefused(f"The sensation must be one of {', '.join(Sensation)}.")
    return sensation


def _pain(arguments: Arguments, name: str) -> int | None:
    pain = _whole(arguments, name)
    if pain is not None and not 0 <= pain <= MAX_PAIN:
        raise ProtocolRefused("Pain must be 0 to 10.")
    return pain


def _whole(arguments: Arguments, name: str) -> int | None:
    value = arguments.get(name)
    if value is None or value == "":
        return None
    try:
        return int(str(value))
    except ValueError:
        raise ProtocolRefused(f"{name.strip('_').replace('_', ' ').capitalize()} must be a whole number.") from None


def _text(arguments: Arguments, name: str) -> str | None:
    return str(arguments.get(name) or "").strip() or None


def _now(arguments: Arguments) -> datetime:
    given = arguments.get("_now")
    if given is None:
        return datetime.now(UTC)
    return given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
