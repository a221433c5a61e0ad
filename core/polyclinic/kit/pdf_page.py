"""The sheet that documents are written on: A4, one font in two weights, a footer with page numbers, a mark across."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.kit.pdf_text import one_line

if TYPE_CHECKING:
    from fpdf import FPDF

FAMILY = "DejaVu"
MARGIN = 18.0
FOOT = 20.0
INK = (23, 33, 43)
QUIET = (82, 96, 111)
LINE = (205, 213, 221)
FILL = (244, 247, 249)
PALE = (236, 239, 242)
PAGES_PLACE = "{polyclinic:pages}"
"""Becomes the number of pages; it is taken out of texts."""


def font_path(name: str) -> Path:
    """Return the file of a shipped font."""
    return Path(str(resources.files("polyclinic") / "web" / "static" / "vendor" / name))


def new_sheet(made_at: datetime, language: str) -> FPDF:
    """Return an empty document of A4 sheets; the same input makes the same bytes."""
    from fpdf import FPDF  # noqa: PLC0415 -- slow import

    sheet = FPDF(orientation="portrait", unit="mm", format="A4")
    sheet.add_font(FAMILY, "", font_path("dejavu-sans.ttf"))
    sheet.add_font(FAMILY, "B", font_path("dejavu-sans-bold.ttf"))
    sheet.set_margins(MARGIN, MARGIN, MARGIN)
    sheet.set_auto_page_break(True, margin=FOOT)
    sheet.set_creation_date(made_at.astimezone(UTC))
    sheet.set_producer("Polyclinic")
    sheet.set_lang(language)
    sheet.alias_nb_pages(PAGES_PLACE)
    return sheet


@lru_cache(maxsize=1)
def known_glyphs() -> Collection[int]:
    """Return the characters that both weights of the font can show."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # noqa: PLC0415 -- slow import

    names = ("dejavu-sans.ttf", "dejavu-sans-bold.ttf")
    found = [set(TTFont(font_path(name), lazy=True).getBestCmap()) for name in names]
    return frozenset(found[0] & found[1])


def clean(text: str) -> str:
    """Return a text as it is written on one line of a sheet."""
    return one_line(text, known_glyphs()).replace(PAGES_PLACE, "")


def set_font(sheet: FPDF, size: float, *, bold: bool = False, ink: tuple[int, int, int] = INK) -> None:
    """Choose size, weight and colour of what is written next."""
    sheet.set_font(FAMILY, "B" if bold else "", size)
    sheet.set_text_color(*ink)


def draw_mark(sheet: FPDF, mark: str) -> None:
    """Write a word in pale letters across the whole page."""
    width, height = sheet.w, sheet.h
    set_font(sheet, 96, bold=True, ink=PALE)
    size = min(96.0, 96.0 * (width * 1.05) / max(sheet.get_string_width(mark), 1.0))
    set_font(sheet, size, bold=True, ink=PALE)
    with sheet.rotation(52, x=width / 2, y=height / 2):
        sheet.text(x=(width - sheet.get_string_width(mark)) / 2, y=height / 2 + size * 0.12, text=mark)


def draw_footer(sheet: FPDF, words: str, pages: str) -> None:
    """Write the foot of a page: what the document is, and which page this is."""
    sheet.set_y(-FOOT + 6)
    sheet.set_draw_color(*LINE)
    sheet.line(MARGIN, sheet.get_y() - 1.5, sheet.w - MARGIN, sheet.get_y() - 1.5)
    set_font(sheet, 7.5, ink=QUIET)
    number = pages.replace("{page}", str(sheet.page_no()))
    room = sheet.get_string_width(number.replace("{pages}", "999")) + 2
    sheet.set_x(MARGIN)
    sheet.cell(sheet.epw - room, 4, fitted(sheet, words, sheet.epw - room - 2))
    sheet.cell(room, 4, number.replace("{pages}", PAGES_PLACE))


def fitted(sheet: FPDF, text: str, width: float) -> str:
    """Return the text, cut with an ellipsis where it is wider than `width` in the current font."""
    if sheet.get_string_width(text) <= width:
        return text
    while text and sheet.get_string_width(text + "…") > width:
        text = text[:-1]
    return text + "…"
