"""The PDF writer: whole documents, read back as text."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from polyclinic.kit import pdf_page
from polyclinic.kit.pdf import PdfAlign, PdfColumn, PdfWriter
from polyclinic.testing.pdf_reading import read_pdf

EXAMPLES = 100 if os.environ.get("POLYCLINIC_FULL") == "1" else 6
"""One is a whole document of text drawn at random, which takes half a second."""
MADE_AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
COLUMNS = (PdfColumn("Service", 4), PdfColumn("Amount", 1, PdfAlign.END))


def whole(mark: str = "", rows: int = 1) -> bytes:
    writer = PdfWriter("Letter 7", made_at=MADE_AT, language="en-GB", mark=mark)
    writer.letterhead("Harbour Street", ["1 Quay"], right=["Tax 12"])
    writer.address(["Noor Aziz", "Żółć 漢"])
    writer.title("Letter", "7")
    writer.facts([("Date", "29 Nov 2026"), ("Left out", ""), ("Place", "Leeds")])
    writer.heading("What was done")
    writer.table(COLUMNS, [[f"Row {number}", "£1.00"] for number in range(rows)])
    writer.totals([("Net", "£1.00"), ("Total", "£2.00")])
    writer.note("Thank you.\nCome again.")
    writer.signature("Ana Ruiz", label="Therapist", signed="Signed")
    return writer.content()


def test_a_document_reads_from_top_to_bottom():
    expected = (
        "Harbour Street\n1 Quay\nTax 12\nNoor Aziz\nŻółć □\nLetter\n7\nDate\n29 Nov 2026\nPlace\nLeeds\n"
        "What was done\nService\nAmount\nRow 0\n£1.00\nNet\n£1.00\nTotal\n£2.00\nThank you.\nCome again.\n"
        "Signed\nAna Ruiz\nTherapist\nLetter 7\nPage 1 of 1"
    )

    assert read_pdf(whole()) == [expected]


def test_the_same_calls_give_the_same_bytes():
    assert whole() == whole()


def test_title_and_language_stand_in_the_file():
    content = whole()

    assert (b"/Lang (en-GB)" in content, b"D:20261129120000" in content) == (True, True)
    assert b"/Title" in content


def test_a_mark_stands_on_every_page():
    pages = read_pdf(whole(mark="Void", rows=60))

    assert [page.count("VOID") for page in pages] == [2, *[1] * (len(pages) - 1)]


def test_a_long_table_repeats_its_heading_and_loses_no_row():
    pages = read_pdf(whole(rows=90))
    lines = [line for page in pages for line in page.split("\n")]

    assert [page.count("Service") for page in pages if "Row " in page] == [1] * sum("Row " in page for page in pages)
    assert [line for line in lines if line.startswith("Row ")] == [f"Row {number}" for number in range(90)]
    assert [page.split("\n")[-1] for page in pages] == [f"Page {n} of {len(pages)}" for n in range(1, len(pages) + 1)]


def test_a_row_that_is_higher_than_a_page_continues_on_the_next():
    writer = PdfWriter("Long", made_at=MADE_AT)
    writer.table(COLUMNS, [["word " * 3000, "£1.00"]])

    pages = read_pdf(writer.content())

    assert len(pages) > 1
    assert sum(page.count("word") for page in pages) == 3000


def test_text_that_looks_like_the_place_of_the_page_count_is_taken_out():
    writer = PdfWriter("Trick", made_at=MADE_AT)
    writer.note(f"a{pdf_page.PAGES_PLACE}b")

    assert read_pdf(writer.content())[0].split("\n")[0] == "ab"


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text(max_size=60), st.text(max_size=400))
def test_any_text_is_safe_everywhere(short, long):
    writer = PdfWriter(short, made_at=MADE_AT, language="en", mark=short)
    writer.letterhead(short, [short], right=[long])
    writer.address([long])
    writer.title(short, long)
    writer.facts([(short, long), (long, short)])
    writer.heading(long)
    writer.table([PdfColumn(short, 1), PdfColumn(long, 1, PdfAlign.END)], [[long, short], [short, long]])
    writer.totals([(short, short)], strong=None)
    writer.note(long)
    writer.signature(short, label=long, signed=short)

    assert writer.content().startswith(b"%PDF-")


def test_control_characters_and_lone_surrogates_vanish():
    writer = PdfWriter("Controls", made_at=MADE_AT)
    writer.note("a\x00b\ud800c\u202ed\te")

    assert read_pdf(writer.content())[0].split("\n")[0] == "abcd e"
