"""What a plugin's migrations and models are made of: walled in like core's tables, inside the plugin's schema."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from polyclinic.kit import tenant_table as core_tables
from polyclinic.kit.db import NAMING
from polyclinic.kit.operations import op
from polyclinic.plugins.suggestions import did_you_mean

ANCHORS = frozenset(
    {
        "organisation",
        "clinic",
        "member",
        "therapist",
        "client",
        "service",
        "appointment",
        "treatment_record",
        "document",
    }
)
"""Core's tables that a plugin may refer to; their keys are stable."""


class OnErase(StrEnum):
    """What happens to a plugin's row when core erases the row it refers to."""

    SET_NULL = "set null"
    CASCADE = "cascade"


class OrganisationRow:
    """Columns that every table made by `organisation_table` has."""

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


def plugin_base(plugin_id: str) -> type[DeclarativeBase]:
    """Return a declarative base whose models live in the plugin's schema; combine it with `OrganisationRow`."""
    return type(
        "PluginBase",
        (DeclarativeBase,),
        {"metadata": MetaData(schema=f"plugin_{plugin_id}", naming_convention=NAMING), "__module__": __name__},
    )


def organisation_table(
    name: str, *parts: Any, grants: str = core_tables.EDITABLE, clinic_predicate: str | None = None
) -> None:
    """Create a table in the plugin's schema with `organisation_id` and `id`, row security, policies and grants.

    For migrations only. `clinic_predicate`, for instance `in_clinics()`, hides rows of other clinics as well.
    """
    core_tables.tenant_table(name, *parts, grants=grants, clinic_predicate=clinic_predicate, schema=_schema())


def immutable_rows(name: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on one of the plugin's tables for everybody, by cascade too.

    Erasing a client then cannot clear a key of the table: leave such keys out, and hold the id as a plain column.
    """
    core_tables.immutable_rows(f'"{_schema()}"."{name}"')


def refers_to_core(column: str, table: str, *, on_erase: OnErase) -> sa.ForeignKeyConstraint:
    """Return a foreign key to one of core's anchors; raises `ValueError` for any other table.

    The referring column must allow null with `SET_NULL`. A key without a rule would block core once the plugin is gone.
    """
    if table not in ANCHORS:
        raise ValueError(f'plugins may not refer to "{table}".{did_you_mean(table, ANCHORS)}')
    rule = f"SET NULL ({column})" if on_erase is OnErase.SET_NULL else "CASCADE"
    return core_tables.refers_to(column, table, schema="public", ondelete=rule)


def refers_to_own(column: str, table: str, *, ondelete: str = "RESTRICT") -> sa.ForeignKeyConstraint:
    """Return a foreign key to another table of the plugin."""
    return core_tables.refers_to(column, table, schema=_schema(), ondelete=ondelete)


def _schema() -> str:
    """Return the schema of the plugin whose migration runs; raises `RuntimeError` in core's own migrations."""
    schema: str | None = op.get_context().version_table_schema
    if not schema:
        raise RuntimeError("this helper is for a plugin's migrations, run by `polyclinic db upgrade`")
    return schema
