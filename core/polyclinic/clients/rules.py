"""Pure decisions about clients, duplicates and flags."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from polyclinic.clients.folding import fold_email, phone_key
from polyclinic.clients.rows import ClientIdentity, ClientRow, FlagRow
from polyclinic.clients.vocabulary import DuplicateReason
from polyclinic.kit.errors import Conflict
from polyclinic.plugins.contract import SafetySeverity

EARLIEST_BIRTH = date(1900, 1, 1)
_ORDER = tuple(SafetySeverity)


def age_on(birth_on: date | None, day: date) -> int | None:
    """Return the age in whole years on a day; None = unknown. Who is born on 29 February is older on 1 March."""
    if birth_on is None:
        return None
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def refuse_erased(client: ClientRow) -> None:
    """Raise `Conflict` for a client whose personal data were erased."""
    if client.erased_at is not None:
        raise Conflict("This client was erased. Nothing is added or changed any more.", code="client_erased")


def birth_problem(birth_on: date | None, today: date) -> str | None:
    """Return why a birth date cannot be right, None when it can."""
    if birth_on is not None and not EARLIEST_BIRTH <= birth_on <= today:
        return "Give a birth date from 1900 up to today."
    return None


def is_active(flag: FlagRow, on: date) -> bool:
    """Tell whether a flag counts on a day: from its first day, up to but without `until_on`."""
    return (flag.since_on is None or flag.since_on <= on) and (flag.until_on is None or on < flag.until_on)


def by_severity(flags: Iterable[FlagRow]) -> list[FlagRow]:
    """Return flags with the strongest first."""
    return sorted(flags, key=lambda flag: (_ORDER.index(flag.severity), flag.label, flag.id))


def strictest(chosen: SafetySeverity | None, known: SafetySeverity | None) -> SafetySeverity | None:
    """Return the stronger severity: a therapist may tighten what a safety rule says, never loosen it."""
    given = [severity for severity in (chosen, known) if severity is not None]
    return min(given, key=_ORDER.index) if given else None


def duplicate_reasons(wanted: ClientIdentity, known: ClientIdentity, *, is_similar_name: bool) -> list[DuplicateReason]:
    """Return why `known` may be the wanted person, none when nothing speaks for it.

    A similar name alone counts unless both birth dates are known and differ.
    """
    email, phone = fold_email(wanted.email), phone_key(wanted.phone)
    births = {wanted.birth_on, known.birth_on} - {None}
    found = []
    if is_similar_name and len(births) < 2:
        found.append(DuplicateReason.NAME)
    if email and email == fold_email(known.email):
        found.append(DuplicateReason.EMAIL)
    if phone and phone == phone_key(known.phone):
        found.append(DuplicateReason.PHONE)
    if found and wanted.birth_on is not None and wanted.birth_on == known.birth_on:
        found.append(DuplicateReason.BIRTH_DATE)
    return found
