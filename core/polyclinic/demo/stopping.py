"""Ctrl-C and SIGTERM: the first one ends the demo in order, later ones are ignored while it ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class StopSignals:
    """Raises `KeyboardInterrupt` at the first signal, or at the end of a step that must not be cut in two."""

    is_wanted: bool = False
    _is_held: bool = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put a signal off until this block has ended; its own failure then counts as the answer to the signal."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            if self.is_wanted:
                raise KeyboardInterrupt

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        is_first, self.is_wanted = not self.is_wanted, True
        if is_first and not self._is_held:
            raise KeyboardInterrupt


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Handle the stop signals within this block."""
    signals = StopSignals()
    previous = {number: signal.signal(number, signals._receive) for number in SIGNALS}  # noqa: SLF001 -- its own maker
    try:
        yield signals
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
