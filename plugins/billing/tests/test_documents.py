"""Papers: what stands on them in each country, read back from the PDF file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from polyclinic.testing.pdf_reading import read_pdf
from polyclinic_billing.documents.drawing import draw
from polyclinic_billing.documents.papers import (
    Paper,
    PaperBuyer,
    PaperKind,
    PaperLine,
    PaperPayment,
    PaperSeller,
    PaperTax,
    PaperTherapist,
)

LINE = PaperLine(
    description="Neuromuscular treatment",
    quantity=1,
    unit_minor=6000,
    net_minor=5000,
    tax_minor=1000,
    gross_minor=6000,
    rate=Decimal(20),
    service_on=date(2026, 11, 23),
    times="10:00 to 11:00",
    minutes=60,
    procedure_code="97140",
    units=4,
    is_treatment=True,
)
SELLER = PaperSeller(
    "Reed Massage Ltd",
    ("1 Quay", "LS1 4AP Leeds"),
    "GB",
    "GB 123",
    "Harbour Street",
    ("2 Quay",),
    "+44 20",
    "a@b.example",
)
PAPER = Paper(
    kind=PaperKind.INVOICE,
    number="HS-1",
    issued_on=date(2026, 11, 23),
    currency="GBP",
    seller=SELLER,
    buyer=PaperBuyer("Noor Aziz", ("2 Mill Lane",), date(1985, 4, 12)),
    lines=(LINE,),
    taxes=(PaperTax("VAT", Decimal(20), 5000, 1000),),
    net_minor=5000,
    tax_minor=1000,
    gross_minor=6000,
    made_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    therapist=PaperTherapist("Ana Ruiz", "CMTO", "A123", "NPI 77"),
)
PAID = (PaperPayment(date(2026, 11, 23), "Cash", 4000), PaperPayment(date(2026, 11, 24), "Card", 2000))


def words(paper: Paper) -> list[str]:
    return [line for page in read_pdf(draw(paper)) for line in page.split("\n")]


def receipt(country: str, **changes: object) -> Paper:
    seller = replace(SELLER, country=country)
    return replace(PAPER, kind=PaperKind.RECEIPT, seller=seller, payments=PAID, **changes)


def test_an_invoice_names_seller_buyer_lines_taxes_and_what_is_to_pay():
    said = words(replace(PAPER, due_on=date(2026, 12, 7), open_minor=6000, notes=("Standard-rated.",)))

    assert said == [
        "Reed Massage Ltd", "1 Quay", "LS1 4AP Leeds",
        "VAT number: GB 123", "Harbour Street", "2 Quay", "+44 20", "a@b.example",
        "Noor Aziz", "2 Mill Lane",
        "Invoice", "HS-1",
        "Date", "23 Nov 2026", "Please pay by", "7 Dec 2026",
        "Therapist", "Ana Ruiz", "Registration", "CMTO A123",
        "Date", "Description", "Quantity", "Net", "Tax", "Amount",
        "23 Nov 2026", "Neuromuscular treatment", "1", "£50.00", "20%", "£60.00",
        "Net", "£50.00", "VAT 20% of £50.00", "£10.00", "Total", "£60.00", "To pay", "£60.00",
        "Standard-rated.", "Invoice HS-1", "Page 1 of 1",
    ]  # fmt: skip


REQUIRED = {
    "CA": ("23 Nov 2026", "Noor Aziz", "Ana Ruiz", "CMTO A123", "£60.00", "GST/HST number: GB 123",
           "Massage Therapy treatment, 60 minutes"),
    "AU": ("Reed Massage Ltd", "1 Quay", "ABN: GB 123", "Provider number", "NPI 77", "Noor Aziz", "12 Apr 1985",
           "23 Nov 2026", "Neuromuscular treatment, 10:00 to 11:00", "£60.00", "VAT 20% of £50.00", "Paid"),
    "UK": ("Reed Massage Ltd", "1 Quay", "VAT number: GB 123", "23 Nov 2026", "Noor Aziz", "Neuromuscular treatment",
           "£50.00", "£10.00", "£60.00"),
    "US": ("Superbill", "Reed Massage Ltd", "1 Quay", "+44 20", "Tax id (EIN): GB 123", "Ana Ruiz", "CMTO A123",
           "NPI 77", "Noor Aziz", "12 Apr 1985", "2 Mill Lane", "Neuromuscular treatment, 10:00 to 11:00", "97140",
           "4", "£60.00", "Cash", "Card", "The client paid for these services. Please reimburse the client.", "HS-1"),
    "DE": ("Reed Massage Ltd", "Steuernummer / USt-IdNr.: GB 123", "HS-1", "23 Nov 2026", "Noor Aziz", "£50.00",
           "£60.00"),
}  # fmt: skip


@pytest.mark.parametrize("country", REQUIRED)
def test_a_receipt_holds_what_its_country_requires(country):
    said = " ".join(words(receipt(country)))

    assert [part for part in REQUIRED[country] if part not in said] == []


def test_a_receipt_without_a_treatment_record_confirms_a_payment_only():
    said = words(receipt("CA", is_treatment_shown=False))

    assert "Payment receipt" in said
    assert "This confirms a payment. It does not confirm a treatment." in said
    assert [word for word in said if "Massage Therapy" in word or "Ruiz" in word or "CMTO" in word] == []


def test_a_visit_paid_with_a_package_charges_nothing_and_says_so():
    line = replace(LINE, net_minor=0, tax_minor=0, gross_minor=0, is_redeemed=True)
    said = words(receipt("CA", lines=(line,), taxes=(), net_minor=0, tax_minor=0, gross_minor=0))

    assert "£0.00" in said
    assert " ".join(said).count("paid with a package") == 1


def test_a_duplicate_is_marked_with_its_date():
    said = words(receipt("CA", duplicate_on=date(2026, 12, 1)))

    assert said[0] == "DUPLICATE"
    assert said[said.index("Duplicate issued on") + 1] == "1 Dec 2026"


def test_a_void_invoice_says_so_on_every_page_and_keeps_its_number():
    said = words(replace(PAPER, void_reason="Wrong client."))

    assert said[0] == "VOID"
    assert "HS-1  VOID" in said
    assert "This document is void. Wrong client." in said
    assert "To pay" not in said


def test_refunds_are_told_apart_from_payments():
    payments = (*PAID, PaperPayment(date(2026, 11, 25), "Card", -2000))
    said = words(replace(receipt("GB"), payments=payments))

    assert said[said.index("Refund, Card") + 1] == "-£20.00"
    assert said[said.index("Paid") + 1] == "£40.00"


def test_a_credit_note_names_the_invoice_that_it_corrects():
    said = words(replace(PAPER, kind=PaperKind.CREDIT_NOTE, number="HS-C1", about="Invoice HS-1 of 23 Nov 2026"))

    assert " ".join(said[said.index("For") + 1 :]).startswith("Invoice HS-1 of 23 Nov 2026")
    assert said[said.index("Credited") + 1] == "£60.00"


def test_the_same_paper_gives_the_same_bytes():
    assert draw(PAPER) == draw(PAPER)
