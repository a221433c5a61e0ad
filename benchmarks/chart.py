"""Draws CPU per request of both targets as a small SVG, without a plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from benchmarks.plan import TITLES
from benchmarks.report import OUT, Line

BAR, GAP, LEFT, WIDTH = 14, 14, 250, 760
COLOURS = {"product": "#0f766e", "ceiling": "#94a3b8"}


def write_chart(lines: Sequence[Line]) -> Path:
    """Write `out/latest.svg` and return its path."""
    OUT.mkdir(exist_ok=True)
    path = OUT / "latest.svg"
    path.write_text(chart_of(lines), encoding="utf-8")
    return path


def chart_of(lines: Sequence[Line]) -> str:
    """Return the drawing: one pair of bars for each line, the ratio beside it."""
    longest = max(max(line.product.cpu_ms, line.ceiling.cpu_ms) for line in lines)
    scale = (WIDTH - LEFT - 130) / longest
    parts = [_text(LEFT, 20, "CPU ms per request, application and database")]
    y = 36
    for line in lines:
        parts.append(_text(8, y + BAR + 4, f"{line.operation} {TITLES[line.operation]}, {line.connections} conn"))
        for target, figures in (("product", line.product), ("ceiling", line.ceiling)):
            length = figures.cpu_ms * scale
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{COLOURS[target]}"/>')
            note = f"{figures.cpu_ms:.2f}" + (f"  (x {line.cpu_ratio:.2f})" if target == "product" else "")
            parts.append(_text(LEFT + length + 6, y + BAR - 3, note))
            y += BAR
        y += GAP
    size = f'width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n' + "\n".join(parts) + "\n</svg>\n"


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-family="sans-serif" font-size="12">{escape(words)}</text>'
