"""Create treatment records: envelope and draft may change, versions with sections and measurements never do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from polyclinic.kit.tenant_table import (
    APP_ROLES,
    CLINICS,
    INSERT_ONLY,
    ORGANISATION,
    REMOVABLE,
    immutable_rows,
    instant_column,
    lifecycle_columns,
    refers_to,
    secure_table,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0007"
down_revision = "0006"

MEMBER = "(nullif(current_setting('app.member_id', true), ''))::uuid"
PRIVACY = "privacy IN ('author', 'clinic', 'organisation', 'named')"
CHILDREN = (
    "treatment_record_draft",
    "treatment_record_draft_revision",
    "treatment_record_version",
    "treatment_record_section",
    "measurement",
)
SIGNED = ("treatment_record_version", "treatment_record_section", "measurement", "section_schema")

# A section or measurement enters with its version or never: the app may insert, but not add to what was signed before.
REFUSE_LATE_PARTS = """
CREATE FUNCTION refuse_late_parts() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $body$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a LEFT JOIN treatment_record_version v
          ON v.organisation_id = a.organisation_id AND v.record_id = a.record_id AND v.version = a.version
         AND v.signing_xid = pg_current_xact_id()::text
        WHERE v.id IS NULL
    ) THEN
        RAISE EXCEPTION 'nothing is added to a signed version' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$body$
"""

# The only way in which a signed row ever leaves. It is not granted to the application: the owner alone calls it.
ERASE = f"""
CREATE FUNCTION erase_treatment_record(p_record_id uuid, p_reason text, p_erased_by text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
DECLARE
    organisation uuid := {ORGANISATION};
    target text;
    erased integer := 0;
    gone integer;
BEGIN
    IF length(trim(coalesce(p_reason, ''))) < 10 THEN
        RAISE EXCEPTION 'an erasure needs a reason of at least 10 characters';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM treatment_record r WHERE r.organisation_id = organisation AND r.id = p_record_id) THEN
        RAISE EXCEPTION 'there is no such treatment record in this organisation';
    END IF;
    INSERT INTO audit_event
           (organisation_id, id, at, actor_kind, action, object_type, object_id, clinic_id, outcome, detail)
    SELECT organisation, gen_random_uuid(), now(), 'system', 'treatment_record.erased', 'treatment_record', r.id,
           r.clinic_id, 'done', jsonb_build_object('reason', p_reason, 'erased_by', p_erased_by)
    FROM treatment_record r WHERE r.organisation_id = organisation AND r.id = p_record_id;
    FOREACH target IN ARRAY ARRAY['measurement', 'treatment_record_section', 'treatment_record_version',
        'treatment_record_draft_revision', 'treatment_record_draft', 'treatment_record_grant']
    LOOP
        PERFORM set_config('app.erasing', target, true);
        EXECUTE format('DELETE FROM %I WHERE organisation_id = $1 AND record_id = $2', target)
          USING organisation, p_record_id;
        GET DIAGNOSTICS gone = ROW_COUNT;
        erased := erased + gone;
    END LOOP;
    PERFORM set_config('app.erasing', '', true);
    DELETE FROM treatment_record WHERE organisation_id = organisation AND id = p_record_id;
    RETURN erased + 1;
END
$body$
"""


def upgrade() -> None:
    """Create the tables, their policies and the guards of signed rows."""
    _create_envelope()
    _create_grant()
    _create_draft()
    _create_version()
    _create_parts()
    _guard_clinics()
    _guard_signed_rows()


def _create_envelope() -> None:
    tenant_table(
        "treatment_record",
        uuid_column("clinic_id"),
        uuid_column("client_id"),
        uuid_column("therapist_id"),
        uuid_column("author_member_id", nullable=True),
        uuid_column("appointment_id"),
        text_column("service_name"),
        text_column("modality", nullable=True),
        text_column("privacy", default="clinic"),
        instant_column("service_at"),
        instant_column("service_ends_at"),
        text_column("time_zone"),
        *lifecycle_columns(),
        refers_to("clinic_id", "clinic"),
        refers_to("client_id", "client"),
        refers_to("therapist_id", "therapist"),
        refers_to("author_member_id", "member"),
        refers_to("appointment_id", "appointment"),
        sa.UniqueConstraint("organisation_id", "appointment_id", name="uq_treatment_record_appointment_id"),
        sa.CheckConstraint(PRIVACY, name="ck_treatment_record_privacy_is_known"),
        sa.CheckConstraint("service_at < service_ends_at", name="ck_treatment_record_ends_after_start"),
        grants=INSERT_ONLY,
    )
    # What a record is about never changes: the app may change its privacy and its version counter alone.
    op.execute(f"GRANT UPDATE (privacy, updated_at, row_version) ON treatment_record TO {APP_ROLES}")
    order = [sa.text("service_at DESC"), sa.text("id DESC")]
    op.create_index("ix_treatment_record_client", "treatment_record", ["organisation_id", "client_id", *order])
    op.create_index("ix_treatment_record_clinic", "treatment_record", ["organisation_id", "clinic_id", *order])
    op.create_index("ix_treatment_record_newest", "treatment_record", ["organisation_id", *order])


def _create_grant() -> None:
    tenant_table(
        "treatment_record_grant",
        uuid_column("record_id"),
        uuid_column("member_id"),
        text_column("kind"),
        text_column("reason", default=""),
        uuid_column("granted_by", nullable=True),
        instant_column("created_at"),
        instant_column("expires_at", nullable=True),
        instant_column("revoked_at", nullable=True),
        refers_to("record_id", "treatment_record"),
        refers_to("member_id", "member"),
        refers_to("granted_by", "member"),
        sa.CheckConstraint("kind IN ('named', 'break_glass')", name="ck_treatment_record_grant_kind_is_known"),
        sa.CheckConstraint(
            "kind = 'named' OR expires_at IS NOT NULL", name="ck_treatment_record_grant_break_glass_expires"
        ),
        grants=INSERT_ONLY,
    )
    op.execute(f"GRANT UPDATE (revoked_at) ON treatment_record_grant TO {APP_ROLES}")
    op.create_index(
        "ix_treatment_record_grant_member", "treatment_record_grant", ["organisation_id", "member_id", "record_id"]
    )


def _create_draft() -> None:
    tenant_table(
        "treatment_record_draft",
        uuid_column("record_id"),
        uuid_column("clinic_id"),
        uuid_column("author_member_id", nullable=True),
        sa.Column("based_on_version", sa.Integer(), nullable=True),
        uuid_column("carried_from_record_id", nullable=True),
        sa.Column("sections", JSONB(), nullable=False, server_default="{}"),
        *lifecycle_columns(),
        refers_to("record_id", "treatment_record"),
        refers_to("clinic_id", "clinic"),
        sa.UniqueConstraint("organisation_id", "record_id", name="uq_treatment_record_draft_record_id"),
        sa.CheckConstraint("jsonb_typeof(sections) = 'object'", name="ck_treatment_record_draft_sections_is_object"),
        grants=REMOVABLE,
    )
    op.create_index(
        "ix_treatment_record_draft_author", "treatment_record_draft", ["organisation_id", "author_member_id"]
    )
    tenant_table(
        "treatment_record_draft_revision",
        uuid_column("record_id"),
        uuid_column("clinic_id"),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("changes", JSONB(), nullable=False),
        text_column("changed_by"),
        instant_column("changed_at"),
        refers_to("record_id", "treatment_record"),
        refers_to("clinic_id", "clinic"),
        sa.UniqueConstraint("organisation_id", "record_id", "row_version", name="uq_treatment_record_draft_revision"),
        grants=INSERT_ONLY,
    )


def _create_version() -> None:
    tenant_table(
        "treatment_record_version",
        uuid_column("record_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owners(),
        text_column("kind"),
        text_column("reason", default=""),
        text_column("outcome"),
        sa.Column("is_chronic", sa.Boolean(), nullable=True),
        uuid_column("carried_from_record_id", nullable=True),
        instant_column("service_at"),
        instant_column("service_ends_at"),
        text_column("time_zone"),
        text_column("service_name"),
        instant_column("recorded_at"),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        text_column("late_reason", default=""),
        uuid_column("signed_by"),
        text_column("author_name"),
        text_column("author_registration", default=""),
        sa.Column("findings", JSONB(), nullable=False, server_default="[]"),
        text_column("override_reason", default=""),
        text_column("summary", default=""),
        text_column("content_sha256"),
        sa.Column("signing_xid", sa.Text(), nullable=False, server_default=sa.text("pg_current_xact_id()::text")),
        refers_to("record_id", "treatment_record"),
        refers_to("signed_by", "member"),
        sa.UniqueConstraint("organisation_id", "record_id", "version", name="uq_treatment_record_version"),
        sa.CheckConstraint("version >= 1", name="ck_treatment_record_version_counts_from_one"),
        sa.CheckConstraint("(kind = 'signed') = (version = 1)", name="ck_treatment_record_version_first_is_signed"),
        sa.CheckConstraint("kind = 'signed' OR reason <> ''", name="ck_treatment_record_version_amendment_has_reason"),
        sa.CheckConstraint("NOT is_late OR late_reason <> ''", name="ck_treatment_record_version_late_has_reason"),
        sa.CheckConstraint("outcome IN ('treated', 'stopped_referred')", name="ck_treatment_record_version_outcome"),
        sa.CheckConstraint("content_sha256 ~ '^[0-9a-f]{64}$'", name="ck_treatment_record_version_hash_is_sha256"),
        grants=INSERT_ONLY,
    )
    op.create_table(
        "section_schema",
        uuid_column("organisation_id"),
        text_column("digest"),
        text_column("key"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("description", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "digest", name="pk_section_schema"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_section_schema_organisation_id"),
    )
    secure_table("section_schema", grants=INSERT_ONLY)


def _create_parts() -> None:
    tenant_table(
        "treatment_record_section",
        *_version_columns(),
        *_owners(),
        sa.Column("position", sa.Integer(), nullable=False),
        text_column("section_key"),
        text_column("title"),
        text_column("plugin_id"),
        text_column("plugin_version"),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        text_column("schema_digest"),
        sa.Column("data", JSONB(), nullable=False),
        text_column("summary", default=""),
        sa.Column("print_view", JSONB(), nullable=False),
        sa.Column("marks", JSONB(), nullable=False, server_default="[]"),
        _version_reference("treatment_record_section"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "schema_digest"],
            ["section_schema.organisation_id", "section_schema.digest"],
            name="fk_treatment_record_section_schema",
        ),
        sa.UniqueConstraint(
            "organisation_id", "record_id", "version", "position", name="uq_treatment_record_section_position"
        ),
        grants=INSERT_ONLY,
    )
    tenant_table(
        "measurement",
        *_version_columns(),
        *_owners(),
        sa.Column("position", sa.Integer(), nullable=False),
        text_column("section_key"),
        text_column("subject_id", nullable=True),
        text_column("code"),
        sa.Column("value", sa.Numeric(), nullable=False),
        text_column("unit"),
        text_column("region_id", nullable=True),
        text_column("side", nullable=True),
        text_column("moment"),
        instant_column("service_at"),
        _version_reference("measurement"),
        sa.UniqueConstraint("organisation_id", "record_id", "version", "position", name="uq_measurement_position"),
        sa.CheckConstraint("moment IN ('before', 'during', 'after')", name="ck_measurement_moment_is_known"),
        grants=INSERT_ONLY,
    )
    op.create_index("ix_measurement_client", "measurement", ["organisation_id", "client_id", "code", "service_at"])
    op.create_index("ix_measurement_clinic", "measurement", ["organisation_id", "clinic_id", "code", "service_at"])


def _owners() -> list[sa.schema.SchemaItem]:
    return [
        uuid_column("clinic_id"),
        uuid_column("client_id"),
        uuid_column("therapist_id"),
        refers_to("clinic_id", "clinic"),
        refers_to("client_id", "client"),
        refers_to("therapist_id", "therapist"),
    ]


def _version_columns() -> list[sa.Column[Any]]:
    return [uuid_column("record_id"), sa.Column("version", sa.Integer(), nullable=False)]


def _version_reference(table: str) -> sa.ForeignKeyConstraint:
    own = ["organisation_id", "record_id", "version"]
    return sa.ForeignKeyConstraint(
        own, [f"treatment_record_version.{name}" for name in own], name=f"fk_{table}_version", ondelete="RESTRICT"
    )


def _guard_clinics() -> None:
    # Restrictive policies are ANDed: without the last two branches shared and granted records would be unreadable.
    granted = f"""
        EXISTS (SELECT 1 FROM treatment_record_grant g
                 WHERE g.organisation_id = treatment_record.organisation_id AND g.record_id = treatment_record.id
                   AND g.member_id = {MEMBER} AND g.revoked_at IS NULL
                   AND (g.expires_at IS NULL OR g.expires_at > now()))
    """
    own = f"clinic_id = ANY ({CLINICS})"
    _policy("treatment_record", f"{own} OR privacy = 'organisation' OR {granted}", own)
    for table in CHILDREN:
        record = f"""
            EXISTS (SELECT 1 FROM treatment_record r
                     WHERE r.organisation_id = {table}.organisation_id AND r.id = {table}.record_id)
        """
        _policy(table, f"{own} OR {record}", own)


def _policy(table: str, visible: str, writable: str) -> None:
    op.execute(
        f"CREATE POLICY clinic ON {table} AS RESTRICTIVE FOR ALL TO {APP_ROLES} "
        f"USING ({visible}) WITH CHECK ({writable})"
    )


def _guard_signed_rows() -> None:
    for table in SIGNED:
        immutable_rows(table)
    op.execute(REFUSE_LATE_PARTS)
    for table in ("treatment_record_section", "measurement"):
        op.execute(
            f"CREATE TRIGGER whole_versions AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_parts()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER whole_versions")
    op.execute(ERASE)
    op.execute("REVOKE ALL ON FUNCTION erase_treatment_record(uuid, text, text) FROM PUBLIC")
