"""A small writer of PDF documents: letterhead, title, facts, table, totals, remarks, signature.

    writer = PdfWriter("Receipt 2026-0001", made_at=ctx.now(), language="en")
    writer.letterhead("Harbour Street", ["1 Harbour Street", "Leeds"])
    writer.title("Receipt", "2026-0001")
    writer.facts([("Client", "Noor Aziz"), ("Date", "29 Nov 2026")])
    writer.table([PdfColumn("Service", 4), PdfColumn("Amount", 1, PdfAlign.END)], [["Massage, 60 min", "£52.00"]])
    writer.totals([("Total", "£52.00")])
    content = writer.content()

The same calls give the same bytes. Any text is safe: control characters vanish, a glyph that the font lacks becomes a
box. Nothing is read but the two shipped fonts, nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from polyclinic.kit.pdf_page import FOOT, INK, LINE, MARGIN, QUIET, clean, draw_footer, draw_mark, new_sheet, set_font
from polyclinic.kit.pdf_table import LINE_HEIGHT, PdfAlign, PdfColumn, draw_table, wrapped

PAGE_WORDS = "Page {page} of {pages}"
TOTALS_WIDTH = 92.0
_GAP = 5.0


class PdfWriter:
    """Writes one document from top to bottom; `content()` ends it.

    `title` stands in the file's properties and in the foot of every page, `mark` ("Copy", "Void") across every page.
    `made_at` is the only time in the file.
    """

    def __init__(
        self, title: str, *, made_at: datetime, language: str = "en", mark: str = "", page_words: str = PAGE_WORDS
    ) -> None:
        self._sheet = new_sheet(made_at, language)
        self._title, self._mark, self._page_words = clean(title), clean(mark), clean(page_words)
        self._sheet.set_title(self._title)
        self._sheet.header = self._head  # type: ignore[method-assign]
        self._sheet.footer = self._foot  # type: ignore[method-assign]
        self._sheet.add_page()

    def letterhead(self, name: str, lines: Sequence[str] = (), *, right: Sequence[str] = ()) -> None:
        """Write who sends this: a name with lines below it, and more lines at the right."""
        sheet, top = self._sheet, self._sheet.get_y()
        half = sheet.epw * 0.56
        set_font(sheet, 13, bold=True)
        self._lines(MARGIN, half, wrapped(sheet, clean(name), half), height=6)
        set_font(sheet, 8.5, ink=QUIET)
        self._block(MARGIN, half, lines)
        bottom = sheet.get_y()
        sheet.set_y(top + 1)
        self._block(MARGIN + half, sheet.epw - half, right, align=PdfAlign.END)
        self._rule(max(bottom, sheet.get_y()) + 2)

    def title(self, words: str, number: str = "") -> None:
        """Write the document's kind in large letters, with its number and its mark at the right."""
        sheet = self._sheet
        self._need(16)
        top = sheet.get_y()
        set_font(sheet, 17, bold=True)
        width = sheet.epw * 0.62
        self._lines(MARGIN, width, wrapped(sheet, clean(words), width), height=8)
        bottom = sheet.get_y()
        set_font(sheet, 11, bold=True, ink=QUIET)
        sheet.set_xy(MARGIN + width, top + 1)
        aside = "  ".join(word for word in (clean(number), self._mark.upper()) if word)
        sheet.cell(sheet.epw - width, 7, aside, align="R")
        sheet.set_y(bottom + 2)

    def address(self, lines: Sequence[str]) -> None:
        """Write to whom the document goes."""
        self._need(LINE_HEIGHT * (len(lines) + 1))
        set_font(self._sheet, 9.5)
        self._block(MARGIN, self._sheet.epw * 0.6, lines, height=4.8)
        self._sheet.ln(_GAP)

    def heading(self, words: str) -> None:
        """Write a heading over what follows."""
        self._need(20)
        set_font(self._sheet, 10.5, bold=True)
        self._lines(MARGIN, self._sheet.epw, wrapped(self._sheet, clean(words), self._sheet.epw), height=6)
        self._sheet.ln(0.5)

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write terms with their values, two columns of them; rows without a value are left out."""
        sheet, filled = self._sheet, [(clean(term), clean(value)) for term, value in rows if clean(value)]
        width = sheet.epw / 2
        for start in range(0, len(filled), 2):
            pair = filled[start : start + 2]
            set_font(sheet, 9)
            values = [wrapped(sheet, value, width - 40) for _term, value in pair]
            self._need(max(len(lines) for lines in values) * LINE_HEIGHT + 1)
            top = sheet.get_y()
            bottoms = [self._fact(place, top, pair[place][0], values[place]) for place in range(len(pair))]
            sheet.set_y(max(bottoms))
        sheet.ln(_GAP - 1)

    def table(self, columns: Sequence[PdfColumn], rows: Sequence[Sequence[str]]) -> None:
        """Write a table; its heading is repeated on every page that it reaches."""
        draw_table(self._sheet, columns, rows)

    def totals(self, rows: Sequence[tuple[str, str]], *, strong: int | None = -1) -> None:
        """Write sums at the right; the one at position `strong` is emphasised (None: none of them)."""
        sheet = self._sheet
        self._need(len(rows) * 6)
        chosen = strong if strong is None or strong >= 0 else len(rows) + strong
        left = sheet.w - MARGIN - TOTALS_WIDTH
        for place, (label, value) in enumerate(rows):
            is_strong = place == chosen
            if is_strong:
                sheet.set_draw_color(*INK)
                sheet.line(left, sheet.get_y() + 0.5, sheet.w - MARGIN, sheet.get_y() + 0.5)
            set_font(sheet, 10.5 if is_strong else 9, bold=is_strong)
            sheet.set_x(left)
            sheet.cell(TOTALS_WIDTH * 0.55, 6.2 if is_strong else 5.2, clean(label))
            sheet.cell(TOTALS_WIDTH * 0.45, 6.2 if is_strong else 5.2, clean(value), align="R")
            sheet.ln()
        sheet.ln(_GAP)

    def note(self, text: str) -> None:
        """Write a remark in small letters; line breaks stay."""
        set_font(self._sheet, 8.5, ink=QUIET)
        self._block(MARGIN, self._sheet.epw, text.splitlines() or [""])
        self._sheet.ln(2)

    def signature(self, name: str, *, label: str = "", signed: str = "") -> None:
        """Write a line to sign on; `signed` is what stands over it when it is signed already."""
        sheet = self._sheet
        self._need(26)
        sheet.ln(6)
        set_font(sheet, 9.5)
        self._block(MARGIN, 80, [signed or " "])
        sheet.set_draw_color(*QUIET)
        sheet.line(MARGIN, sheet.get_y() + 0.5, MARGIN + 80, sheet.get_y() + 0.5)
        sheet.ln(1.5)
        set_font(sheet, 8, ink=QUIET)
        self._block(MARGIN, 80, [line for line in (name, label) if line])
        sheet.ln(2)

    def content(self) -> bytes:
        """Return the finished file."""
        return bytes(self._sheet.output())

    def _head(self) -> None:
        if self._mark:
            draw_mark(self._sheet, self._mark.upper())
        self._sheet.set_xy(MARGIN, MARGIN)

    def _foot(self) -> None:
        draw_footer(self._sheet, self._title, self._page_words)

    def _need(self, height: float) -> None:
        if self._sheet.get_y() + height > self._sheet.h - FOOT:
            self._sheet.add_page()

    def _rule(self, at: float) -> None:
        self._sheet.set_draw_color(*LINE)
        self._sheet.line(MARGIN, at, self._sheet.w - MARGIN, at)
        self._sheet.set_y(at + _GAP)

    def _fact(self, place: int, top: float, term: str, lines: Sequence[str]) -> float:
        sheet, width = self._sheet, self._sheet.epw / 2
        sheet.set_xy(MARGIN + place * width, top)
        set_font(sheet, 8, ink=QUIET)
        self._lines(MARGIN + place * width, 36, wrapped(sheet, term, 36))
        bottom = sheet.get_y()
        sheet.set_y(top)
        set_font(sheet, 9)
        self._lines(MARGIN + place * width + 37, width - 38, lines)
        return max(bottom, sheet.get_y()) + 0.8

    def _block(
        self,
        left: float,
        width: float,
        lines: Sequence[str],
        *,
        align: PdfAlign = PdfAlign.START,
        height: float = LINE_HEIGHT,
    ) -> None:
        for line in lines:
            self._lines(left, width, wrapped(self._sheet, clean(line), width), height=height, align=align)

    def _lines(
        self,
        left: float,
        width: float,
        lines: Sequence[str],
        *,
        height: float = LINE_HEIGHT,
        align: PdfAlign = PdfAlign.START,
    ) -> None:
        for line in lines:
            self._need(height)
            self._sheet.set_x(left)
            self._sheet.cell(width, height, line, align=align.value)
            self._sheet.ln(height)


__all__ = ["PdfAlign", "PdfColumn", "PdfWriter"]
