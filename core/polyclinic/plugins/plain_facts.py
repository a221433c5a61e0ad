"""Facts as JSON has them: for the payloads of events and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID


def plain_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts with ids and days as text.

    Raises `TypeError` for anything but text, whole numbers, truth, ids, days and lists of these.
    """
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"an event or a job does not carry a {type(value).__name__}")
