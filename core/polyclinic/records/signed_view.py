"""What the page of a signed record shows: the archived form, which needs no plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from polyclinic.access.actor import Actor
from polyclinic.clients import queries as client_queries
from polyclinic.clients.header import ClientHeader, header_of
from polyclinic.kit.errors import NotFound
from polyclinic.plugins.sections import CORE
from polyclinic.records.chart_view import ChartView, chart_view
from polyclinic.records.content import SignedSection, SignedVersion
from polyclinic.records.queries.records import RecordRow
from polyclinic.records.queries.versions import StoredVersion
from polyclinic.records.services.signing import AMEND
from polyclinic.records.vocabulary import Privacy

PRIVACY_TITLES = {
    Privacy.AUTHOR: "The author alone",
    Privacy.CLINIC: "The clinic",
    Privacy.ORGANISATION: "The whole organisation",
    Privacy.NAMED: "Named colleagues",
}


LONG = 80
"""Characters from which a value takes the whole width."""


@dataclass(frozen=True)
class ShownRow:
    """One printed line; `is_wide` for text that needs the whole width."""

    label: str
    value: str
    is_wide: bool


@dataclass(frozen=True)
class ShownGroup:
    """Lines that belong together, for instance one point; the first group of a section has no title."""

    title: str
    rows: tuple[ShownRow, ...]


@dataclass(frozen=True)
class ShownSection:
    """One signed section as it was stored, in groups; a plugin's has `origin` (plugin, version) and its summary."""

    title: str
    origin: str | None
    summary: str
    groups: tuple[ShownGroup, ...]


@dataclass(frozen=True)
class SignedView:
    """The page of one signed version."""

    record: RecordRow
    client: ClientHeader
    shown: StoredVersion
    versions: Sequence[StoredVersion]
    chart: ChartView
    zone: ZoneInfo
    can_amend: bool
    is_author: bool

    @property
    def signed(self) -> SignedVersion:
        """The version that is shown."""
        return self.shown.signed

    @property
    def sections(self) -> list[ShownSection]:
        """The signed sections, made from what was stored alone."""
        return [_shown_section(section) for section in self.signed.sections]

    @property
    def is_newest(self) -> bool:
        """Whether no later version exists."""
        return self.signed.version == self.versions[0].signed.version

    @property
    def url(self) -> str:
        """The page's address."""
        return f"/treatment-records/{self.record.id}"

    @property
    def privacy_options(self) -> Sequence[tuple[str, str]]:
        """Who may read the record."""
        return [(privacy.value, title) for privacy, title in PRIVACY_TITLES.items()]


def signed_view(
    actor: Actor, record: RecordRow, versions: Sequence[StoredVersion], number: int | None = None
) -> SignedView:
    """Return the page of a version, by default the newest; raises `NotFound` for an unknown number."""
    shown = next((v for v in versions if number in {None, v.signed.version}), None)
    if shown is None:
        raise NotFound("version of this treatment record")
    client = client_queries.get_client(actor, record.client_id)
    marks = [mark for section in shown.signed.sections for mark in section.marks]
    is_author = record.author_member_id is not None and record.author_member_id == actor.member_id
    return SignedView(
        record=record,
        client=header_of(client, None, record.service_on),
        shown=shown,
        versions=versions,
        chart=chart_view(marks),
        zone=ZoneInfo(record.time_zone),
        can_amend=is_author and record.draft is None and actor.can(AMEND, record.clinic_id),
        is_author=is_author,
    )


def _shown_section(section: SignedSection) -> ShownSection:
    origin = None if section.plugin_id == CORE else f"{section.plugin_id} {section.plugin_version}"
    groups = groupby(section.print_view, key=lambda row: str(row["label"]).rpartition(": ")[0])
    shown = tuple(ShownGroup(title, tuple(map(_shown_row, rows))) for title, rows in groups)
    return ShownSection(section.title, origin, section.summary if origin else "", shown)


def _shown_row(row: Mapping[str, Any]) -> ShownRow:
    value = " ".join(str(part) for part in (row["value"], row.get("unit")) if part)
    return ShownRow(str(row["label"]).rpartition(": ")[2], value, len(value) > LONG or "\n" in value)
