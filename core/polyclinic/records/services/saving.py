"""Save a draft as it is typed: whatever can be kept is kept, what is wrong comes back as warnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.kit.errors import FieldError, Invalid
from polyclinic.records.commands import SaveDraft
from polyclinic.records.merging import merge_patch
from polyclinic.records.queries.records import RecordRow
from polyclinic.records.section_work import SectionWork, section_work
from polyclinic.records.services.drafts import (
    WRITE,
    Changes,
    DraftSaved,
    check_count,
    edit_draft,
    editable_section,
    open_draft,
    write_changes,
)


def save_draft(actor: Actor, command: SaveDraft) -> DraftSaved:
    """Save parts of a draft and return the record with warnings; an edit that changes nothing makes no new version.

    Raises `Stale` when the draft changed since `row_version`, and `Invalid` only for what cannot be kept at all: an
    unknown part, a part that is no object, data that are not plain JSON or too large.
    """
    require(actor, WRITE)
    record, draft = edit_draft(actor, command.record_id, command.row_version)
    work = section_work()
    changes, warnings = merge_into(actor, work, record, command)
    check_count({**draft.sections, **changes.sections})
    return DraftSaved(write_changes(actor, record, changes, action="treatment_record.draft_saved"), warnings)


def merge_into(
    actor: Actor, work: SectionWork, record: RecordRow, command: SaveDraft
) -> tuple[Changes, tuple[FieldError, ...]]:
    """Return what an edit changes in the draft of `record` and what is wrong with the parts it names."""
    current = open_draft(record).sections
    changed: dict[str, dict[str, Any]] = {}
    warnings: list[FieldError] = []
    removed = [key for key, patch in command.sections.items() if patch is None and key in current]
    for key, patch in command.sections.items():
        if patch is None:
            continue
        described = editable_section(actor, work, record, key)
        if not isinstance(patch, Mapping):
            raise Invalid([FieldError(f"/sections/{key}", "A part is a JSON object.", "not_an_object")])
        before = current.get(key, {})
        kept, errors = work.load_draft(described, patch if command.is_whole else merge_patch(before, patch))
        warnings += errors
        if kept != before or key not in current:
            changed[key] = kept
    return Changes(changed, removed), tuple(warnings)
