"""Signed records for the loader: the product makes the content of a few hundred, which are reused.

Their content hash is not the product's (it would take most of the loading time): no measured operation checks it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import orjson
from psycopg.types.json import Jsonb

from benchmarks.dataset import SERVICES, THERAPISTS_PER_CLINIC, ZONE, Dataset, Visit
from benchmarks.texts import MODALITY, PROTOCOL, sections_of
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.queries import is_enabled
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.runtime import PluginRuntime
from polyclinic.plugins.sections import DescribedSection
from polyclinic.records.content import SignedMeasurement, SignedSection
from polyclinic.records.section_work import SectionWork

TEXTS = 300
SECTION_COLUMNS = (
    *("section_key", "title", "plugin_id", "plugin_version", "schema_version", "schema_digest"),
    *("data", "summary", "print_view", "marks"),
)
SIGNED_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Content:
    """What one signature covers besides the visit."""

    sections: tuple[SignedSection, ...]
    measurements: tuple[SignedMeasurement, ...]


@dataclass(frozen=True)
class Writing:
    """Makes the rows of signed records: every visit of the recorded weeks has one."""

    registry: PluginRegistry

    @cached_property
    def _work(self) -> SectionWork:
        return SectionWork(PluginRuntime(self.registry, Dispatcher(self.registry, is_enabled)))

    @cached_property
    def _contents(self) -> tuple[Content, ...]:
        return tuple(self._content(number) for number in range(TEXTS))

    def records(self, data: Dataset) -> Iterator[tuple[Any, ...]]:
        """Yield the envelopes."""
        for visit in recorded(data):
            yield (
                *(data.id("treatment_record", visit.number), *_owners(data, visit)),
                *(data.id("appointment", visit.number), SERVICES[visit.service], _modality(visit)),
                *(visit.slot.starts_at, visit.slot.ends_at, ZONE, 2),
            )

    def schemas(self) -> Iterator[tuple[Any, ...]]:
        """Yield the stored descriptions of the sections."""
        for key in sections_of(0):
            described = self._described(key)
            yield described.digest, key, described.section_type.version, _json(dict(described.description))

    def versions(self, data: Dataset) -> Iterator[tuple[Any, ...]]:
        """Yield the signed versions."""
        signer = data.id("member")
        for visit in recorded(data):
            slot, record_id = visit.slot, data.id("treatment_record", visit.number)
            registration = f"R{visit.therapist:05}" if _modality(visit) else ""
            summary = "\n".join(section.summary for section in self._of(visit).sections if section.summary)
            yield (
                *(data.id("version", visit.number), record_id, 1, *_owners(data, visit), "signed", "treated"),
                *(slot.starts_at, slot.ends_at, ZONE, SERVICES[visit.service], slot.ends_at + SIGNED_AFTER, False),
                *(signer, f"Therapist {visit.therapist:03}", registration, _json([]), summary),
                hashlib.sha256(record_id.bytes).hexdigest(),
            )

    def sections(self, data: Dataset) -> Iterator[tuple[Any, ...]]:
        """Yield the signed sections."""
        for visit in recorded(data):
            part = data.id("treatment_record", visit.number), 1, *_owners(data, visit)
            for position, section in enumerate(self._of(visit).sections, start=1):
                row = (getattr(section, name) for name in SECTION_COLUMNS)
                values = (_json(value) if isinstance(value, dict | list) else value for value in row)
                yield data.id("section", visit.number * 4 + position), *part, position, *values

    def measurements(self, data: Dataset) -> Iterator[tuple[Any, ...]]:
        """Yield the measurements of the signed sections."""
        for visit in recorded(data):
            part = data.id("treatment_record", visit.number), 1, *_owners(data, visit)
            for position, value in enumerate(self._of(visit).measurements, start=1):
                row_id = data.id("measurement", visit.number * 8 + position)
                yield row_id, *part, position, *vars(value).values(), visit.slot.starts_at

    def _of(self, visit: Visit) -> Content:
        content = self._contents[visit.number % TEXTS]
        if _modality(visit):
            return content
        sections = tuple(section for section in content.sections if section.section_key != PROTOCOL)
        values = tuple(value for value in content.measurements if value.section_key != PROTOCOL)
        return Content(sections, values)

    def _content(self, number: int) -> Content:
        prepared = []
        for key, typed in sections_of(number).items():
            described = self._described(key)
            prepared.append((described, self._work.load_signed(described, typed)))
        return Content(
            tuple(self._work.seal(described, data) for described, data in prepared),
            tuple(value for described, data in prepared for value in self._work.measure(described, data)),
        )

    def _described(self, key: str) -> DescribedSection:
        return self._work.catalogue.get(key)


def recorded(data: Dataset) -> Iterator[Visit]:
    """Yield the visits that have a signed record."""
    return (visit for visit in data.visits() if visit.slot.day < data.recorded_days)


def _owners(data: Dataset, visit: Visit) -> tuple[Any, Any, Any]:
    clinic = data.id("clinic", visit.therapist // THERAPISTS_PER_CLINIC)
    return clinic, data.id("client", visit.client), data.id("therapist", visit.therapist)


def _modality(visit: Visit) -> str | None:
    return MODALITY if visit.service % 2 == 0 else None


def _json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=orjson.dumps)
