"""The colours of the design tokens keep their contrast in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "core" / "polyclinic" / "web" / "static" / "tokens.css"


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_tokens_keep_their_contrast(theme: int) -> None:
    """Text needs 4.5 to 1 and shapes need 3 to 1 on what they stand on (WCAG 1.4.3, 1.4.11)."""
    pairs = re.findall(r"--pc-([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", TOKENS.read_text(encoding="utf-8"))
    colour = {name: values[theme] for name, *values in pairs}
    tones = ("neutral", "info", "good", "warn", "caution", "bad", "accent")
    grounds = ("surface", "canvas", "surface-2")
    texts = [(ink, ground) for ink in ("ink", "ink-2", "link") for ground in grounds]
    texts += [(f"{tone}-ink", f"{tone}-fill") for tone in tones] + [("on-primary", "primary")]
    shapes = [(shape, ground) for shape in ("control-line", "focus", "primary") for ground in grounds]
    shapes += [(f"{tone}-bar", "surface") for tone in tones]

    weak_texts = [pair for pair in texts if contrast(colour[pair[0]], colour[pair[1]]) < 4.5]
    weak_shapes = [pair for pair in shapes if contrast(colour[pair[0]], colour[pair[1]]) < 3]

    assert (weak_texts, weak_shapes) == ([], [])


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
