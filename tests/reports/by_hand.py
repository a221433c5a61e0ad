"""Every core report and figure computed again in plain Python over the rows that were written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.reports.chance import NOW, Rows

HAPPENED = {"arrived", "started", "completed"}
MEASURES = {"nrs11": (-1, Decimal(2)), "ppt": (1, Decimal("0.5"))}
"""Direction in which it gets better, and the smallest change that matters."""


class ByHand:
    """Answers for some clinics and a span of local days, without SQL."""

    def __init__(self, rows: Rows, clinics: set[UUID], first_on: date, last_on: date) -> None:
        self.rows, self.clinics, self.first_on, self.last_on = rows, clinics, first_on, last_on
        self.names = {row["id"]: row["display_name"] for row in rows.therapists}
        self.clinic_names = {clinic.id: clinic.name for clinic in rows.world.clinics}

    def client(self, client_id: UUID) -> UUID:
        while client_id in self.rows.merged:
            client_id = self.rows.merged[client_id]
        return client_id

    def day(self, visit: dict[str, Any], name: str = "starts_at") -> date:
        return visit[name].astimezone(self.rows.zone(visit["clinic_id"])).date()

    def visits(self, statuses: set[str] | None = None, *, ever: bool = False) -> Iterator[dict[str, Any]]:
        for visit in self.rows.appointments:
            is_asked = statuses is None or visit["status"] in statuses
            is_inside = (ever or self.first_on <= self.day(visit)) and self.day(visit) <= self.last_on
            if visit["clinic_id"] in self.clinics and is_asked and is_inside:
                yield visit

    def days(self) -> list[date]:
        return [self.first_on + timedelta(days=n) for n in range((self.last_on - self.first_on).days + 1)]

    def bookable(self) -> dict[tuple[UUID, UUID, date], int]:
        """Count every working minute of every day, one by one."""
        left = {row["id"]: row["archived_at"] for row in self.rows.therapists}
        found: dict[tuple[UUID, UUID, date], int] = defaultdict(int)
        for hours in self.rows.hours:
            if hours["clinic_id"] not in self.clinics:
                continue
            zone, gone = self.rows.zone(hours["clinic_id"]), left[hours["therapist_id"]]
            for day in self.days():
                is_valid = hours["valid_from"] <= day and (hours["valid_until"] is None or day <= hours["valid_until"])
                is_there = gone is None or day <= gone.astimezone(zone).date()
                if day.weekday() == hours["weekday"] and is_valid and is_there:
                    minutes = minutes_on_the_clock(hours["starts_at"], hours["ends_at"], day, zone)
                    found[hours["clinic_id"], hours["therapist_id"], day] += minutes
        return found

    # Reports

    def utilisation(self) -> list[dict[str, Any]]:
        booked: dict[tuple[UUID, UUID], int] = defaultdict(int)
        bookable: dict[tuple[UUID, UUID], int] = defaultdict(int)
        for visit in self.visits(HAPPENED | {"booked", "confirmed"}):
            booked[visit["clinic_id"], visit["therapist_id"]] += minutes_of(visit)
        for (clinic_id, therapist_id, _day), minutes in self.bookable().items():
            bookable[clinic_id, therapist_id] += minutes
        return [
            {**self.place(*place), "booked": booked[place], "bookable": bookable[place]}
            | {"used": share(booked[place], bookable[place]), "which": "kept"}
            for place in {*booked, *bookable}
            if booked[place] or bookable[place]
        ]

    def no_show(self) -> list[dict[str, Any]]:
        due = self.grouped(HAPPENED | {"no_show"}, lambda visit: (visit["clinic_id"], visit["therapist_id"]))
        rows = []
        for place, visits in due.items():
            missed = len([visit for visit in visits if visit["status"] == "no_show"])
            counts = {"due": len(visits), "no_shows": missed, "rate": share(missed, len(visits)), "which": "due"}
            rows.append(self.place(*place) | counts)
        return rows

    def therapist_load(self) -> list[dict[str, Any]]:
        def key(visit: dict[str, Any]) -> tuple[Any, ...]:
            day = self.day(visit)
            return visit["clinic_id"], visit["therapist_id"], day - timedelta(days=day.weekday())

        return [
            self.place(clinic_id, therapist_id)
            | {"week_on": week, "visits": len(visits), "minutes": sum(map(minutes_of, visits)), "which": "happened"}
            | {"clients": len({self.client(visit["client_id"]) for visit in visits})}
            | {"first_on": max(week, self.first_on), "last_on": min(week + timedelta(days=6), self.last_on)}
            for (clinic_id, therapist_id, week), visits in self.grouped(HAPPENED, key).items()
        ]

    def new_and_returning(self) -> list[dict[str, Any]]:
        rows = []
        for clinic_id in self.clinics:
            clients = [row for row in self.clients_of_period() if row["clinic_id"] == clinic_id]
            new = len([row for row in clients if row["kind"] == "new"])
            counts = {"clients": len(clients), "new": new, "returning": len(clients) - new}
            if clients:
                name = {"clinic_id": clinic_id, "clinic": self.clinic_names[clinic_id]}
                rows.append(name | counts | {"share_new": share(new, len(clients))})
        return rows

    def clients_of_period(self) -> list[dict[str, Any]]:
        days: dict[tuple[UUID, UUID], list[date]] = defaultdict(list)
        for visit in self.visits(HAPPENED, ever=True):
            days[visit["clinic_id"], self.client(visit["client_id"])].append(self.day(visit))
        return [
            {
                "clinic_id": clinic_id,
                "clinic": self.clinic_names[clinic_id],
                "client_id": client_id,
                "client": self.name_of_client(client_id),
                "kind": "new" if min(seen) >= self.first_on else "returning",
                "visits": len([day for day in seen if day >= self.first_on]),
                "first_visit_on": min(seen),
                "last_visit_on": max(seen),
            }
            for (clinic_id, client_id), seen in days.items()
            if max(seen) >= self.first_on
        ]

    def unsigned_records(self) -> list[dict[str, Any]]:
        records = {row["appointment_id"]: row["id"] for row in self.rows.records}
        signed = {row["record_id"] for row in self.rows.versions}
        return [
            self.place(visit["clinic_id"], visit["therapist_id"])
            | {
                "appointment_id": visit["id"],
                "record_id": records.get(visit["id"]),
                "client_id": self.client(visit["client_id"]),
                "client": self.name_of_client(visit["client_id"]),
                "service": self.service(visit),
                "on_date": self.day(visit),
                "state": "Draft" if visit["id"] in records else "Not begun",
                "days": (NOW.astimezone(self.rows.zone(visit["clinic_id"])).date() - self.day(visit)).days,
            }
            for visit in self.visits(HAPPENED)
            if visit["ends_at"] <= NOW and records.get(visit["id"]) not in signed
        ]

    def appointments(self, statuses: set[str] | None = None) -> list[dict[str, Any]]:
        return [
            self.place(visit["clinic_id"], visit["therapist_id"])
            | {
                "appointment_id": visit["id"],
                "on_date": self.day(visit),
                "starts_at": visit["starts_at"],
                "client_id": self.client(visit["client_id"]),
                "client": self.name_of_client(visit["client_id"]),
                "service": self.service(visit),
                "minutes": minutes_of(visit),
                "status": visit["status"],
            }
            for visit in self.visits(statuses)
        ]

    def records(self) -> list[dict[str, Any]]:
        rows = []
        for record in self.rows.records:
            day = self.day(record, "service_at")
            if record["clinic_id"] not in self.clinics or not self.first_on <= day <= self.last_on:
                continue
            versions = [row for row in self.rows.versions if row["record_id"] == record["id"]]
            rows.append(
                self.place(record["clinic_id"], record["therapist_id"])
                | {
                    "record_id": record["id"],
                    "on_date": day,
                    "service_at": record["service_at"],
                    "client_id": self.client(record["client_id"]),
                    "client": self.name_of_client(record["client_id"]),
                    "service": record["service_name"],
                    "state": ("draft", "signed", "amended")[min(len(versions), 2)],
                    "signed_at": min((row["recorded_at"] for row in versions), default=None),
                }
            )
        return rows

    def outcome_change(self) -> dict[tuple[str, str], tuple[Any, ...]]:
        """Return clients, improved, unchanged, worse and the median by measure and moment."""
        newest: dict[UUID, int] = defaultdict(int)
        privacy = {row["id"]: row["privacy"] for row in self.rows.records}
        for row in self.rows.versions:
            newest[row["record_id"]] = max(newest[row["record_id"]], row["version"])
        values: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
        for row in self.rows.measurements:
            day, is_newest = self.day(row, "service_at"), row["version"] == newest[row["record_id"]]
            is_asked = row["clinic_id"] in self.clinics and self.first_on <= day <= self.last_on
            if is_asked and is_newest and row["code"] in MEASURES and privacy[row["record_id"]] != "author":
                client = self.client(row["client_id"])
                values[row["code"], row["moment"], client, row["service_at"], row["record_id"]].append(row["value"])
        courses: dict[tuple[Any, ...], list[tuple[Any, Fraction]]] = defaultdict(list)
        for (code, moment, client, at, record_id), found in values.items():
            courses[code, moment, client].append(((at, record_id), Fraction(sum(found)) / len(found)))
        changes: dict[tuple[str, str], list[Fraction]] = defaultdict(list)
        for (code, moment, _client), visits in courses.items():
            if len(visits) > 1:
                changes[code, moment].append(max(visits)[1] - min(visits)[1])
        return {key: outcome(key[0], found) for key, found in changes.items()}

    # Daily figures

    def figure(self, key: str) -> dict[tuple[UUID, date], int]:
        kept = HAPPENED | {"booked", "confirmed"}
        counted: dict[str, tuple[set[str], Callable[[Any], int]]] = {
            "core.booked": (kept | {"no_show"}, lambda _visit: 1),
            "core.completed": ({"completed"}, lambda _visit: 1),
            "core.no_shows": ({"no_show"}, lambda _visit: 1),
            "core.cancelled": ({"cancelled"}, lambda _visit: 1),
            "core.minutes_booked": (kept, minutes_of),
        }
        found: dict[tuple[UUID, date], int] = defaultdict(int)
        if key in counted:
            statuses, value = counted[key]
            for visit in self.visits(statuses):
                found[visit["clinic_id"], self.day(visit)] += value(visit)
        elif key == "core.minutes_bookable":
            for (clinic_id, _therapist_id, day), minutes in self.bookable().items():
                found[clinic_id, day] += minutes
        elif key == "core.records_signed":
            for row in self.records():
                found[row["clinic_id"], row["on_date"]] += row["state"] != "draft"
        else:
            known: dict[tuple[UUID, UUID], list[date]] = defaultdict(list)
            for row in self.rows.links:
                known[row["clinic_id"], self.client(row["client_id"])].append(self.day(row, "created_at"))
            for (clinic_id, _client), days in known.items():
                if clinic_id in self.clinics and self.first_on <= min(days) <= self.last_on:
                    found[clinic_id, min(days)] += 1
        return {place: value for place, value in found.items() if value}

    # Names

    def place(self, clinic_id: UUID, therapist_id: UUID) -> dict[str, Any]:
        return {
            "clinic_id": clinic_id,
            "clinic": self.clinic_names[clinic_id],
            "therapist_id": therapist_id,
            "therapist": self.names[therapist_id],
        }

    def name_of_client(self, client_id: UUID) -> str:
        row = next(row for row in self.rows.clients if row["id"] == self.client(client_id))
        return f"{row['given_name']} {row['family_name']}"

    def service(self, visit: dict[str, Any]) -> str:
        return next(row["name"] for row in self.rows.services if row["id"] == visit["service_id"])

    def grouped(self, statuses: set[str], key: Callable[[dict[str, Any]], Any]) -> dict[Any, list[dict[str, Any]]]:
        found = defaultdict(list)
        for visit in self.visits(statuses):
            found[key(visit)].append(visit)
        return found


def minutes_of(visit: dict[str, Any]) -> int:
    return int((visit["ends_at"] - visit["starts_at"]).total_seconds()) // 60


@cache
def minutes_on_the_clock(starts_at: time, ends_at: time, day: date, zone: ZoneInfo) -> int:
    """Walk through the day in steps of a quarter of an hour and count those whose wall time lies in the hours."""
    at = datetime.combine(day, datetime.min.time(), UTC) - timedelta(hours=15)
    minutes = 0
    for _ in range(4 * 54):
        local = at.astimezone(zone)
        if local.date() == day and starts_at <= local.time() < ends_at:
            minutes += 15
        at += timedelta(minutes=15)
    return minutes


def share(part: int, whole: int) -> Decimal | None:
    exact = Decimal(part) * 100 / Decimal(whole) if whole else None
    return None if exact is None else exact.quantize(Decimal("0.1"), ROUND_HALF_UP)


def outcome(code: str, changes: list[Fraction]) -> tuple[Any, ...]:
    if len(changes) < 5:
        return (None, None, None, None, None)
    direction, smallest = MEASURES[code]
    better = len([change for change in changes if change * direction >= smallest])
    worse = len([change for change in changes if -change * direction >= smallest])
    exact = Fraction(median(changes))
    middle = (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return (len(changes), better, len(changes) - better - worse, worse, middle)
