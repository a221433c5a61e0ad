"""Pure decisions about two files that become one, and about parting them again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from polyclinic.client_file.vocabulary import CONTACT_FIELDS

Contact: TypeAlias = Mapping[str, Any]
"""Contact data by field name."""
BLANK = (None, "")
NAMES = ("given_name", "family_name")
"""A client always has one of these."""


def default_take(survivor: Contact, going: Contact) -> frozenset[str]:
    """Return the fields that the survivor lacks and the other file has."""
    return frozenset(name for name in CONTACT_FIELDS if survivor[name] in BLANK and going[name] not in BLANK)


def merged_contact(survivor: Contact, going: Contact, take: Collection[str]) -> dict[str, Any]:
    """Return the survivor's contact data with the taken fields from the other file."""
    return {name: (going if name in take else survivor)[name] for name in CONTACT_FIELDS}


def changes_between(before: Contact, after: Contact) -> dict[str, list[str | None]]:
    """Return what changed as text, by field: the value before and the value after."""
    return {
        name: [as_text(before[name]), as_text(after[name])] for name in CONTACT_FIELDS if before[name] != after[name]
    }


@dataclass(frozen=True)
class Restoring:
    """Which values of the survivor an undone merge puts back, and which it leaves since they changed again."""

    values: Contact
    kept: tuple[str, ...]


def restoring(current: Contact, changed: Mapping[str, list[str | None]]) -> Restoring:
    """Return the former value of each field that still holds what the merge put there."""
    untouched = {name: before for name, (before, after) in changed.items() if as_text(current[name]) == after}
    if not any(untouched.get(name, current[name]) for name in NAMES):
        untouched = {name: before for name, before in untouched.items() if name not in NAMES}
    kept = tuple(name for name in CONTACT_FIELDS if name in changed and name not in untouched)
    return Restoring({name: from_text(name, before) for name, before in untouched.items()}, kept)


def as_text(value: Any) -> str | None:
    """Return a contact value as the journal keeps it."""
    return value.isoformat() if isinstance(value, date) else value


def from_text(name: str, text: str | None) -> Any:
    """Return the contact value that the journal keeps."""
    return date.fromisoformat(text) if name == "birth_on" and text else text
