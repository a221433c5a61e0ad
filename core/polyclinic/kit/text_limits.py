"""Marshmallow validators for text that people type: a length first, then what one line may hold."""

from __future__ import annotations

import re
from collections.abc import Callable

from marshmallow import ValidationError, validate

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def name(maximum: int = 120) -> list[Callable[[str], object]]:
    """Return the validators of a required single line of 1 to `maximum` characters."""
    error = f"Give a text of 1 to {maximum} characters."
    return [validate.Length(min=1, max=maximum, error=error), one_line, not_blank]


def line(maximum: int = 200) -> list[Callable[[str], object]]:
    """Return the validators of an optional single line."""
    return [validate.Length(max=maximum, error=f"At most {maximum} characters."), one_line]


def paragraph(maximum: int = 4000) -> list[Callable[[str], object]]:
    """Return the validators of an optional text with lines."""
    return [validate.Length(max=maximum, error=f"At most {maximum} characters."), plain_text]


def one_line(value: str) -> None:
    """Raise for line breaks and other control characters."""
    if _CONTROL.search(value):
        raise ValidationError("Give a text on one line, without control characters.")


def plain_text(value: str) -> None:
    """Raise for control characters other than line breaks and tabs."""
    if _CONTROL_BUT_LINES.search(value):
        raise ValidationError("This text holds control characters. Remove them.")


def not_blank(value: str) -> None:
    """Raise for a text of spaces alone."""
    if value and not value.strip():
        raise ValidationError("Give a text, not only spaces.")
