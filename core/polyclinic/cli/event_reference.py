"""The catalogue of core's events as Markdown, made from their declarations; docs/plugins keeps a tested copy."""

from __future__ import annotations

from collections.abc import Iterator

from polyclinic.plugins.core_events import CORE_EVENTS
from polyclinic.plugins.events import EventType

INTRODUCTION = (
    "What core announces once the causing transaction has committed. Generated: `polyclinic plugin docs events`.",
    "The first word is the kind of thing that an event is about; `aggregate_id` is its id.",
    "Events about one thing arrive in order. An event without a clinic concerns the whole organisation.",
    "Plugins announce events of their own beside these, under `<plugin id>.<name>`.",
)


def event_reference() -> str:
    """Return the catalogue of all events that core announces."""
    lines = ["# Events", "", *INTRODUCTION, ""]
    for event_type in CORE_EVENTS.values():
        lines += _entry(event_type)
    return "\n".join(lines)


def _entry(event_type: EventType) -> Iterator[str]:
    yield f"## `{event_type.key}`"
    yield ""
    yield f"Version {event_type.version}. {event_type.title}."
    yield ""
    if event_type.payload:
        yield "| payload | what it is |"
        yield "|---|---|"
        yield from (f"| `{name}` | {about} |" for name, about in event_type.payload.items())
        yield ""
