"""Sort keys out of cursors: the cursor of another list is refused, never run."""

from __future__ import annotations

from typing import Any

from polyclinic.kit.errors import Malformed
from polyclinic.kit.pagination import PageRequest


def after_key(page: PageRequest, *kinds: type) -> tuple[Any, ...] | None:
    """Return the key after which the page starts, None for the first; raises `Malformed` for another list's cursor."""
    if page.after is None:
        return None
    if len(page.after) != len(kinds) or not all(map(isinstance, page.after, kinds)):
        raise Malformed("This cursor belongs to another list. Start again without it.")
    return page.after
