"""What the page of a signed record shows: the archived form, which needs no plugin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from polyclinic.access.actor import Actor
from polyclinic.clients import queries as client_queries
from polyclinic.clients.header import ClientHeader, header_of
from polyclinic.kit.errors import NotFound
from polyclinic.records.chart_view import ChartView, chart_view
from polyclinic.records.content import SignedVersion
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
