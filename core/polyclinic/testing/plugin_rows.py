"""Rows of plugins in filled organisations: made by their own demo steps, found by the names of their tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from uuid import UUID

import psycopg
from flask import Flask
from psycopg import sql

from polyclinic.demo.plugin_steps import run_plugin_steps
from polyclinic.kit import clock
from polyclinic.plugins.demo_steps import DemoChain
from polyclinic.testing.databases import TestDatabase
from polyclinic.testing.worlds import World

_TABLES = """
SELECT c.table_schema, c.table_name, bool_or(c.column_name = 'clinic_id')
  FROM information_schema.columns c
 WHERE c.table_schema LIKE 'plugin\\_%'
 GROUP BY c.table_schema, c.table_name
HAVING bool_or(c.column_name = 'organisation_id') AND bool_or(c.column_name = 'id')
 ORDER BY length(c.table_name), c.table_name
"""


def fill_plugins(world: World, label: str) -> None:
    """Let every plugin add a handful of rows of each kind, whose texts hold `label`."""
    random = Random(label)  # noqa: S311 -- test data
    run_plugin_steps(world.actor(), DemoChain(clock.now().date(), random, label=label, is_small=True))


def plugin_ids(database: TestDatabase, app: Flask, world: World, clinic_id: UUID) -> Mapping[str, UUID]:
    """Return the first row of every plugin's table, at the clinic where rows have one, as `<table>_id`.

    Where an address asks for it, the last word of a table's name stands for it too: `line_id` for `thing_line`.
    """
    asked = {argument for rule in app.url_map.iter_rules() for argument in rule.arguments}
    found: dict[str, UUID] = {}
    with psycopg.connect(database.admin_url, dbname=database.name) as connection:
        for table, row_id in _first_rows(connection, world.id, clinic_id):
            found.setdefault(f"{table}_id", row_id)
            short = f"{table.rpartition('_')[2]}_id"
            if short in asked:
                found.setdefault(short, row_id)
    return found


def _first_rows(
    connection: psycopg.Connection[tuple[object, ...]], organisation_id: UUID, clinic_id: UUID
) -> Iterator[tuple[str, UUID]]:
    for schema, table, is_at_clinic in connection.execute(_TABLES).fetchall():
        place = sql.SQL(" AND (clinic_id = %(clinic_id)s OR clinic_id IS NULL)") if is_at_clinic else sql.SQL("")
        statement = sql.SQL("SELECT id FROM {} WHERE organisation_id = %(organisation_id)s{} ORDER BY id LIMIT 1")
        values = {"organisation_id": organisation_id, "clinic_id": clinic_id}
        row = connection.execute(statement.format(sql.Identifier(str(schema), str(table)), place), values).fetchone()
        if row is not None:
            yield str(table), UUID(str(row[0]))
