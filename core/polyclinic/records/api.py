"""JSON REST of treatment records and measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.kit.pagination import Page, PageRequest
from polyclinic.records import answers, schemas
from polyclinic.records.commands import (
    ApplyAction,
    CarryForward,
    ChangePrivacy,
    GrantAccess,
    OpenRecord,
    SaveDraft,
    SignRecord,
)
from polyclinic.records.queries import lists, measurements, versions
from polyclinic.records.queries.lists import RecordListRow
from polyclinic.records.queries.measurements import MeasurementView
from polyclinic.records.queries.records import RecordRow
from polyclinic.records.services import acting, amending, carrying, checks, drafts, opening, saving, sharing, signing
from polyclinic.records.vocabulary import Privacy
from polyclinic.web.api_blueprint import ApiBlueprint

READ, WRITE = "treatment-records:read", "treatment-records:write"
SIGN, AMEND = "treatment-records:sign", "treatment-records:amend"

records = ApiBlueprint("treatment_records_api", "/api/v1/treatment-records", tag="Treatment records")
values = ApiBlueprint("measurements_api", "/api/v1/measurements", tag="Treatment records")


@records.get("", permission=READ, query=schemas.RecordQuerySchema, response=schemas.RecordListSchema, paged=True)
def list_treatment_records(actor: Actor, query: dict[str, Any], page: PageRequest) -> Page[RecordListRow]:
    """List records, newest visit first, of one client or clinic if asked."""
    return lists.list_treatment_records(actor, page, **query)


@records.post(
    "",
    permission=WRITE,
    body=schemas.OpenRecordSchema,
    response=schemas.RecordSchema,
    status=201,
    location=lambda record: f"/api/v1/treatment-records/{record.id}",
)
def open_treatment_record(actor: Actor, body: OpenRecord) -> answers.RecordAnswer:
    """Open the record of an appointment, or find the one that is there."""
    return _shown(actor, opening.open_treatment_record(actor, body))


@records.get("/<uuid:record_id>", permission=READ, response=schemas.RecordSchema)
def show_treatment_record(actor: Actor, record_id: UUID) -> answers.RecordAnswer:
    """Show a record with its open draft and newest signed version."""
    return answers.record_answer(versions.get_treatment_record(actor, record_id))


@records.patch("/<uuid:record_id>", permission=WRITE, body=schemas.PrivacySchema, response=schemas.RecordSchema)
def change_privacy(actor: Actor, record_id: UUID, body: dict[str, str], row_version: int) -> answers.RecordAnswer:
    """Change who may read a record."""
    command = ChangePrivacy(record_id, row_version, Privacy(body["privacy"]))
    return _shown(actor, sharing.change_privacy(actor, command))


@records.get("/<uuid:record_id>/versions", permission=READ, response=schemas.VersionSchema)
def list_versions(actor: Actor, record_id: UUID) -> Sequence[answers.VersionAnswer]:
    """List every signed version of a record, newest first."""
    return [answers.version_answer(stored) for stored in versions.list_versions(actor, record_id)]


@records.get("/<uuid:record_id>/versions/<int:version>", permission=READ, response=schemas.VersionSchema)
def show_version(actor: Actor, record_id: UUID, version: int) -> answers.VersionAnswer:
    """Show one signed version of a record."""
    return answers.version_answer(versions.get_version(actor, record_id, version))


@records.patch(
    "/<uuid:record_id>/draft", permission=WRITE, body=schemas.DraftChangesSchema, response=schemas.DraftSchema
)
def save_draft(actor: Actor, record_id: UUID, body: dict[str, Any], row_version: int) -> answers.DraftAnswer:
    """Save parts of a draft; what is wrong comes back as warnings."""
    return answers.saved_answer(saving.save_draft(actor, SaveDraft(record_id, row_version, body["sections"])))


@records.post(
    "/<uuid:record_id>/draft/actions",
    permission=WRITE,
    body=schemas.ActionSchema,
    response=schemas.DraftSchema,
    if_match=True,
)
def apply_action(actor: Actor, record_id: UUID, body: dict[str, Any], row_version: int) -> answers.DraftAnswer:
    """Apply one of a section's own edits to the draft, for instance add a point."""
    return answers.saved_answer(acting.apply_action(actor, ApplyAction(record_id, row_version, **body)))


@records.post("/<uuid:record_id>/draft/carry-forward", permission=WRITE, response=schemas.DraftSchema, if_match=True)
def carry_forward(actor: Actor, record_id: UUID, row_version: int) -> answers.DraftAnswer:
    """Copy the structure of the client's last signed record into the draft."""
    return answers.saved_answer(carrying.carry_forward(actor, CarryForward(record_id, row_version)))


@records.post("/<uuid:record_id>/draft/drop", permission=AMEND, response=schemas.RecordSchema, if_match=True)
def drop_amendment(actor: Actor, record_id: UUID, row_version: int) -> answers.RecordAnswer:
    """Drop an open amendment; the signed versions stay."""
    return _shown(actor, amending.drop_amendment(actor, record_id, row_version))


@records.get("/<uuid:record_id>/sections", permission=READ, response=schemas.OfferedSectionSchema)
def list_sections(actor: Actor, record_id: UUID) -> Sequence[answers.OfferedSection]:
    """List the parts that this record's draft may hold, each with its fields and actions."""
    return [answers.offered_answer(described) for described in drafts.list_offered_sections(actor, record_id)]


@records.get("/<uuid:record_id>/checks", permission=WRITE, response=schemas.ChecksSchema)
def check_treatment_record(actor: Actor, record_id: UUID) -> answers.ChecksAnswer:
    """Say what stands between a draft and its signature."""
    return answers.checks_answer(checks.check_treatment_record(actor, record_id))


@records.post(
    "/<uuid:record_id>/sign",
    permission=SIGN,
    body=schemas.SignSchema,
    response=schemas.VersionSchema,
    if_match=True,
)
def sign_treatment_record(
    actor: Actor, record_id: UUID, body: dict[str, Any], row_version: int
) -> answers.VersionAnswer:
    """Sign the draft; the signed version never changes."""
    acknowledged = frozenset(body.pop("acknowledged", ()))
    command = SignRecord(record_id, row_version, acknowledged, **body)
    return answers.version_answer(signing.sign_treatment_record(actor, command), row_version=row_version + 1)


@records.post("/<uuid:record_id>/amend", permission=AMEND, response=schemas.RecordSchema, if_match=True)
def amend_treatment_record(actor: Actor, record_id: UUID, row_version: int) -> answers.RecordAnswer:
    """Open a draft from the newest signed version, which stays as it is."""
    return _shown(actor, amending.amend_treatment_record(actor, record_id, row_version))


@records.post(
    "/<uuid:record_id>/grants",
    permission=WRITE,
    body=schemas.GrantSchema,
    response=schemas.GrantedSchema,
    status=201,
)
def grant_access(actor: Actor, record_id: UUID, body: dict[str, Any]) -> answers.GrantAnswer:
    """Let one member read a record."""
    return answers.GrantAnswer(sharing.grant_access(actor, GrantAccess(record_id, **body)))


@records.delete("/<uuid:record_id>/grants/<uuid:member_id>", permission=WRITE)
def revoke_access(actor: Actor, record_id: UUID, member_id: UUID) -> None:
    """End a member's named access to a record."""
    sharing.revoke_access(actor, record_id, member_id)


@values.get("", permission=READ, query=schemas.MeasurementQuerySchema, response=schemas.MeasurementSchema)
def list_measurements(actor: Actor, query: dict[str, Any]) -> Sequence[MeasurementView]:
    """List a client's scores, newest visit first."""
    return measurements.list_measurements(actor, query["client_id"], code=query.get("code"))


def _shown(actor: Actor, record: RecordRow) -> answers.RecordAnswer:
    """Return a record after a write, with its newest version when there is one."""
    if record.latest_version is None:
        return answers.record_answer(versions.RecordView(record, None))
    return answers.record_answer(versions.get_treatment_record(actor, record.id))
