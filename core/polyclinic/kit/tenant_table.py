"""Migration helpers: a tenant's table comes with composite keys, forced row security, policies and grants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from polyclinic.kit.operations import op

ORGANISATION = "(nullif(current_setting('app.organisation_id', true), ''))::uuid"
CLINICS = "(SELECT string_to_array(nullif(current_setting('app.clinic_ids', true), ''), ','))::uuid[]"
APP_ROLES = "polyclinic_app, polyclinic_worker"
INSERT_ONLY = "SELECT, INSERT"
EDITABLE = "SELECT, INSERT, UPDATE"
REMOVABLE = "SELECT, INSERT, UPDATE, DELETE"


def tenant_table(
    name: str, *parts: Any, grants: str = EDITABLE, clinic_predicate: str | None = None, schema: str | None = None
) -> None:
    """Create a table whose key is `(organisation_id, id)` and whose rows only their organisation sees.

    `grants` is what the app and worker roles may do. `clinic_predicate` adds a restrictive policy, for instance
    `in_clinics()`; the owner, search and backup roles see all rows, because FORCE would hide them from migrations.
    """
    op.create_table(
        name,
        sa.Column("organisation_id", UUID(as_uuid=True), nullable=False),
        sa.Column("id", UUID(as_uuid=True), nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("organisation_id", "id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=f"fk_{name}_organisation_id", ondelete="RESTRICT"
        ),
        schema=schema,
    )
    secure_table(name, grants=grants, clinic_predicate=clinic_predicate, schema=schema)


def secure_table(
    name: str,
    *,
    grants: str,
    clinic_predicate: str | None = None,
    schema: str | None = None,
    key: str = "organisation_id",
) -> None:
    """Force row security on `name`, add its policies and grant the app and worker roles `grants`."""
    table = f'"{schema}"."{name}"' if schema else f'"{name}"'
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON {table} FOR ALL TO {APP_ROLES} "
        f"USING ({key} = {ORGANISATION}) WITH CHECK ({key} = {ORGANISATION})"
    )
    if clinic_predicate:
        op.execute(
            f"CREATE POLICY clinic ON {table} AS RESTRICTIVE FOR ALL TO {APP_ROLES} "
            f"USING ({clinic_predicate}) WITH CHECK ({clinic_predicate})"
        )
    op.execute(
        f"CREATE POLICY all_rows ON {table} FOR ALL TO polyclinic_owner, polyclinic_search, polyclinic_backup "
        "USING (true) WITH CHECK (true)"
    )
    op.execute(f"GRANT {grants} ON {table} TO {APP_ROLES}")
    op.execute(f"GRANT SELECT ON {table} TO polyclinic_search, polyclinic_backup")


def in_clinics(column: str = "clinic_id") -> str:
    """Return the row-security predicate "this clinic is one of the actor's clinics"."""
    return f"{column} = ANY ({CLINICS})"


def refers_to(
    column: str, table: str, *, schema: str | None = None, ondelete: str = "RESTRICT"
) -> sa.ForeignKeyConstraint:
    """Return the composite foreign key `(organisation_id, column)`: a plain one would accept another tenant's id."""
    target = f"{schema}.{table}" if schema else table
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{target}.organisation_id", f"{target}.id"],
        name=f"fk_{column}_to_{table}",
        ondelete=ondelete,
    )


def uuid_column(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a UUID column."""
    return sa.Column(name, UUID(as_uuid=True), nullable=nullable)


def text_column(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    """Return a text column."""
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=default)


def instant_column(name: str, *, nullable: bool = False, default_now: bool = False) -> sa.Column[Any]:
    """Return a `timestamptz` column."""
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=nullable, server_default=sa.text("now()") if default_now else None
    )


def lifecycle_columns() -> list[sa.Column[Any]]:
    """Return created_at, updated_at and row_version (the source of the ETag)."""
    return [
        instant_column("created_at", default_now=True),
        instant_column("updated_at", default_now=True),
        sa.Column("row_version", sa.Integer(), nullable=False, server_default="1"),
    ]


def definer_function(signature: str, returns: str, body: str, *, owner: str, grant_to: Sequence[str]) -> None:
    """Create a SECURITY DEFINER function with a fixed search path, owned by `owner`, callable by `grant_to` alone."""
    op.execute(
        f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql VOLATILE SECURITY DEFINER "
        f"SET search_path = public, pg_temp AS $body$ {body} $body$"
    )
    bare = signature if "(" in signature else f"{signature}()"
    arguments = _argument_types(bare)
    op.execute(f"REVOKE ALL ON FUNCTION {arguments} FROM PUBLIC")
    for role in grant_to:
        op.execute(f"GRANT EXECUTE ON FUNCTION {arguments} TO {role}")
    op.execute(f"ALTER FUNCTION {arguments} OWNER TO {owner}")


def immutable_rows(table: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on `table` for everybody, also under replica mode and by cascade."""
    op.execute(
        f"CREATE TRIGGER immutable_row BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER immutable_table BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER immutable_row")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER immutable_table")


def _argument_types(signature: str) -> str:
    name, _, arguments = signature.partition("(")
    types = [part.strip().split(" ", 1)[1] for part in arguments.rstrip(")").split(",") if part.strip()]
    return f"{name}({', '.join(types)})"
