"""Create users, members, role assignments, sessions and API keys with the functions that sign-in needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from polyclinic.kit.tenant_table import (
    EDITABLE,
    REMOVABLE,
    definer_function,
    instant_column,
    lifecycle_columns,
    refers_to,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0002"
down_revision = "0001"

CURRENT_ORGANISATION = "(nullif(current_setting('app.organisation_id', true), ''))::uuid"


def upgrade() -> None:
    """Create the identity tables and functions."""
    _create_user_account()
    _create_members()
    _create_credentials()
    _create_functions()


def _create_user_account() -> None:
    # Global and reachable through definer functions alone: the app role cannot list other chains' people.
    op.create_table(
        "user_account",
        sa.Column("id", UUID(as_uuid=True), primary_key=True),
        text_column("email"),
        text_column("email_folded"),
        text_column("password_hash"),
        instant_column("disabled_at", nullable=True),
        *lifecycle_columns(),
        sa.UniqueConstraint("email_folded", name="uq_user_account_email_folded"),
    )


def _create_members() -> None:
    tenant_table(
        "member",
        sa.Column(
            "user_id", UUID(as_uuid=True), sa.ForeignKey("user_account.id", name="fk_member_user_id"), nullable=False
        ),
        text_column("display_name"),
        text_column("email"),
        instant_column("disabled_at", nullable=True),
        *lifecycle_columns(),
        sa.UniqueConstraint("organisation_id", "user_id", name="uq_member_user_id"),
        sa.UniqueConstraint("organisation_id", "id", "user_id", name="uq_member_id_user_id"),
    )
    tenant_table(
        "role_assignment",
        uuid_column("member_id"),
        text_column("role"),
        uuid_column("clinic_id", nullable=True),
        instant_column("created_at", default_now=True),
        refers_to("member_id", "member"),
        refers_to("clinic_id", "clinic"),
        sa.UniqueConstraint(
            "organisation_id",
            "member_id",
            "role",
            "clinic_id",
            name="uq_role_assignment",
            postgresql_nulls_not_distinct=True,
        ),
        grants=REMOVABLE,
    )


def _create_credentials() -> None:
    tenant_table(
        "sign_in_session",
        uuid_column("member_id"),
        uuid_column("user_id"),
        text_column("secret_hash"),
        text_column("theme", default="auto"),
        uuid_column("clinic_id", nullable=True),
        instant_column("created_at"),
        instant_column("last_seen_at"),
        instant_column("expires_at"),
        instant_column("revoked_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id", "user_id"],
            ["member.organisation_id", "member.id", "member.user_id"],
            name="fk_sign_in_session_member",
        ),
        refers_to("clinic_id", "clinic"),
        sa.UniqueConstraint("organisation_id", "secret_hash", name="uq_sign_in_session_secret_hash"),
        grants=EDITABLE,
    )
    op.create_index("ix_sign_in_session_user_id", "sign_in_session", ["organisation_id", "user_id"])
    tenant_table(
        "api_key",
        uuid_column("member_id"),
        text_column("name"),
        text_column("secret_hash"),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("clinic_ids", ARRAY(UUID(as_uuid=True)), nullable=True),
        instant_column("created_at"),
        instant_column("expires_at", nullable=True),
        instant_column("last_used_at", nullable=True),
        instant_column("revoked_at", nullable=True),
        refers_to("member_id", "member"),
    )


def _create_functions() -> None:
    app = ("polyclinic_app", "polyclinic_worker")
    definer_function(
        "sign_in_candidates(p_email_folded text)",
        "TABLE (user_id uuid, password_hash text, organisation_id uuid, organisation_name text, member_id uuid)",
        """
        SELECT u.id, u.password_hash, o.id, o.name, m.id
        FROM user_account u JOIN member m ON m.user_id = u.id JOIN organisation o ON o.id = m.organisation_id
        WHERE u.email_folded = p_email_folded AND u.disabled_at IS NULL AND m.disabled_at IS NULL
        ORDER BY o.name, o.id
        """,
        owner="polyclinic_owner",
        grant_to=app,
    )
    definer_function(
        "create_user_account(p_id uuid, p_email text, p_email_folded text, p_password_hash text)",
        "uuid",
        """
        WITH added AS (
            INSERT INTO user_account (id, email, email_folded, password_hash)
            VALUES (p_id, p_email, p_email_folded, p_password_hash) ON CONFLICT (email_folded) DO NOTHING RETURNING id
        )
        SELECT id FROM added UNION ALL SELECT id FROM user_account WHERE email_folded = p_email_folded LIMIT 1
        """,
        owner="polyclinic_owner",
        grant_to=app,
    )
    is_member = (
        f"EXISTS (SELECT 1 FROM member m WHERE m.user_id = p_user_id AND m.organisation_id = {CURRENT_ORGANISATION})"
    )
    definer_function(
        "set_user_password(p_user_id uuid, p_password_hash text)",
        "void",
        f"""
        UPDATE user_account SET password_hash = p_password_hash, updated_at = now(), row_version = row_version + 1
        WHERE id = p_user_id AND {is_member};
        UPDATE sign_in_session SET revoked_at = now() WHERE user_id = p_user_id AND revoked_at IS NULL AND {is_member};
        """,
        owner="polyclinic_owner",
        grant_to=app,
    )
    definer_function(
        "user_password_hash(p_user_id uuid)",
        "text",
        f"SELECT password_hash FROM user_account WHERE id = p_user_id AND {is_member}",
        owner="polyclinic_owner",
        grant_to=app,
    )
