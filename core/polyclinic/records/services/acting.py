"""Apply one of a section's own edits (add a point, log feedback) to the draft."""

from __future__ import annotations

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.kit import clock
from polyclinic.records.chart_places import complete_place
from polyclinic.records.commands import ApplyAction
from polyclinic.records.section_work import section_work
from polyclinic.records.services.drafts import (
    WRITE,
    Changes,
    DraftSaved,
    edit_draft,
    editable_section,
    write_changes,
)
from polyclinic.records.visit_facts import gather_visit


def apply_action(actor: Actor, command: ApplyAction) -> DraftSaved:
    """Apply an action and return the record with warnings.

    The section gets `_now` and `_pressure_cap` beside the caller's arguments. Raises `Stale` like saving, `NotFound`
    for an unknown action and `Conflict` with the section's words when it refuses.
    """
    require(actor, WRITE)
    record, draft = edit_draft(actor, command.record_id, command.row_version)
    work = section_work()
    described = editable_section(actor, work, record, command.section)
    given = {name: value for name, value in command.arguments.items() if not name.startswith("_")}
    cap = gather_visit(actor, work, record, draft.sections).verdict.cap
    arguments = {**complete_place(given), "_now": clock.now().isoformat(), "_pressure_cap": cap}
    before = draft.sections.get(command.section, {})
    kept, warnings = work.load_draft(described, work.act(described, command.action, before, arguments))
    changes = Changes({command.section: kept} if kept != before else {})
    after = write_changes(actor, record, changes, action="treatment_record.draft_edited")
    return DraftSaved(after, tuple(warnings))
