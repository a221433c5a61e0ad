"""Text that may stand in a PDF: no control characters, no glyph that the font lacks."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

MISSING = "\u25a1"
"""Stands for a character that the font has no glyph for."""
LONGEST = 20_000
"""Characters of one text; a longer one is cut, so that a document stays finite."""

_BREAKS = {"\u2028", "\u2029", "\u0085", "\x0b", "\x0c"}
_GONE = {"Cc", "Cf", "Cs", "Co", "Cn"}


def printable(text: str, glyphs: Collection[int]) -> str:
    """Return the text with line breaks kept, control and unassigned characters gone, unknown glyphs as boxes."""
    lines = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    composed = unicodedata.normalize("NFC", "".join("\n" if sign in _BREAKS else sign for sign in lines))
    return "".join(_printed(sign, glyphs) for sign in composed)


def one_line(text: str, glyphs: Collection[int]) -> str:
    """Return the text on a single line."""
    return " ".join(printable(text, glyphs).split())


def _printed(sign: str, glyphs: Collection[int]) -> str:
    if sign == "\n":
        return sign
    if sign == "\t" or unicodedata.category(sign) in {"Zs", "Zl", "Zp"}:
        return "\u00a0" if sign in {"\u00a0", "\u202f"} else " "
    if unicodedata.category(sign) in _GONE:
        return ""
    return sign if ord(sign) in glyphs else MISSING
