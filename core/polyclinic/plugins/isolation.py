"""The one place that catches whatever a plugin's code may raise."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Attempt(NamedTuple, Generic[T]):
    """Outcome of one call into a plugin: a value or the error, and how long it took."""

    value: T | None
    error: BaseException | None
    elapsed_seconds: float


def attempt(function: Callable[[], T]) -> Attempt[T]:
    """Call `function`; an `Exception` or a `SystemExit` becomes data, an interrupt of the operator passes through."""
    started = time.perf_counter()
    try:
        value = function()
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- quarantine is the purpose of this function
        return Attempt(None, error, time.perf_counter() - started)
    return Attempt(value, None, time.perf_counter() - started)


def describe_error(error: BaseException) -> str:
    """Return the error's type and place, without its text: that may hold what a therapist wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
