"""Create clients with their clinics, flags and health history, and the one function that searches them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from polyclinic.kit.tenant_table import (
    CLINICS,
    INSERT_ONLY,
    ORGANISATION,
    definer_function,
    immutable_rows,
    in_clinics,
    instant_column,
    lifecycle_columns,
    refers_to,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0005"
down_revision = "0004"

CHANNELS = "'', 'email', 'sms', 'phone', 'post', 'none'"
SEVERITIES = "'emergency', 'absolute', 'local', 'caution'"
SIMILARITY = "0.45"


def upgrade() -> None:
    """Create the tables and the search of clients."""
    # Trusted: the owner may install it. It puts the organisation into the trigram index, first.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    _create_client()
    _create_client_clinic()
    _create_client_flag()
    _create_health_history()
    _create_search()


def _create_client() -> None:
    tenant_table(
        "client",
        *(text_column(name) for name in ("given_name", "family_name")),
        *(text_column(name, default="") for name in ("preferred_name", "pronouns", "gender_identity")),
        sa.Column("birth_on", sa.Date(), nullable=True),
        *(text_column(name, default="") for name in ("email", "phone")),
        *(text_column(name, default="") for name in ("street", "postal_code", "city", "country")),
        *(text_column(name, default="") for name in ("language", "time_zone")),
        *(text_column(name, default="") for name in ("reminder_channel", "aftercare_channel", "marketing_channel")),
        # Folded copies: no accents, lower case. Row security lets indexes work on them with =, < and ^@ alone.
        sa.Column("sort_name", sa.Text(collation="C"), nullable=False),
        *(text_column(name) for name in ("name_folded", "email_folded", "phone_digits", "search_text")),
        uuid_column("merged_into_id", nullable=True),
        instant_column("archived_at", nullable=True),
        *lifecycle_columns(),
        refers_to("merged_into_id", "client"),
        sa.CheckConstraint("given_name || family_name <> ''", name="ck_client_has_name"),
        sa.CheckConstraint("merged_into_id <> id", name="ck_client_is_not_merged_into_itself"),
        *(
            sa.CheckConstraint(f"{name} IN ({CHANNELS})", name=f"ck_client_{name}_is_known")
            for name in ("reminder_channel", "aftercare_channel", "marketing_channel")
        ),
    )
    op.create_index("ix_client_sort_name", "client", ["organisation_id", "sort_name", "id"])
    for name in ("email_folded", "phone_digits"):
        op.create_index(f"ix_client_{name}", "client", ["organisation_id", name], postgresql_where=f"{name} <> ''")
    for name in ("search_text", "name_folded"):
        op.execute(f"CREATE INDEX ix_client_{name} ON client USING gin (organisation_id, {name} gin_trgm_ops)")


def _create_client_clinic() -> None:
    tenant_table(
        "client_clinic",
        uuid_column("client_id"),
        uuid_column("clinic_id"),
        instant_column("created_at", default_now=True),
        refers_to("client_id", "client"),
        refers_to("clinic_id", "clinic"),
        sa.UniqueConstraint("organisation_id", "client_id", "clinic_id", name="uq_client_clinic"),
        grants=INSERT_ONLY,
        clinic_predicate=in_clinics(),
    )
    op.create_index("ix_client_clinic_clinic_id", "client_clinic", ["organisation_id", "clinic_id", "client_id"])


def _known_at_own_clinic(table: str) -> str:
    """Return the predicate "the client is known at one of the actor's clinics"."""
    return (
        f"EXISTS (SELECT 1 FROM client_clinic k WHERE k.organisation_id = {table}.organisation_id "
        f"AND k.client_id = {table}.client_id AND k.clinic_id = ANY ({CLINICS}))"
    )


def _create_client_flag() -> None:
    tenant_table(
        "client_flag",
        uuid_column("client_id"),
        text_column("code"),
        text_column("label"),
        text_column("note", default=""),
        text_column("severity"),
        sa.Column("region_ids", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("since_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        *lifecycle_columns(),
        refers_to("client_id", "client"),
        sa.CheckConstraint(f"severity IN ({SEVERITIES})", name="ck_client_flag_severity_is_known"),
        sa.CheckConstraint("until_on >= since_on", name="ck_client_flag_ends_after_start"),
        sa.CheckConstraint("code <> '' AND label <> ''", name="ck_client_flag_has_label"),
        clinic_predicate=_known_at_own_clinic("client_flag"),
    )
    op.create_index("ix_client_flag_client_id", "client_flag", ["organisation_id", "client_id", "code"])


def _create_health_history() -> None:
    tenant_table(
        "health_history_entry",
        uuid_column("client_id"),
        text_column("question_code"),
        text_column("question"),
        text_column("answer"),
        text_column("note", default=""),
        instant_column("recorded_at"),
        uuid_column("recorded_by", nullable=True),
        text_column("recorded_by_name", default=""),
        refers_to("client_id", "client"),
        refers_to("recorded_by", "member"),
        sa.CheckConstraint("answer IN ('yes', 'no', 'unsure')", name="ck_health_history_entry_answer_is_known"),
        grants=INSERT_ONLY,
        clinic_predicate=_known_at_own_clinic("health_history_entry"),
    )
    op.create_index(
        "ix_health_history_entry_client_id",
        "health_history_entry",
        ["organisation_id", "client_id", "recorded_at", "id"],
    )
    immutable_rows("health_history_entry")


def _create_search() -> None:
    """Create the search: LIKE and % are not leakproof, so the app role's own query could never use their indexes."""
    mine = f"c.organisation_id = p_organisation_id AND c.organisation_id = {ORGANISATION} AND c.merged_into_id IS NULL"
    signature = (
        "search_client(p_organisation_id uuid, p_patterns text[], p_similar text, p_clinic_id uuid, p_archived text, "
        "p_after_id uuid, p_limit integer)"
    )
    definer_function(
        signature,
        "TABLE (client_id uuid, score real)",
        f"""
        WITH found AS MATERIALIZED (
            SELECT c.id, c.sort_name FROM client c
            WHERE p_similar IS NULL AND {mine}
              AND c.search_text LIKE p_patterns[1]
              AND c.search_text LIKE coalesce(p_patterns[2], '%')
              AND c.search_text LIKE coalesce(p_patterns[3], '%')
              AND (p_archived = 'any' OR (c.archived_at IS NOT NULL) = (p_archived = 'only'))
              AND (p_clinic_id IS NULL OR EXISTS (
                  SELECT 1 FROM client_clinic k WHERE k.organisation_id = c.organisation_id AND k.client_id = c.id
                    AND k.clinic_id = p_clinic_id))
        ), similar_names AS MATERIALIZED (
            SELECT c.id, similarity(c.name_folded, p_similar) AS score FROM client c
            WHERE p_similar IS NOT NULL AND {mine} AND c.name_folded % p_similar
        )
        (SELECT f.id, 1::real FROM found f
         WHERE p_after_id IS NULL OR (f.sort_name, f.id) > (
             SELECT a.sort_name, a.id FROM client a WHERE a.organisation_id = p_organisation_id AND a.id = p_after_id)
         ORDER BY f.sort_name, f.id LIMIT p_limit)
        UNION ALL
        (SELECT s.id, s.score FROM similar_names s ORDER BY s.score DESC, s.id LIMIT p_limit)
        """,
        owner="polyclinic_search",
        grant_to=("polyclinic_app", "polyclinic_worker"),
    )
    # The function's own threshold, whatever the caller's is: "Jon Smith" is near "John Smith", "Anna Smith" is not.
    op.execute(f"ALTER FUNCTION search_client SET pg_trgm.similarity_threshold = {SIMILARITY}")
