"""Writes the body chart as drawings that browsers cache: web/static/bodychart/<view>-v<version>.svg.

Pages show a drawing as an image under the pins; bodychart.js puts it into the page, so that its regions can be tapped.
With --check it writes nothing and fails when a drawing is out of date.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

CORE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CORE))

from polyclinic.records.bodychart.chart import ChartRegion, ChartView, load_body_chart  # noqa: E402

TARGET = CORE / "polyclinic" / "web" / "static" / "bodychart"


def main(arguments: list[str]) -> int:
    """Returns 1 when --check finds a difference."""
    chart = load_body_chart()
    drawings = {TARGET / f"{view.name}-v{chart.version}.svg": draw(view) for view in chart.views}
    if "--check" in arguments:
        old = [path for path, text in drawings.items() if not path.is_file() or path.read_text("utf-8") != text]
        for path in old:
            print(f"{path.relative_to(CORE)} is out of date; run core/frontend/bodychart/drawings.py")
        return 1 if old else 0
    TARGET.mkdir(exist_ok=True)
    for path, text in drawings.items():
        path.write_text(text, encoding="utf-8")
    return 0


def draw(view: ChartView) -> str:
    """Returns the SVG of one view; colours are presentation attributes, which the page's own CSS overrides."""
    zones = ";".join(f"{zone.view_box}" for zone in view.zones)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pc-body" viewBox="{view.view_box}" data-zones="{zones}">',
        '<g class="pc-body-regions" fill="#d9e1ea" stroke="#ffffff" stroke-width="1.6">',
        *(_region(region) for region in view.regions),
        "</g>",
        f'<path class="pc-body-outline" fill="none" stroke="#8a9bb0" stroke-width="2" d="{view.outline}"/>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _region(region: ChartRegion) -> str:
    moves = {"left": region.moves.left, "right": region.moves.right, "up": region.moves.up, "down": region.moves.down}
    ways = "".join(f' data-{way}="{target}"' for way, target in moves.items() if target)
    return f'<path data-region="{region.id}" data-name="{escape(region.name)}"{ways} d="{region.path}"/>'


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
