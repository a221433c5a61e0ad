"""The operations as requests made beforehand, and what a right answer to each is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import count
from typing import Any, TypeAlias
from urllib.parse import urlencode
from uuid import UUID

import orjson

from benchmarks.dataset import SLOTS_PER_DAY, Dataset, Slot, Visit
from benchmarks.founding import Founded
from benchmarks.texts import sections_of
from benchmarks.wire import request_bytes

Bodies: TypeAlias = Sequence[bytes]
RECORDS_SHOWN = 20
SEARCH_LETTERS = 4


@dataclass(frozen=True)
class Act:
    """One doing of an operation: its requests in order, their statuses, and what the last answers must hold."""

    requests: tuple[bytes, ...]
    statuses: tuple[int, ...]
    is_right: Callable[[Bodies], bool]


class Operations:
    """Makes acts for one founded organisation; acts that write never repeat, neither across the targets."""

    def __init__(self, founded: Founded) -> None:
        self.founded = founded
        self.data = founded.dataset
        self._free = self._bookable()
        self._unwritten = self._writable()
        self._turn = count()

    def acts(self, operation: str, number: int) -> list[Act]:
        """Return the next acts of an operation."""
        makers: dict[str, Callable[[], Act]] = {
            "a": self._day,
            "b": self._week,
            "c": self._search,
            "d": self._client_file,
            "e": self._booking,
            "f": self._record,
            "g": self._month,
        }
        return [makers[operation]() for _ in range(number)]

    def _day(self) -> Act:
        turn = next(self._turn)
        therapist, day = turn % self.data.therapists, turn * 7 % self.data.days
        first = self.data.slots[day * SLOTS_PER_DAY]
        last = self.data.slots[(day + 1) * SLOTS_PER_DAY - 1]
        query = {
            "therapist_id": self.data.id("therapist", therapist),
            "starts_at[gte]": _instant(first.starts_at),
            "starts_at[lt]": _instant(last.ends_at),
        }
        return self._read(f"/api/v1/appointments?{urlencode(query)}", lambda rows: len(rows) >= SLOTS_PER_DAY // 2)

    def _week(self) -> Act:
        turn = next(self._turn)
        clinic, week = turn % self.data.clinics, turn * 3 % (self.data.days // 5)
        query = {"clinic_id": self.data.id("clinic", clinic), "first_day": self.data.day(week * 5).isoformat()}
        return self._read(f"/api/v1/appointments/week?{urlencode(query)}", lambda rows: len(rows) >= 500)

    def _search(self) -> Act:
        family = self.data.client_name(next(self._turn) * 17 % self.data.clients)[1]
        query = {"q": family.lower()[:SEARCH_LETTERS], "limit": 20}
        return self._read(f"/api/v1/clients?{urlencode(query)}", lambda rows: 1 <= len(rows) <= 20)

    def _client_file(self) -> Act:
        client = self.data.id("client", next(self._turn) % max(self.data.clients // 5, 1))
        show = request_bytes("GET", f"/api/v1/clients/{client}", self.founded.token)
        query = urlencode({"client_id": client, "limit": RECORDS_SHOWN})
        records = request_bytes("GET", f"/api/v1/treatment-records?{query}", self.founded.token)

        def is_right(bodies: Bodies) -> bool:
            shown, listed = (orjson.loads(body) for body in bodies)
            return bool(shown["id"] == str(client) and len(listed["data"]) >= 1)

        return Act((show, records), (200, 200), is_right)

    def _month(self) -> Act:
        day = self.data.day(next(self._turn) * 5 % self.data.days)
        query = {"month": f"{day:%Y-%m}", "figures": ",".join(self.founded.figures)}
        booked = self._visits_by_month[day.year, day.month]

        def is_right(rows: list[Any]) -> bool:
            sums = [figure["value"] for row in rows for figure in row["figures"] if figure["key"] == "core.booked"]
            return len(rows) == len(sums) == self.data.clinics and sum(sums) == booked

        return self._read(f"/api/v1/ext/reporting/month?{urlencode(query)}", is_right)

    @cached_property
    def _visits_by_month(self) -> Counter[tuple[int, int]]:
        days = Counter(visit.slot.day for visit in self.data.visits())
        found: Counter[tuple[int, int]] = Counter()
        for number, visits in days.items():
            day = self.data.day(number)
            found[day.year, day.month] += visits
        return found

    def _read(self, path: str, is_right: Callable[[list[Any]], bool]) -> Act:
        request = request_bytes("GET", path, self.founded.token)
        return Act((request,), (200,), lambda bodies: is_right(orjson.loads(bodies[-1])["data"]))

    def _booking(self) -> Act:
        slot, therapist, client, number = next(self._free)
        appointment_id = self.data.id("booked", number)
        body = {
            "id": appointment_id,
            "clinic_id": self.data.id("clinic", therapist // 10),
            "client_id": self.data.id("client", client),
            "therapist_id": self.data.id("therapist", therapist),
            "service_id": self.data.id("service", number % 6),
            "starts_at": _instant(slot.starts_at),
        }
        headers = {"Idempotency-Key": f"booking-{number}"}
        request = request_bytes("POST", "/api/v1/appointments", self.founded.token, headers, body)

        def is_right(bodies: Bodies) -> bool:
            answer = orjson.loads(bodies[-1])
            wanted = (str(appointment_id), _instant(slot.starts_at), "booked")
            return (answer["id"], answer["starts_at"], answer["status"]) == wanted and bool(answer["room_name"])

        return Act((request,), (201,), is_right)

    def _record(self) -> Act:
        visit, token, number = next(self._unwritten)
        record_id = self.data.id("written", number)
        body = {
            "id": record_id,
            "appointment_id": self.data.id("appointment", visit.number),
            "sections": sections_of(number),
        }
        opening = request_bytes("POST", "/api/v1/treatment-records", token, {"Idempotency-Key": f"open-{number}"}, body)
        headers = {"Idempotency-Key": f"sign-{number}", "If-Match": '"1"'}
        late = {"late_reason": "Written down after the weekly review."}
        signing = request_bytes("POST", f"/api/v1/treatment-records/{record_id}/sign", token, headers, late)

        def is_right(bodies: Bodies) -> bool:
            answer = orjson.loads(bodies[-1])
            return bool(answer["record_id"] == str(record_id) and answer["version"] == 1)

        return Act((opening, signing), (201, 200), is_right)

    def _bookable(self) -> Iterator[tuple[Slot, int, int, int]]:
        """Yield a free half-hour, its therapist, a client who is free then, and a running number."""
        busy: dict[Slot, set[int]] = {}
        for visit in self.data.visits():
            busy.setdefault(visit.slot, set()).add(visit.client)
        client = 0
        for number, (slot, therapist) in enumerate(_spread(self.data)):
            while client % self.data.clients in busy[slot]:
                client += 1
            busy[slot].add(client % self.data.clients)
            yield slot, therapist, client % self.data.clients, number

    def _writable(self) -> Iterator[tuple[Visit, str, int]]:
        """Yield a past visit of a signing therapist for a service with the protocol, the key and a running number."""
        tokens: Sequence[tuple[UUID, str]] = self.founded.signers
        mine = (visit for visit in self.data.unwritten_visits() if visit.therapist < len(tokens))
        for number, visit in enumerate(visit for visit in mine if visit.service % 2 == 0):
            yield visit, tokens[visit.therapist][1], number


def _spread(data: Dataset) -> Iterator[tuple[Slot, int]]:
    """Yield the free half-hours so that neighbours in the order are different therapists and days."""
    found = list(data.free_slots())
    step = next(step for step in (7919, 7927, 7933) if len(found) % step)
    return (found[place * step % len(found)] for place in range(len(found)))


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
