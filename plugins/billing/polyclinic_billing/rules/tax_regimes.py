"""How five countries tax massage, as data, and the decision that follows from a therapist's registration.

Facts and thresholds as of mid-2026; an organisation checks them with its adviser. A regime says what is taxed once
somebody is registered for the tax; who has to register (turnover) is not computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from polyclinic_billing.vocabulary import TaxCategory, TaxReason

ZERO = Decimal(0)


@dataclass(frozen=True)
class Rate:
    """A rate in percent, from a day on; `region` is a province or state, empty = the whole country."""

    percent: Decimal
    region: str = ""
    valid_from: date = date.min


@dataclass(frozen=True)
class Exemption:
    """A category that is not taxed when the therapist is registered with one of these bodies.

    No bodies = any statutory registration that is valid on the day.
    """

    category: TaxCategory
    authorities: frozenset[str]
    note: str


@dataclass(frozen=True)
class Regime:
    """A country's rules; `set_by_clinic` = the country leaves the rate to the place, so the clinic states it."""

    country: str
    tax_name: str
    rates: tuple[Rate, ...]
    exemptions: tuple[Exemption, ...] = ()
    set_by_clinic: bool = False
    note: str = ""


@dataclass(frozen=True)
class TaxQuestion:
    """What the tax of a line depends on, all of it on the service date.

    `authority` is where the therapist is registered for the service's modality, empty = nowhere. `seller_registered_on`
    and `therapist_registered_on` say since when either is registered for the tax; None = not.
    """

    country: str
    region: str
    category: TaxCategory
    on: date
    authority: str = ""
    seller_registered_on: date | None = None
    therapist_registered_on: date | None = None
    clinic_rate: Decimal | None = None

    @property
    def is_registered(self) -> bool:
        """Tell whether tax may be charged at all: the seller is registered, or the therapist is."""
        return any(
            since is not None and since <= self.on
            for since in (self.seller_registered_on, self.therapist_registered_on)
        )


@dataclass(frozen=True)
class TaxVerdict:
    """The rate of a line, why it applies, and what the document says about it."""

    rate: Decimal
    reason: TaxReason
    tax_name: str = ""
    note: str = ""


def _canada() -> Regime:
    atlantic = ("NB", "NL", "PE")
    rates = (
        Rate(Decimal(5)),
        Rate(Decimal(13), "ON"),
        *(Rate(Decimal(15), region) for region in atlantic),
        Rate(Decimal(15), "NS"),
        Rate(Decimal(14), "NS", date(2025, 4, 1)),
        Rate(Decimal("14.975"), "QC"),
    )
    note = "Massage therapy is taxable: there is no exemption for it in the Excise Tax Act."
    return Regime("CA", "GST/HST", rates, note=note)


REGIMES: Mapping[str, Regime] = {
    regime.country: regime
    for regime in (
        _canada(),
        Regime(
            "AU",
            "GST",
            (Rate(Decimal(10)),),
            note="Remedial massage is not among the GST-free services of section 38-10.",
        ),
        Regime(
            "GB",
            "VAT",
            (Rate(Decimal(20)),),
            (
                Exemption(
                    TaxCategory.TREATMENT,
                    frozenset({"HCPC", "GOSC", "GCC", "GMC", "NMC", "GDC", "GOC", "GPHC"}),
                    "Exempt from VAT: care by a member of a statutory health profession.",
                ),
            ),
            note="Massage by members of voluntary registers is standard-rated.",
        ),
        Regime(
            "US",
            "Sales tax",
            (Rate(ZERO),),
            set_by_clinic=True,
            note="Most states do not tax massage; where yours does, set the rate at the clinic.",
        ),
        Regime(
            "DE",
            "USt",
            (Rate(Decimal(19)),),
            (
                Exemption(
                    TaxCategory.TREATMENT,
                    frozenset(),
                    "Umsatzsteuerfrei nach § 4 Nr. 14 Buchst. a UStG (Heilbehandlung).",
                ),
            ),
            note="Curative treatment by licensed professions is exempt; wellness is not.",
        ),
    )
}
"""By ISO 3166 country code; the United Kingdom is also found as UK."""


def find_regime(country: str) -> Regime | None:
    """Return a country's regime, if it is known."""
    code = country.strip().upper()
    return REGIMES.get("GB" if code == "UK" else code)


def decide_tax(question: TaxQuestion) -> TaxVerdict:
    """Return the tax of a line."""
    regime = find_regime(question.country)
    if regime is None and question.clinic_rate is None:
        return TaxVerdict(ZERO, TaxReason.UNKNOWN_COUNTRY, note="No tax rule is known for this country.")
    name = regime.tax_name if regime else "Tax"
    if regime is None or (regime.set_by_clinic and question.clinic_rate is not None):
        return TaxVerdict(question.clinic_rate or ZERO, TaxReason.SET_HERE, name)
    if regime.set_by_clinic:
        return TaxVerdict(ZERO, TaxReason.NOT_TAXED, name)
    exemption = _exemption(regime, question)
    if exemption is not None:
        return TaxVerdict(ZERO, TaxReason.EXEMPT, name, exemption.note)
    if not question.is_registered:
        return TaxVerdict(ZERO, TaxReason.NOT_REGISTERED, name, f"No {name} is charged: not registered for it.")
    if question.clinic_rate is not None:
        return TaxVerdict(question.clinic_rate, TaxReason.SET_HERE, name)
    return TaxVerdict(rate_on(regime, question.region, question.on), TaxReason.STANDARD, name)


def rate_on(regime: Regime, region: str, on: date) -> Decimal:
    """Return the rate of a region on a day: its own before the country's, the latest before older ones."""
    wanted = region.strip().upper()
    found = [rate for rate in regime.rates if rate.region in {wanted, ""} and rate.valid_from <= on]
    return max(found, key=lambda rate: (rate.region == wanted, rate.valid_from)).percent


def _exemption(regime: Regime, question: TaxQuestion) -> Exemption | None:
    authority = question.authority.strip().upper()
    if not authority:
        return None
    for exemption in regime.exemptions:
        fits = not exemption.authorities or authority in exemption.authorities
        if exemption.category is question.category and fits:
            return exemption
    return None
