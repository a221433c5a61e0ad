"""Count the statements of a block, for the tests that pages cost the same at any number of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Statements:
    """The statements that ran inside the block."""

    texts: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return how many there were."""
        return len(self.texts)


@contextmanager
def counted(engine: Engine) -> Iterator[Statements]:
    """Collect every statement of `engine` while the block runs."""
    found = Statements()

    def remember(*arguments: Any) -> None:
        found.texts.append(arguments[2])

    event.listen(engine, "before_cursor_execute", remember)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", remember)
