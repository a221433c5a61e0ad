"""Weeks of two clinics filled by chance with signed protocols: points that come again, feedback, amendments, drafts.

The clinics stand in different zones, whose clocks change within these weeks.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from polyclinic.access.actor import Actor
from polyclinic.kit import clock
from polyclinic.records.commands import OpenRecord, SaveDraft, SignRecord
from polyclinic.records.core_sections.safety import NONE
from polyclinic.records.queries.records import get_record_row
from polyclinic.records.services.amending import amend_treatment_record
from polyclinic.records.services.checks import check_treatment_record
from polyclinic.records.services.opening import open_treatment_record
from polyclinic.records.services.saving import save_draft
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.records.vocabulary import SAFETY, SOAP, Privacy
from polyclinic.sdk.errors import PolyclinicError
from polyclinic_neuromuscular.catalogue import muscles, regions
from polyclinic_neuromuscular.vocabulary import MODALITY, SECTION_KEY, Sensation, Signal

FIRST, LAST = date(2026, 10, 12), date(2026, 11, 14)
"""The clocks go back in London on 25 October, in New York on 1 November."""
REASON = "Written for a test"
NOTE = {"complaint": "Stiff neck", "pain_before": 6, "pain_after": 3, "plan": "Again in a week"}
PRIVACY = (Privacy.CLINIC, Privacy.CLINIC, Privacy.ORGANISATION, Privacy.AUTHOR)


@dataclass(frozen=True)
class Written:
    """What a therapist signed last in the record of a visit."""

    clinic_id: UUID
    starts_at: datetime
    privacy: Privacy
    protocol: dict[str, Any]


class Weeks:
    """Treats clients; the same seed gives the same treatments."""

    def __init__(self, make: Any, world: Any, db: Session, seed: int) -> None:
        self.make, self.db = make, db
        self.random = Random(f"neuromuscular {seed}")
        self.people = [world.people["therapist"], world.elsewhere["therapist"]]
        self.clinics = [clinic.id for clinic in world.clinics]
        self.written: dict[UUID, Written] = {}
        self.done: Counter[str] = Counter()

    def fill(self, visits: int) -> None:
        """Let so many clients come, in the order of their visits."""
        with clock.frozen(datetime.combine(FIRST, time(), UTC)):
            self._furnish()
        quarters = (LAST - FIRST).days * 96
        for quarter in sorted(self.random.choices(range(quarters), k=visits)):
            at = datetime.combine(FIRST, time(), UTC) + timedelta(minutes=15 * quarter)
            with suppress(PolyclinicError), self.db.begin_nested():
                self._treat(at)

    def _furnish(self) -> None:
        self.therapists = [
            self.make.therapist(clinic_id=clinic_id, member_id=person.member.id).id
            for clinic_id, person in zip(self.clinics, self.people, strict=True)
        ]
        self.service = self.make.service(minutes=60, modality=MODALITY)
        birth = date(1985, 3, 2)
        self.clients = [
            self.make.client(name, clinic_id=self.random.choice(self.clinics), birth_on=birth).id for name in "ABC"
        ]
        self.points = {client_id: [self._point() for _ in range(4)] for client_id in self.clients}

    def _treat(self, at: datetime) -> None:
        """Treat a client; some records stay drafts, some are amended days after they were signed."""
        place, client_id = self.random.randrange(2), self.random.choice(self.clients)
        ids = {"clinic_id": self.clinics[place], "therapist_id": self.therapists[place], "client_id": client_id}
        author, privacy = self.people[place].actor, self.random.choice(PRIVACY)
        with clock.frozen(at + timedelta(minutes=50)):
            visit = self.make.appointment(status="started", starts_at=at, service_id=self.service.id, **ids)
            record = open_treatment_record(author, OpenRecord(visit.id, privacy=privacy))
            protocol = self._protocol(client_id)
            self._write(author, record.id, protocol)
            if self.random.random() < 0.15:
                self.done["draft"] += 1
                return
            self._sign(author, record.id)
        self._keep(record.id, Written(self.clinics[place], at, privacy, protocol), "signed")
        if self.random.random() < 0.3:
            with clock.frozen(at + timedelta(days=self.random.randrange(1, 9))):
                amend_treatment_record(author, record.id, get_record_row(author, record.id).row_version)
                protocol = self._protocol(client_id)
                self._write(author, record.id, protocol)
                if self.random.random() < 0.8:
                    self._sign(author, record.id)
                    self._keep(record.id, Written(self.clinics[place], at, privacy, protocol), "amended")

    def _keep(self, record_id: UUID, written: Written, act: str) -> None:
        self.written[record_id] = written
        self.done[act] += 1

    def _write(self, author: Actor, record_id: UUID, protocol: dict[str, Any]) -> None:
        sections = {SOAP: NOTE, SAFETY: {"asked": NONE}, SECTION_KEY: protocol}
        version = get_record_row(author, record_id).row_version
        save_draft(author, SaveDraft(record_id, version, sections, is_whole=True))

    def _sign(self, author: Actor, record_id: UUID) -> None:
        ticks = frozenset(finding.id for finding in check_treatment_record(author, record_id).findings)
        version = get_record_row(author, record_id).row_version
        reasons = {"override_reason": REASON, "late_reason": REASON, "amendment_reason": REASON}
        sign_treatment_record(author, SignRecord(record_id, version, ticks, **reasons))

    # Protocols

    def _point(self) -> dict[str, Any]:
        """Return a place of a client's: on the chart, or only in the list."""
        muscle = self.random.choice(sorted(muscles().values(), key=lambda one: one.id))
        region = regions()[muscle.location[0]]
        side = self.random.choice(("left", "right")) if region.paired else "midline"
        place = {
            "point_id": str(UUID(int=self.random.getrandbits(128), version=4)),
            "muscle_id": muscle.id,
            "side": side,
            "technique_id": "pressure_release",
            "tool": "thumb",
        }
        if self.random.random() < 0.2:
            return place
        x, y = region.anchors[side]
        mark = {"view": region.view, "x": x, "y": y, "chart_version": 1}
        return place | mark | {"region_id": f"{region.id}-{side}" if region.paired else region.id}

    def _protocol(self, client_id: UUID) -> dict[str, Any]:
        chosen = self.random.sample(self.points[client_id], self.random.randint(1, 4))
        points = [self._treated(point) for point in chosen]
        feedback = [self._feedback(self.random.choice(points)) for _ in range(self.random.choice((0, 0, 1, 3)))]
        return {"state": "treating", "points": points, "feedback": feedback}

    def _treated(self, point: dict[str, Any]) -> dict[str, Any]:
        if self.random.random() < 0.15:
            return {**point, "not_treated": True}
        hold = self.random.choice((None, 30, 60))
        scores = {
            "point_pressure": self.random.choice((0, 1, 2, 2, 3, 3)),
            "pain_before": self.random.randint(0, 10),
            "pain_after": self.random.randint(0, 10),
        }
        return {**point, **scores, "hold_seconds": hold, "repeats": self.random.choice((None, 1, 3)) if hold else None}

    def _feedback(self, point: dict[str, Any]) -> dict[str, Any]:
        level = self.random.randint(0, 4)
        return {
            "event_id": str(UUID(int=self.random.getrandbits(128), version=4)),
            "point_id": point["point_id"],
            "signal": self.random.choice((Signal.MORE, Signal.GOOD, Signal.LESS)).value,
            "level_before": level,
            "level_after": self.random.choice((level, max(level - 1, 0))),
            "pain": self.random.randint(0, 6),
            "sensation": Sensation.ACHE.value,
        }
