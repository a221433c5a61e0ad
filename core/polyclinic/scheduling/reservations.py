"""Reserved time: locks in one order, reads under the lock, rows that the database keeps from overlapping."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Text,
    Uuid,
    any_,
    bindparam,
    column,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from polyclinic.access.actor import Actor
from polyclinic.access.scope import scoped_everywhere
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict
from polyclinic.kit.ids import new_id
from polyclinic.scheduling.models import Reservation
from polyclinic.scheduling.rules.conflicts import Busy
from polyclinic.scheduling.rules.times import Interval
from polyclinic.scheduling.vocabulary import LONGEST_RESERVATION, ResourceKind

NO_OVERLAP = "ex_reservation_no_overlap"


@dataclass(frozen=True)
class Claim:
    """One resource wanted for one appointment."""

    kind: ResourceKind
    resource_id: UUID
    span: Interval
    is_overbooked: bool


_LOCK = select(func.pg_advisory_xact_lock(column("key"))).select_from(
    func.unnest(bindparam("keys", type_=ARRAY(BigInteger()))).alias("key")
)
_CLAIMS = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid())),
        bindparam("kinds", type_=ARRAY(Text())),
        bindparam("resource_ids", type_=ARRAY(Uuid())),
        bindparam("starts", type_=ARRAY(DateTime(timezone=True))),
        bindparam("ends", type_=ARRAY(DateTime(timezone=True))),
        bindparam("overbooked", type_=ARRAY(Boolean())),
    )
    .table_valued("id", "kind", "resource_id", "starts_at", "ends_at", "overbooked", name="claim")
    .render_derived()
    .render_derived()
)
# One prebuilt statement for any number of claims: a list of VALUES would be compiled anew for every booking.
_INSERT = insert(Reservation.__table__).from_select(  # type: ignore[arg-type]
    [
        "organisation_id",
        "clinic_id",
        "appointment_id",
        "id",
        "resource_kind",
        "resource_id",
        "starts_at",
        "ends_at",
        "overbooked",
    ],
    select(
        bindparam("organisation_id", type_=Uuid()),
        bindparam("clinic_id", type_=Uuid()),
        bindparam("appointment_id", type_=Uuid()),
        *_CLAIMS.c,
    ),
)
_RESOURCES = bindparam("resource_ids", type_=ARRAY(Uuid()))
_STARTS_BEFORE = bindparam("ends_at", type_=DateTime(timezone=True))
_ENDS_AFTER = bindparam("starts_at", type_=DateTime(timezone=True))
_EARLIEST = bindparam("earliest", type_=DateTime(timezone=True))
_WITHOUT = bindparam("without_id", type_=Uuid())
_BUSY = (
    scoped_everywhere(
        Reservation,
        Reservation.resource_kind,
        Reservation.resource_id,
        Reservation.starts_at,
        Reservation.ends_at,
        Reservation.clinic_id,
        Reservation.appointment_id,
    )
    .where(
        Reservation.resource_id == any_(_RESOURCES),
        Reservation.active,
        # The look-back bounds the scan of the index; longer reservations cannot exist.
        Reservation.starts_at > _EARLIEST,
        Reservation.starts_at < _STARTS_BEFORE,
        Reservation.ends_at > _ENDS_AFTER,
        or_(_WITHOUT.is_(None), Reservation.appointment_id.is_distinct_from(_WITHOUT)),
    )
    .order_by(Reservation.starts_at, Reservation.id)
)
_OWN = scoped_everywhere(
    Reservation, Reservation.resource_kind, Reservation.resource_id, Reservation.starts_at, Reservation.ends_at
).where(Reservation.appointment_id == bindparam("appointment_id", type_=Uuid()), Reservation.active)
_GIVE_BACK = (
    update(Reservation)
    .where(
        Reservation.organisation_id == bindparam("b_organisation_id", type_=Uuid()),
        Reservation.appointment_id == bindparam("b_appointment_id", type_=Uuid()),
        Reservation.active,
    )
    .values(active=False)
    .execution_options(synchronize_session=False)
)
_WAITING = (
    scoped_everywhere(Reservation, Reservation.id)
    .where(
        Reservation.resource_id == bindparam("resource_id", type_=Uuid()),
        Reservation.active,
        Reservation.overbooked,
        Reservation.starts_at > _EARLIEST,
        Reservation.starts_at < _STARTS_BEFORE,
        Reservation.ends_at > _ENDS_AFTER,
    )
    .order_by(Reservation.id)
)
_other = aliased(Reservation)
_PROMOTE = (
    update(Reservation)
    .where(
        Reservation.organisation_id == bindparam("b_organisation_id", type_=Uuid()),
        Reservation.id == bindparam("reservation_id", type_=Uuid()),
        ~exists().where(
            _other.organisation_id == Reservation.organisation_id,
            _other.resource_id == Reservation.resource_id,
            _other.active,
            ~_other.overbooked,
            _other.starts_at > Reservation.starts_at - LONGEST_RESERVATION,
            _other.starts_at < Reservation.ends_at,
            _other.ends_at > Reservation.starts_at,
        ),
    )
    .values(overbooked=False)
    .returning(Reservation.appointment_id)
    .execution_options(synchronize_session=False)
)


def lock(actor: Actor, resource_ids: Iterable[UUID]) -> None:
    """Wait for the resources until the transaction ends, in one global order, so that bookings cannot deadlock."""
    keys = sorted({_lock_key(actor.organisation_id, resource_id) for resource_id in resource_ids})
    session().execute(_LOCK, {"keys": keys})


def list_busy(
    actor: Actor, resource_ids: Iterable[UUID], span: Interval, *, without: UUID | None = None
) -> Sequence[Busy]:
    """Return what takes the resources' time within the span, overbooked reservations included; one statement."""
    parameters = _span_parameters(span) | {
        "organisation_id": actor.organisation_id,
        "resource_ids": list(resource_ids),
        "without_id": without,
    }
    return [
        Busy(ResourceKind(row[0]), row[1], row[2], row[3], row[4], row[5])
        for row in session().execute(_BUSY, parameters)
    ]


def list_own(actor: Actor, appointment_id: UUID) -> Sequence[Claim]:
    """Return what an appointment keeps at the moment."""
    parameters = {"organisation_id": actor.organisation_id, "appointment_id": appointment_id}
    return [
        Claim(
            ResourceKind(row.resource_kind), row.resource_id, Interval(row.starts_at, row.ends_at), is_overbooked=False
        )
        for row in session().execute(_OWN, parameters)
    ]


def reserve(actor: Actor, appointment_id: UUID, clinic_id: UUID, claims: Sequence[Claim]) -> None:
    """Keep the resources for an appointment; the caller holds their locks and has found no conflict.

    Raises `Conflict` when the database still finds an overlap, whatever its cause.
    """
    parameters = {
        "organisation_id": actor.organisation_id,
        "clinic_id": clinic_id,
        "appointment_id": appointment_id,
        "ids": [new_id() for _ in claims],
        "kinds": [claim.kind.value for claim in claims],
        "resource_ids": [claim.resource_id for claim in claims],
        "starts": [claim.span.starts_at for claim in claims],
        "ends": [claim.span.ends_at for claim in claims],
        "overbooked": [claim.is_overbooked for claim in claims],
    }
    try:
        session().execute(_INSERT, parameters)
    except IntegrityError as error:
        if NO_OVERLAP in str(error.orig):
            raise Conflict("Somebody else has just taken this time. Choose another one.", code="time_taken") from error
        raise


def release(actor: Actor, appointment_id: UUID, claims: Sequence[Claim]) -> list[UUID]:
    """Give an appointment's time back and let overbooked reservations take it, oldest first.

    Returns the appointments that gained a regular reservation. The caller holds the locks of the claims' resources.
    """
    parameters = {"b_organisation_id": actor.organisation_id, "b_appointment_id": appointment_id}
    session().execute(_GIVE_BACK, parameters)
    return [promoted for claim in claims for promoted in _promote(actor, claim)]


def _promote(actor: Actor, claim: Claim) -> list[UUID]:
    wanted = _span_parameters(claim.span) | {
        "organisation_id": actor.organisation_id,
        "resource_id": claim.resource_id,
    }
    waiting = session().execute(_WAITING, wanted)
    mine = {"b_organisation_id": actor.organisation_id}
    promoted = []
    for reservation_id in waiting.scalars().all():
        found = session().execute(_PROMOTE, mine | {"reservation_id": reservation_id}).scalar_one_or_none()
        if found is not None:
            promoted.append(found)
    return promoted


def _span_parameters(span: Interval) -> dict[str, Any]:
    earliest: datetime = span.starts_at - LONGEST_RESERVATION
    return {"starts_at": span.starts_at, "ends_at": span.ends_at, "earliest": earliest}


def _lock_key(organisation_id: UUID, resource_id: UUID) -> int:
    digest = hashlib.blake2b(organisation_id.bytes + resource_id.bytes, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
