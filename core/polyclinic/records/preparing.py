"""From a draft to the parts that will be signed: loaded strictly, or carried unchanged when their plugin is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from polyclinic.kit.errors import FieldError, Invalid
from polyclinic.plugins.sections import DescribedSection
from polyclinic.records.content import SignedMeasurement, SignedSection
from polyclinic.records.merging import is_blank
from polyclinic.records.queries.records import DraftRow, RecordRow
from polyclinic.records.queries.versions import StoredVersion
from polyclinic.records.section_work import SectionWork


@dataclass(frozen=True)
class PreparedRecord:
    """The parts of one signing: those that are checked, and those carried over as they were signed before."""

    live: tuple[tuple[DescribedSection, dict[str, Any]], ...]
    carried: tuple[SignedSection, ...] = ()
    carried_measurements: tuple[SignedMeasurement, ...] = ()


def prepare_record(
    work: SectionWork, organisation_id: UUID, record: RecordRow, draft: DraftRow, previous: StoredVersion | None
) -> PreparedRecord:
    """Return what would be signed; raises `Invalid` with every wrong field, each named with its plugin."""
    errors: list[FieldError] = []
    live = []
    for described in _wanted(work, organisation_id, record, draft):
        data = draft.sections.get(described.section_type.key, {})
        try:
            live.append((described, work.load_signed(described, data)))
        except Invalid as refused:
            errors += refused.errors
    carried, missing = _carried(work, draft.sections, previous)
    errors += missing
    if errors:
        raise Invalid(errors)
    keys = {section.section_key for section in carried}
    measurements = previous.signed.measurements if previous else ()
    return PreparedRecord(tuple(live), carried, tuple(m for m in measurements if m.section_key in keys))


def _wanted(work: SectionWork, organisation_id: UUID, record: RecordRow, draft: DraftRow) -> list[DescribedSection]:
    """Required parts always, the others when something was entered; a part whose plugin was switched off stays."""
    offered = work.offered(organisation_id, record.clinic_id, record.modality)
    typed = {key for key, data in draft.sections.items() if not is_blank(data)}
    wanted = [d for d in offered if d.section_type.required or d.section_type.key in typed]
    known = {described.section_type.key for described in offered}
    others = [found for key in sorted(typed - known) if (found := work.catalogue.find(key)) is not None]
    return wanted + others


def _carried(
    work: SectionWork, sections: Mapping[str, Any], previous: StoredVersion | None
) -> tuple[tuple[SignedSection, ...], list[FieldError]]:
    before = {section.section_key: section for section in previous.signed.sections} if previous else {}
    carried, errors = [], []
    for key, data in sections.items():
        if work.catalogue.find(key) is not None:
            continue
        if key in before and before[key].data == data:
            carried.append(before[key])
        else:
            message = f"The plugin that made the part {key} is not loaded. Remove the part, or ask an administrator."
            errors.append(FieldError(f"/sections/{key}", message, "plugin_missing"))
    return tuple(carried), errors
