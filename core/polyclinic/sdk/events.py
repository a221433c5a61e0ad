"""Events: what happened, told after it was committed."""

from polyclinic.plugins.events import Event, EventHandler, EventType

__all__ = ["Event", "EventHandler", "EventType"]
