"""A protocol in plain words, for the archive, the print and the client's file."""

from __future__ import annotations

from polyclinic.sdk.sections import SectionData
from polyclinic_neuromuscular.catalogue import conditions, region_name
from polyclinic_neuromuscular.protocol import FeedbackEvent, Point, Protocol, read_protocol
from polyclinic_neuromuscular.vocabulary import ProtocolState, Signal
from polyclinic_neuromuscular.wording import counted, duration, label, level_name, listed, point_name


def summarize(data: SectionData) -> str:
    """Say in plain text what was treated, how and with which response; one line for each point and each signal."""
    protocol = read_protocol(data)
    lines = [_heading(protocol), *(_point_line(protocol, point) for point in protocol.points)]
    lines += [event_line(protocol, event) for event in protocol.feedback]
    if protocol.state != ProtocolState.TREATING:
        reason = f": {protocol.pause_reason}" if protocol.pause_reason else ""
        lines.append(f"Treatment {label(protocol.state)}{reason}.")
    return "\n".join(lines)


def treated_line(protocol: Protocol) -> str:
    """Say how many points were treated and how long, as `4 points · 2 min 05 s of hold`."""
    return f"{counted(len(protocol.treated), 'point')} · {duration(protocol.total_hold_seconds)} of hold"


def event_line(protocol: Protocol, event: FeedbackEvent) -> str:
    """Say what one entry of the feedback log did; its time is UTC."""
    if event.signal == Signal.RESUME:
        return f"{_time(event)}resumed: {event.reason}."
    named = next((f" on point {point.number}" for point in protocol.points if point.point_id == event.point_id), "")
    parts = [
        f'client said "{event.signal}"{named}',
        None if event.pain is None else f"pain {event.pain}",
        event.sensation,
        f"pressure {event.level_before} to {event.level_after}",
    ]
    note = f". {event.note.rstrip('.')}" if event.note else ""
    return f"{_time(event)}{', '.join(part for part in parts if part)}{note}."


def _heading(protocol: Protocol) -> str:
    condition = conditions().get(protocol.condition_id or "")
    total = f"{counted(len(protocol.treated), 'point')} treated, {duration(protocol.total_hold_seconds)} of hold."
    return f"{condition.name}: {total}" if condition else f"{total[0].upper()}{total[1:]}"


def _point_line(protocol: Protocol, point: Point) -> str:
    if point.not_treated:
        return f"{point_name(point)}: not treated."
    facts = [
        label(point.point_class) if point.point_class else None,
        point.technique.name if point.technique else None,
        point.tool,
        _pressure(protocol, point),
        _hold(point),
        _pain(point),
        f"refers to {listed(map(region_name, point.referral_region_ids))}" if point.referral_region_ids else None,
        label(point.response) if point.response else None,
        point.comment.rstrip(".") if point.comment else None,
    ]
    return f"{point_name(point)}: {'; '.join(fact for fact in facts if fact)}."


def _pressure(protocol: Protocol, point: Point) -> str | None:
    if point.point_pressure is None:
        return None
    peak = protocol.peak_pressure(point)
    highest = f", at most {peak}" if peak is not None and peak > point.point_pressure else ""
    around = "" if point.surround_pressure is None else f", {point.surround_pressure} around"
    return f"pressure {level_name(point.point_pressure)}{highest}{around}"


def _hold(point: Point) -> str | None:
    if point.hold_seconds is None:
        return None
    times = f"{point.repeats} times " if point.repeats and point.repeats > 1 else ""
    return f"held {times}{duration(point.hold_seconds)}"


def _pain(point: Point) -> str | None:
    if point.pain_before is None and point.pain_after is None:
        return None
    before, after = ("unknown" if pain is None else str(pain) for pain in (point.pain_before, point.pain_after))
    return f"pain {before} before, {after} after"


def _time(event: FeedbackEvent) -> str:
    return f"{event.at[11:16]} UTC " if event.at and len(event.at) >= 16 else ""
