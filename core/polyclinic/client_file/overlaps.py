"""Times at which two clients are both expected: one person cannot be in two places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, func
from sqlalchemy.orm import aliased

from polyclinic.access.actor import Actor
from polyclinic.access.scope import scoped_everywhere
from polyclinic.client_file.vocabulary import SHOWN_OVERLAPS
from polyclinic.kit import zones
from polyclinic.kit.db import session
from polyclinic.kit.errors import BookingConflict, Conflict
from polyclinic.organisation.models import Clinic
from polyclinic.scheduling.models import Reservation
from polyclinic.scheduling.vocabulary import LONGEST_RESERVATION, ConflictKind, ConflictReason


@dataclass(frozen=True)
class Overlap:
    """A time that both clients' appointments take, in the zone of the first one's clinic."""

    starts_at: datetime
    ends_at: datetime
    time_zone: str

    @property
    def text(self) -> str:
        """Return day and time as the clinic reads them."""
        start, end = zones.to_local(self.starts_at, self.time_zone), zones.to_local(self.ends_at, self.time_zone)
        return f"{start.day} {start:%B %Y}, {start:%H:%M} to {end:%H:%M}"


_mine, _theirs = aliased(Reservation), aliased(Reservation)
_OVERLAPS = (
    scoped_everywhere(
        _mine,
        func.greatest(_mine.starts_at, _theirs.starts_at),
        func.least(_mine.ends_at, _theirs.ends_at),
        Clinic.time_zone,
    )
    .join(
        _theirs,
        and_(
            _theirs.organisation_id == _mine.organisation_id,
            _theirs.resource_id == bindparam("other_id", type_=Uuid()),
            _theirs.active,
            _theirs.starts_at > _mine.starts_at - LONGEST_RESERVATION,
            _theirs.starts_at < _mine.ends_at,
            _theirs.ends_at > _mine.starts_at,
        ),
    )
    .join(Clinic, and_(Clinic.organisation_id == _mine.organisation_id, Clinic.id == _mine.clinic_id))
    .where(_mine.resource_id == bindparam("client_id", type_=Uuid()), _mine.active)
    .order_by(_mine.starts_at, _theirs.starts_at)
    .limit(SHOWN_OVERLAPS)
)


def list_overlaps(actor: Actor, client_id: UUID, other_id: UUID) -> Sequence[Overlap]:
    """Return the times that appointments of both clients take, at whatever clinic; the earliest twenty."""
    parameters = {"organisation_id": actor.organisation_id, "client_id": client_id, "other_id": other_id}
    return [Overlap(*row) for row in session().execute(_OVERLAPS, parameters)]


def refuse_overlaps(overlaps: Sequence[Overlap]) -> None:
    """Raise `Conflict` naming the times at which both clients are expected."""
    if not overlaps:
        return
    raise Conflict(
        f"Both clients have appointments at the same time: {'; '.join(found.text for found in overlaps)}. "
        "Move or cancel one of each, or mark the two as different people.",
        code="appointments_overlap",
        conflicts=[
            BookingConflict(
                ConflictReason.CLIENT_BUSY.value,
                ConflictKind.CLIENT.value,
                found.starts_at,
                found.ends_at,
                f"Both clients are expected on {found.text}.",
            )
            for found in overlaps
        ],
    )
