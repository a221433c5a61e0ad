"""Both texts of a stale save, side by side: what was typed here and what somebody else saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polyclinic.plugins.print_view import print_view
from polyclinic.records.section_work import SectionWork


@dataclass(frozen=True)
class DifferenceRow:
    """One field that differs."""

    section: str
    label: str
    mine: str
    theirs: str


def differences(
    work: SectionWork, typed: Mapping[str, Mapping[str, Any]], stored: Mapping[str, Mapping[str, Any]]
) -> Sequence[DifferenceRow]:
    """Return every field that differs between the typed and the stored sections, in printed form."""
    found = []
    for key, data in typed.items():
        described = work.catalogue.find(key)
        if described is None:
            continue
        mine = {row.label: row.value for row in print_view(described.description, data)}
        theirs = {row.label: row.value for row in print_view(described.description, stored.get(key, {}))}
        found += [
            DifferenceRow(described.section_type.title, label, mine.get(label, ""), theirs.get(label, ""))
            for label in dict.fromkeys([*mine, *theirs])
            if mine.get(label) != theirs.get(label)
        ]
    return found
