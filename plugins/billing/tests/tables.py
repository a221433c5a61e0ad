"""Billing's rows as they are written, read out table by table: plain dictionaries, no join and no sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from polyclinic.sdk import views
from polyclinic.sdk.context import Ctx
from polyclinic_billing.models.base import Base

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Tables:
    """All rows by the name of their table; `clinic` and `therapist` are core's."""

    rows: Mapping[str, list[Row]]

    def __getitem__(self, name: str) -> list[Row]:
        return self.rows[name]

    def at(self, clinic_id: UUID) -> Tables:
        """Return the rows of one clinic alone, and those that belong to none."""
        return Tables(
            {
                name: [row for row in rows if row.get("clinic_id", clinic_id) == clinic_id]
                for name, rows in self.rows.items()
            }
        )

    def by_id(self, name: str) -> dict[UUID, Row]:
        """Return a table's rows by their ids."""
        return {row["id"]: row for row in self.rows[name]}


def read_tables(ctx: Ctx) -> Tables:
    """Read everything that the actor of `ctx` may see."""
    tables = {**Base.metadata.tables, "clinic": views.clinic, "therapist": views.therapist}
    return Tables(
        {
            name.rpartition(".")[2]: [dict(row) for row in ctx.db.execute(select(table)).mappings()]
            for name, table in tables.items()
        }
    )
