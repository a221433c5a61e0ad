"""What stands in every table of each organisation, counted and summed past row security, as the administrator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias
from uuid import UUID

import psycopg
from psycopg import sql

from polyclinic.testing.databases import TestDatabase

Contents: TypeAlias = Mapping[str, tuple[int, str]]
"""Table -> rows of one organisation and a checksum over them."""

VOLATILE = frozenset({"audit_event", "audit_seal", "idempotency_key", "sign_in_session"})
"""Tables that a refused request may write to: the refusal's audit row, when a session was last used."""

_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relkind IN ('r', 'p') AND a.attname = 'organisation_id' AND NOT a.attisdropped
   AND (n.nspname = 'public' OR n.nspname LIKE 'plugin\\_%%') ORDER BY 1
"""


class Observer:
    """Looks at a database past row security; close it after use."""

    def __init__(self, database: TestDatabase) -> None:
        self._connection = psycopg.connect(database.admin_url, dbname=database.name, autocommit=True)
        self.tables = tuple(str(row[0]) for row in self._connection.execute(_TABLES.replace("%%", "%")))
        self._marked = sql.SQL(" UNION ALL ").join(map(_marked, self.tables))
        self._marks: Mapping[str, object] = {}
        self._rows: dict[str, list[tuple[UUID, int, str]]] = {}

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def contents(self, organisation_id: UUID, *, without: Collection[str] = ()) -> Contents:
        """Return rows and checksum of every table with rows of the organisation."""
        return self.all_contents().get(organisation_id, {}) if not without else self._without(organisation_id, without)

    def all_contents(self) -> Mapping[UUID, Contents]:
        """Return the contents of every organisation; a table is read in full where it has other row versions now."""
        marks: dict[str, object] = dict(self._connection.execute(self._marked, prepare=True).fetchall())
        for table in self.tables:
            if table not in self._rows or marks[table] != self._marks[table]:
                self._rows[table] = self._connection.execute(_summed(table), prepare=True).fetchall()
        self._marks = marks
        found: dict[UUID, dict[str, tuple[int, str]]] = {}
        for table, sums in self._rows.items():
            for organisation_id, rows, checksum in sums:
                found.setdefault(organisation_id, {})[table] = (rows, checksum)
        return found

    def ids(self, organisation_id: UUID) -> frozenset[str]:
        """Return the ids of every row of the organisation, its own among them, as text."""
        known = {str(organisation_id)}
        for table in self.tables:
            statement = sql.SQL("SELECT to_jsonb(t) ->> 'id' FROM {} t WHERE organisation_id = %s").format(
                sql.SQL(table)
            )
            known |= {row[0] for row in self._connection.execute(statement, [organisation_id]) if row[0]}
        return frozenset(known)

    def _without(self, organisation_id: UUID, without: Collection[str]) -> Contents:
        found = self.all_contents().get(organisation_id, {})
        return {table: content for table, content in found.items() if table not in without}


def _marked(table: str) -> sql.Composed:
    # Each version of a row has its place and the transaction that wrote it: far quicker to read than its values.
    return sql.SQL("SELECT {name}, sum(hashtextextended(ctid::text || xmin::text, 0)) FROM {table}").format(
        name=sql.Literal(table), table=sql.SQL(table)
    )


def _summed(table: str) -> sql.Composed:
    # When a key was last used changes with every request.
    row = "to_jsonb(t) - 'last_used_at'" if table == "api_key" else "t"
    return sql.SQL(
        "SELECT organisation_id, count(*), md5(string_agg(md5(({row})::text), '' ORDER BY md5(({row})::text))) "
        "FROM {table} t GROUP BY organisation_id"
    ).format(row=sql.SQL(row), table=sql.SQL(table))
