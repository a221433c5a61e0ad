"""The calendar of a chain that nobody else uses yet: decided by scheduling's rules in memory, written at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.clients.models import Client
from polyclinic.kit import clock, zones
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict
from polyclinic.kit.ids import new_id
from polyclinic.scheduling.booking_context import BookingContext, Parties, load_context
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment
from polyclinic.scheduling.models import Appointment, Reservation
from polyclinic.scheduling.queries import CLIENT_NAME, AppointmentRow
from polyclinic.scheduling.rules.conflicts import Busy, Wish, choose_room, find_clashes
from polyclinic.scheduling.rules.status import Step, may_step
from polyclinic.scheduling.rules.times import resolve_start
from polyclinic.scheduling.services.advancing import tell_advanced
from polyclinic.scheduling.services.booking import WRITE, Booking, booked_row, booking_values, tell_booked
from polyclinic.scheduling.services.placing import Placement, placement_of, resources_of
from polyclinic.scheduling.vocabulary import AppointmentStatus


@dataclass
class _Entry:
    """One appointment: as lists show it, its columns, and what it reserves."""

    row: AppointmentRow
    values: dict[str, Any]
    reserved: list[dict[str, Any]]


@dataclass
class Diary:
    """Books and advances like scheduling's services, for clients who are known at the clinic; `write` makes it real.

    It takes no locks and reads no reservation: the chain is being made in this transaction, nobody else can book.
    """

    organisation_id: UUID
    _entries: dict[UUID, _Entry] = field(default_factory=dict, repr=False)
    _busy: dict[UUID, dict[UUID, Busy]] = field(default_factory=lambda: defaultdict(dict), repr=False)
    _contexts: dict[Parties, BookingContext] = field(default_factory=dict, repr=False)

    def book(self, actor: Actor, command: BookAppointment) -> AppointmentRow:
        """Book as `book_appointment` does; raises `Conflict` when the time cannot be had."""
        require(actor, WRITE, command.clinic_id)
        context = self._context(actor, command)
        wish = context.wish(resolve_start(command.start, context.zone))
        booking = Booking(command.id or new_id(), command, context, wish, self._place(context, wish))
        row = booked_row(booking.id, context, wish, booking.placement)
        self._entries[row.id] = _Entry(row, booking_values(actor, booking), self._reserve(booking))
        tell_booked(actor, booking)
        return row

    def advance(self, actor: Actor, command: AdvanceAppointment) -> AppointmentRow:
        """Take an appointment a step further as `advance_appointment` does; raises `Conflict` for any other step."""
        entry = self._entries[command.appointment_id]
        row, status = entry.row, AppointmentStatus(entry.row.status)
        require(actor, WRITE, row.clinic_id)
        step = may_step(status, command.to, starts_at=row.starts_at, now=clock.now())
        if not isinstance(step, Step) or step.reserves:
            raise Conflict(f"A visit that is {status} cannot become {command.to} here.")
        if step.releases:
            self._release(entry)
        entry.row = replace(row, status=command.to.value, row_version=row.row_version + 1)
        entry.values |= {
            "status": command.to.value,
            "row_version": entry.row.row_version,
            "updated_at": clock.now(),
            "cancel_reason": command.reason if command.to is AppointmentStatus.CANCELLED else None,
        }
        tell_advanced(actor, row, status, command.to)
        return entry.row

    def write(self) -> None:
        """Write all appointments and what they reserve."""
        entries = self._entries.values()
        as_booked = [entry.values for entry in entries if entry.row.row_version == 1]
        moved_on = [entry.values for entry in entries if entry.row.row_version > 1]
        reserved = [values for entry in entries for values in entry.reserved]
        for model, rows in ((Appointment, as_booked), (Appointment, moved_on), (Reservation, reserved)):
            if rows:
                session().connection().execute(insert(model.__table__), rows)  # type: ignore[arg-type]
        self._entries.clear()

    @cached_property
    def _names(self) -> Mapping[UUID, str]:
        rows = session().execute(
            select(Client.id, CLIENT_NAME.label("name")).where(Client.organisation_id == self.organisation_id)
        )
        return {row.id: row.name for row in rows}

    def _context(self, actor: Actor, command: BookAppointment) -> BookingContext:
        parties = Parties(command.clinic_id, command.service_id, command.therapist_id)
        if parties not in self._contexts:
            self._contexts[parties] = load_context(actor, parties)
        name = self._names[command.client_id]
        return replace(self._contexts[parties], parties=replace(parties, client_id=command.client_id), client_name=name)

    def _place(self, context: BookingContext, wish: Wish) -> Placement:
        busy = [
            each
            for resource_id in resources_of(context, wish)
            for each in self._busy[resource_id].values()
            if wish.reserved.overlaps(each.starts_at, each.ends_at)
        ]
        day = zones.to_local(wish.starts_at, context.zone).date()
        situation = context.situation(day, busy, not_before=context.start_of_today())
        clashes = find_clashes(wish, situation)
        if clashes:
            reasons = ", ".join(clash.reason.value for clash in clashes)
            raise Conflict(f"This time cannot be booked: {reasons}.")
        return placement_of(wish, choose_room(wish, situation), (), None)

    def _reserve(self, booking: Booking) -> list[dict[str, Any]]:
        clinic_id, reserved = booking.command.clinic_id, []
        for claim in booking.placement.claims:
            span = claim.span
            busy = Busy(claim.kind, claim.resource_id, span.starts_at, span.ends_at, clinic_id, booking.id)
            self._busy[claim.resource_id][booking.id] = busy
            reserved.append(
                {
                    "organisation_id": self.organisation_id,
                    "clinic_id": clinic_id,
                    "appointment_id": booking.id,
                    "id": new_id(),
                    "resource_kind": claim.kind.value,
                    "resource_id": claim.resource_id,
                    "starts_at": span.starts_at,
                    "ends_at": span.ends_at,
                    "overbooked": claim.is_overbooked,
                    "active": True,
                }
            )
        return reserved

    def _release(self, entry: _Entry) -> None:
        for values in entry.reserved:
            values["active"] = False
            self._busy[values["resource_id"]].pop(entry.row.id, None)
