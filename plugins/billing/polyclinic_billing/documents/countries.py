"""What a receipt must hold in each country, as data; sources and status are those of the domain file of billing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ReceiptForm:
    """How a country's receipt speaks: the words for the tax number, the therapist's registration and the treatment."""

    title: str = "Receipt"
    tax_number: str = "Tax number"
    registration: str = "Registration"
    insurer_number: str = ""
    treatment: str = "{description}"
    """`{description}` and `{minutes}` are filled in; used for lines that are treatments."""
    shows_birth: bool = False
    shows_times: bool = False
    shows_codes: bool = False
    shows_signature: bool = False
    statement: str = ""


FORMS: Mapping[str, ReceiptForm] = {
    "CA": ReceiptForm(
        tax_number="GST/HST number",
        registration="RMT registration",
        treatment="Massage Therapy treatment, {minutes} minutes",
        shows_signature=True,
    ),
    "AU": ReceiptForm(
        tax_number="ABN",
        registration="Association membership",
        insurer_number="Provider number",
        shows_birth=True,
        shows_times=True,
    ),
    "GB": ReceiptForm(tax_number="VAT number"),
    "US": ReceiptForm(
        title="Superbill",
        tax_number="Tax id (EIN)",
        registration="Licence",
        insurer_number="NPI",
        shows_birth=True,
        shows_times=True,
        shows_codes=True,
        shows_signature=True,
        statement="The client paid for these services. Please reimburse the client.",
    ),
    "DE": ReceiptForm(tax_number="Steuernummer / USt-IdNr."),
}
PLAIN = ReceiptForm()


def form_of(country: str) -> ReceiptForm:
    """Return the form of a country; one without rules of its own gets the plain one."""
    code = country.strip().upper()
    return FORMS.get("GB" if code == "UK" else code, PLAIN)
