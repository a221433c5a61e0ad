"""Tables on sheets: columns share the width, rows flow over pages, the heading is repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from polyclinic.kit.pdf_page import FILL, FOOT, LINE, MARGIN, QUIET, clean, set_font

if TYPE_CHECKING:
    from fpdf import FPDF

SIZE = 8.5
LINE_HEIGHT = 4.4
PADDING = 1.6


class PdfAlign(StrEnum):
    """On which side a column's texts stand; numbers stand at the end."""

    START = "L"
    END = "R"


@dataclass(frozen=True)
class PdfColumn:
    """One column of a table; `share` is its part of the width compared with the others'."""

    label: str
    share: int = 1
    align: PdfAlign = PdfAlign.START


def draw_table(sheet: FPDF, columns: Sequence[PdfColumn], rows: Sequence[Sequence[str]]) -> None:
    """Write a table below what is there; a row that does not fit any page continues on the next."""
    whole = sum(column.share for column in columns)
    widths = [sheet.epw * column.share / whole for column in columns]
    if sheet.get_y() > sheet.h - FOOT - 4 * LINE_HEIGHT:
        sheet.add_page()
    _draw_heading(sheet, columns, widths)
    for row in rows:
        _draw_row(sheet, columns, widths, row)
    sheet.ln(2.5)


def wrapped(sheet: FPDF, text: str, width: float) -> list[str]:
    """Return the lines that a text takes in the current font."""
    from fpdf.enums import MethodReturnValue  # noqa: PLC0415 -- slow import

    if not text:
        return [""]
    lines = sheet.multi_cell(width, LINE_HEIGHT, text, dry_run=True, output=MethodReturnValue.LINES, align="L")
    return [str(line) for line in lines] if isinstance(lines, list) else [text]


def _draw_heading(sheet: FPDF, columns: Sequence[PdfColumn], widths: Sequence[float]) -> None:
    set_font(sheet, 7.5, bold=True, ink=QUIET)
    cells = [wrapped(sheet, clean(column.label), width) for column, width in zip(columns, widths, strict=True)]
    height = max(len(lines) for lines in cells) * LINE_HEIGHT + PADDING
    sheet.set_fill_color(*FILL)
    sheet.rect(MARGIN, sheet.get_y(), sheet.epw, height, style="F")
    sheet.set_y(sheet.get_y() + PADDING / 2)
    _draw_lines(sheet, columns, widths, cells)
    sheet.set_y(sheet.get_y() + PADDING / 2)


def _draw_row(sheet: FPDF, columns: Sequence[PdfColumn], widths: Sequence[float], row: Sequence[str]) -> None:
    set_font(sheet, SIZE)
    cells = [wrapped(sheet, clean(text), width) for text, width in zip(row, widths, strict=True)]
    needed = max(len(lines) for lines in cells)
    done = 0
    while done < needed:
        room = int((sheet.h - FOOT - sheet.get_y() - 2 * PADDING) // LINE_HEIGHT)
        if room < min(needed - done, 3):
            sheet.add_page()
            _draw_heading(sheet, columns, widths)
            set_font(sheet, SIZE)
            continue
        sheet.set_y(sheet.get_y() + PADDING)
        _draw_lines(sheet, columns, widths, [lines[done : done + room] for lines in cells])
        sheet.set_y(sheet.get_y() + PADDING)
        done += room
    sheet.set_draw_color(*LINE)
    sheet.line(MARGIN, sheet.get_y(), sheet.w - MARGIN, sheet.get_y())


def _draw_lines(
    sheet: FPDF, columns: Sequence[PdfColumn], widths: Sequence[float], cells: Sequence[Sequence[str]]
) -> None:
    top = sheet.get_y()
    deepest = max(len(lines) for lines in cells)
    left = MARGIN
    for column, width, lines in zip(columns, widths, cells, strict=True):
        for number, line in enumerate(lines):
            sheet.set_xy(left, top + number * LINE_HEIGHT)
            sheet.cell(width, LINE_HEIGHT, line, align=column.align.value)
        left += width
    sheet.set_xy(MARGIN, top + deepest * LINE_HEIGHT)
