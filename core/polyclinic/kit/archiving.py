"""Archive, not delete: which rows a list shows."""

from __future__ import annotations

from enum import StrEnum


class Archived(StrEnum):
    """Whether a list shows archived rows; without a word it does not."""

    NO = "no"
    ONLY = "only"
    ANY = "any"
