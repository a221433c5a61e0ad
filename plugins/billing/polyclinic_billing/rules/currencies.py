"""Currencies: which codes exist, and how many minor units make one."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from polyclinic.sdk.errors import Invalid

CODES = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG""".split()  # noqa: SIM905 -- a list of 150 literals would hide it
)
"""ISO 4217, the codes in use."""

NO_MINOR_UNIT = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())  # noqa: SIM905
THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())  # noqa: SIM905
LARGEST_MINOR = 10**13
"""Above every amount that a clinic writes down, far below what a bigint holds."""


def digits_of(currency: str) -> int:
    """Return the number of digits behind the point: 2 for most, 0 for JPY, 3 for KWD."""
    if currency in NO_MINOR_UNIT:
        return 0
    return 3 if currency in THREE_DIGITS else 2


def checked_currency(currency: str | None, field: str = "currency") -> str:
    """Return the code in capitals; raises `Invalid` for a missing or unknown one."""
    code = (currency or "").strip().upper()
    if not code:
        raise Invalid({field: "Name the currency, for example GBP: an amount without one means nothing."})
    if code not in CODES:
        raise Invalid({field: f'"{code[:8]}" is no currency in use. Give the ISO 4217 code, for example GBP.'})
    return code


def minor_of(amount: str | Decimal, currency: str, field: str = "amount") -> int:
    """Return an amount in minor units; raises `Invalid` for more digits than the currency has, never rounds."""
    try:
        value = Decimal(str(amount).strip())
    except InvalidOperation as error:
        raise Invalid({field: "Give the amount as digits, for example 55.00."}) from error
    if not value.is_finite():
        raise Invalid({field: "Give the amount as digits, for example 55.00."})
    if abs(value) >= Decimal(LARGEST_MINOR):
        raise Invalid({field: "This amount is too large. Check its digits."})
    minor = value.scaleb(digits_of(currency))
    if minor != minor.to_integral_value():
        raise Invalid({field: f"{currency} has {digits_of(currency)} digits behind the point. Leave out the others."})
    if abs(minor) >= LARGEST_MINOR:
        raise Invalid({field: "This amount is too large. Check its digits."})
    return int(minor)


def amount_of(minor: int, currency: str) -> str:
    """Return minor units as digits with a point: 5500 GBP is `55.00`."""
    digits = digits_of(currency)
    sign, text = ("-" if minor < 0 else ""), str(abs(minor)).zfill(digits + 1)
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"


def money_text(minor: int, currency: str) -> str:
    """Return an amount as an error or a document says it: `55.00 GBP`."""
    return f"{amount_of(minor, currency)} {currency}"
