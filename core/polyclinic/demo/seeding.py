"""Make the demo's data, or top it up at a later start; one transaction a chain, so that nothing is left half made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from polyclinic.demo.access import DemoAccess, renew_access
from polyclinic.demo.calendar import DAYS_BACK, PlannedVisit, history, visits_on, window
from polyclinic.demo.chain import Chain
from polyclinic.demo.clientele import make_clients
from polyclinic.demo.diary import Diary
from polyclinic.demo.founding import found_chain
from polyclinic.demo.offers import make_offers
from polyclinic.demo.plan import CHAINS
from polyclinic.demo.plugin_steps import run_plugin_steps
from polyclinic.demo.progress import Progress
from polyclinic.demo.records import Trajectories, leave_unsigned, open_drafts, sign_records
from polyclinic.demo.team import hire_team
from polyclinic.demo.visits import Desk, Held
from polyclinic.identity.vocabulary import Role
from polyclinic.kit import clock
from polyclinic.kit.config import ConfigError
from polyclinic.kit.db import session, transaction
from polyclinic.kit.gathering import gathering
from polyclinic.kit.pagination import PageRequest
from polyclinic.kit.zones import to_local
from polyclinic.organisation.models import Organisation
from polyclinic.plugins.announcing import recording_only
from polyclinic.plugins.demo_steps import DemoChain
from polyclinic.scheduling.queries import AppointmentFilter, AppointmentRow, list_appointments
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.therapists.models import Therapist

Connect = Callable[[], Session]

SET_UP_BEFORE = timedelta(days=100)
"""How long ago the chain began to work with Polyclinic."""
MOST_APPOINTMENTS = 20_000
_HELD = frozenset({AppointmentStatus.STARTED, AppointmentStatus.COMPLETED})
_UNDECIDED = tuple(
    status.value
    for status in (
        AppointmentStatus.BOOKED,
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.ARRIVED,
        AppointmentStatus.STARTED,
    )
)


@dataclass(frozen=True)
class Seeder:
    """Makes and tops up the demo's chains on one database."""

    connect: Connect
    scale: float = 1.0

    @property
    def chains(self) -> tuple[Chain, ...]:
        """Return the chains of the demo at this scale."""
        return tuple(Chain(plan.scaled(self.scale)) for plan in CHAINS)

    def seed(self) -> None:
        """Make every chain that is missing and top up the others."""
        for chain in self.chains:
            # Plugins fill the past by their own demo data: thousands of deliveries would only repeat it.
            with (
                transaction(self.connect, organisation_id=chain.id, clinic_ids=chain.clinic_ids),
                recording_only(),
            ):
                _bring_up_to_date(chain)
                run_plugin_steps(chain.member(Role.CHAIN_ADMINISTRATOR), _seen_by_plugins(chain))

    def renew_access(self) -> DemoAccess:
        """Return the sign-ins of all chains with new API keys."""
        access = DemoAccess()
        for chain in self.chains:
            with transaction(self.connect, organisation_id=chain.id, clinic_ids=chain.clinic_ids):
                access += renew_access(chain)
        return access


def _seen_by_plugins(chain: Chain) -> DemoChain:
    random = Random(chain.plan.slug)  # noqa: S311 -- the same chain every time
    return DemoChain(today=_today(chain, 0, clock.now()), random=random)


def _exists(chain: Chain) -> bool:
    statement = select(Organisation.id).where(Organisation.id == chain.id)
    return session().execute(statement).scalar_one_or_none() is not None


def _bring_up_to_date(chain: Chain) -> None:
    with gathering():  # of audit rows and events alone, a chain has thousands
        if _exists(chain):
            _top_up(chain)
        else:
            _make(chain)


def _make(chain: Chain) -> None:
    now = clock.now()
    today = _today(chain, 0, now)
    print(f"Making {chain.plan.name} ...")  # noqa: T201 -- progress of a command
    with clock.frozen(now - SET_UP_BEFORE):
        found_chain(chain)
        make_offers(chain)
        hire_team(chain, today)
        clients = Progress("clients")
        make_clients(chain, today, clients)
        clients.finish()
    diary = Diary(chain.id)
    desk = Desk(chain, now, diary)
    booked = Progress("appointments")
    held = _carry_out(desk, _calendar(chain, now), {}, booked)
    ended, started = _split(held)
    to_sign, unsigned = leave_unsigned(ended)
    older = history(chain.plan, window(today)[0], max(0, chain.plan.records - len(to_sign)))
    to_sign += _carry_out(desk, older, {}, booked)
    diary.write()
    booked.finish()
    _write_records(desk, to_sign, [*unsigned, *started], Trajectories())


def _top_up(chain: Chain) -> None:
    """Move the calendar along: what was planned for days that have passed took place, new days are filled."""
    now = clock.now()
    desk = Desk(chain, now)
    _refuse_other_scale(chain)
    first = _first_undecided(chain)
    planned = _calendar(chain, now, first)
    held = _carry_out(desk, planned, _stored(chain, now, first), Progress("appointments"))
    ended, started = _split(held)
    clients = sorted({item.appointment.client_id for item in held})
    _write_records(desk, ended, started, Trajectories.of(chain, clients))


def _refuse_other_scale(chain: Chain) -> None:
    wanted = {chain.therapist_id(number) for number in range(len(chain.plan.therapists))}
    known = select(Therapist.id).where(Therapist.organisation_id == chain.id, Therapist.id.in_(wanted))
    if len(session().execute(known).all()) != len(wanted):
        raise ConfigError("The demo's data were made at another scale. Use that one, or start afresh: RESET=1.")


def _carry_out(
    desk: Desk, planned: Sequence[PlannedVisit], rows: Mapping[UUID, AppointmentRow], progress: Progress
) -> list[Held]:
    """Book what is new, bring everything to where it stands now, and return what began since the last start."""
    held, shown = [], []
    for visit in sorted(planned, key=desk.starts_at):
        row = rows.get(desk.appointment_id(visit)) or desk.book(visit)
        if row is None:
            continue
        progress.step()
        after = Held(visit, desk.advance(visit, row))
        if desk.is_shown_today(visit):
            shown.append(after)
        if after.appointment.status in _HELD and after.appointment.status != row.status:
            held.append(after)
    enlivened = [item for item in desk.enliven(shown) if item.appointment.status in _HELD]
    return held + enlivened


def _write_records(desk: Desk, ended: Sequence[Held], open_ones: Sequence[Held], known: Trajectories) -> None:
    progress = Progress("signed records")
    sign_records(desk, sorted(ended, key=lambda item: item.appointment.starts_at), known, progress)
    open_drafts(desk, open_ones, known)
    progress.finish()


def _calendar(chain: Chain, now: datetime, first: date | None = None) -> list[PlannedVisit]:
    """Return the visits of all therapists in the six weeks around today, or since an earlier first day."""
    found: list[PlannedVisit] = []
    for therapist in range(len(chain.plan.therapists)):
        days = window(_today(chain, therapist, now))
        start = min(first or days[0], days[0])
        for ordinal in range(start.toordinal(), days[-1].toordinal() + 1):
            found += visits_on(chain.plan, therapist, date.fromordinal(ordinal))
    return found


def _first_undecided(chain: Chain) -> date | None:
    """Return the day of the oldest appointment that nobody brought to an end."""
    wanted = AppointmentFilter(statuses=_UNDECIDED)
    found = list_appointments(chain.system, wanted, PageRequest(limit=1)).rows
    return found[0].local_start.date() if found else None


def _stored(chain: Chain, now: datetime, first: date | None) -> dict[UUID, AppointmentRow]:
    """Return the appointments of the calendar, and of the days since an earlier first one."""
    begins = now - timedelta(days=DAYS_BACK)
    if first is not None:
        begins = min(begins, datetime.combine(first, time(), UTC))
    wanted = AppointmentFilter(starts_from=begins - timedelta(days=2))  # whole days in every zone
    rows = list_appointments(chain.system, wanted, PageRequest(limit=MOST_APPOINTMENTS)).rows
    return {row.id: row for row in rows}


def _today(chain: Chain, therapist: int, now: datetime) -> date:
    return to_local(now, chain.place_of(therapist)[1].time_zone).date()


def _split(held: Sequence[Held]) -> tuple[list[Held], list[Held]]:
    """Return the visits that ended and those that are under way."""
    ended = [item for item in held if item.appointment.status == AppointmentStatus.COMPLETED]
    return ended, [item for item in held if item.appointment.status != AppointmentStatus.COMPLETED]
