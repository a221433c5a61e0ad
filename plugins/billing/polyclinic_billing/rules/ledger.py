"""The double-entry postings of every act: what is debited is credited, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from polyclinic_billing.rules.taxes import Amounts
from polyclinic_billing.vocabulary import Account, InvoiceKind, Method, TaxPoint

MONEY_ACCOUNTS = {
    Method.CASH: Account.CASH,
    Method.CARD: Account.CARD,
    Method.TRANSFER: Account.BANK,
    Method.PACKAGE: Account.PACKAGE_LIABILITY,
}


@dataclass(frozen=True)
class Posting:
    """One side of an entry: exactly one of both amounts is above zero."""

    account: Account
    debit_minor: int = 0
    credit_minor: int = 0


Postings = tuple[Posting, ...]


def income_account(kind: InvoiceKind) -> Account:
    """Return where an invoice's net goes: a package is owed to the client until it is redeemed."""
    return Account.PACKAGE_LIABILITY if kind is InvoiceKind.PACKAGE else Account.REVENUE


def of_issue(kind: InvoiceKind, amounts: Amounts) -> Postings:
    """Return what issuing an invoice posts."""
    return _without_zeros(
        Posting(Account.RECEIVABLE, debit_minor=amounts.gross_minor),
        Posting(income_account(kind), credit_minor=amounts.net_minor),
        Posting(Account.TAX_PAYABLE, credit_minor=amounts.tax_minor),
    )


def of_credit(kind: InvoiceKind, amounts: Amounts) -> Postings:
    """Return what a credit note posts."""
    return reversed_of(of_issue(kind, amounts))


def of_payment(method: Method, amount_minor: int) -> Postings:
    """Return what a payment posts."""
    return _without_zeros(
        Posting(MONEY_ACCOUNTS[method], debit_minor=amount_minor),
        Posting(Account.RECEIVABLE, credit_minor=amount_minor),
    )


def of_refund(method: Method, amount_minor: int) -> Postings:
    """Return what a refund posts."""
    return reversed_of(of_payment(method, amount_minor))


def of_redemption(tax_point: TaxPoint, value_minor: int) -> Postings:
    """Return what a redeemed visit posts.

    Taxed at sale: the liability becomes revenue. Taxed at redemption: nothing here, the visit's invoice makes the
    revenue and is paid from the liability by a payment of method `package`.
    """
    if tax_point is TaxPoint.REDEMPTION:
        return ()
    return _without_zeros(
        Posting(Account.PACKAGE_LIABILITY, debit_minor=value_minor), Posting(Account.REVENUE, credit_minor=value_minor)
    )


def of_difference(difference_minor: int) -> Postings:
    """Return what a till's difference posts: cash too much is credited, cash missing is debited."""
    over, short = max(difference_minor, 0), max(-difference_minor, 0)
    return _without_zeros(
        Posting(Account.CASH, debit_minor=over, credit_minor=short),
        Posting(Account.CASH_DIFFERENCE, debit_minor=short, credit_minor=over),
    )


def reversed_of(postings: Iterable[Posting]) -> Postings:
    """Return postings with their sides changed."""
    return tuple(Posting(one.account, one.credit_minor, one.debit_minor) for one in postings)


def is_balanced(postings: Sequence[Posting]) -> bool:
    """Tell whether debits equal credits."""
    return sum(one.debit_minor for one in postings) == sum(one.credit_minor for one in postings)


def _without_zeros(*postings: Posting) -> Postings:
    return tuple(one for one in postings if one.debit_minor or one.credit_minor)
