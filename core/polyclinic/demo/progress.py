"""Lines that tell how far the making of demo data is."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

EVERY_SECONDS = 0.5


@dataclass
class Progress:
    """Counts one kind of thing: a line that grows on a terminal, one line at the end elsewhere."""

    title: str
    done: int = 0
    _told_at: float = field(default=0.0, repr=False)

    def step(self) -> None:
        """Count one more and tell it now and then."""
        self.done += 1
        now = time.monotonic()
        if sys.stdout.isatty() and now - self._told_at >= EVERY_SECONDS:
            self._told_at = now
            sys.stdout.write(f"\r  {self.title}: {self.done}")
            sys.stdout.flush()

    def finish(self) -> None:
        """Tell the final number."""
        start = "\r" if sys.stdout.isatty() else ""
        sys.stdout.write(f"{start}  {self.title}: {self.done}\n")
        sys.stdout.flush()
