"""Removing what a plugin stored, for good: its tables, switches, settings and deliveries; signed records stay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import errors, sql

from polyclinic.kit.errors import Conflict, NotFound
from polyclinic.kit.migrating import LOCK
from polyclinic.plugins.dumping import TABLES, dump_schema
from polyclinic.plugins.migrating import schema_of
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.roles import role_of
from polyclinic.plugins.views import SCHEMA as PUBLISHED

KEPT = ("plugin_installation", "treatment_record_section", "mail_message")
"""Core's tables with the column `plugin_id` that a purge leaves: the first goes last, the others are core's own."""

_ABOUT = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'plugin_id'
      AND NOT a.attisdropped AND c.relname <> ALL (%s) ORDER BY 1
"""
_JOBS = (
    "DELETE FROM jobs.procrastinate_jobs WHERE status = 'todo' "
    "AND (args #>> '{payload,plugin_id}' = %(id)s OR starts_with(task_name, 'plugin:' || %(id)s || '.'))"
)
_AUDIT = """
    INSERT INTO audit_event (organisation_id, id, at, actor_kind, action, object_type, outcome, detail)
    SELECT id, gen_random_uuid(), now(), 'system', 'plugin.purged', 'plugin', 'done',
           jsonb_build_object('plugin', %s::text)
    FROM organisation
"""


@dataclass(frozen=True)
class Purge:
    """What is or was removed: rows by table, first the plugin's own, then core's about it."""

    plugin_id: str
    tables: tuple[tuple[str, int], ...]
    about: tuple[tuple[str, int], ...]
    dump: Path | None = None
    role_is_kept: bool = False
    """The role stays: another database of this server uses it, or the owner may not drop it."""


def plan_purge(owner_url: str, plugin_id: str, registry: PluginRegistry) -> Purge:
    """Return what `purge_plugin` would remove; raises `NotFound` and `Conflict` like it."""
    with psycopg.connect(owner_url) as owner:
        return _plan(owner, plugin_id, registry)


def purge_plugin(owner_url: str, plugin_id: str, registry: PluginRegistry, *, dump: Path) -> Purge:
    """Write the plugin's tables to `dump`, then remove them and all that core remembers of the plugin.

    Nobody writes to the tables in between. Raises `NotFound` for a plugin that was never installed, `Conflict` while
    another one needs it, and `OSError` when the dump cannot be written; then nothing is removed.
    """
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        with owner.transaction():
            plan = _plan(owner, plugin_id, registry)
            schema = schema_of(plugin_id)
            for name, _ in plan.tables:
                owner.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.Identifier(schema, name)))
            dump_schema(owner, owner_url, schema, dump)
            owner.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
            _forget(owner, plan)
        return replace(plan, dump=dump, role_is_kept=not _drop_role(owner, plugin_id))


def _plan(owner: psycopg.Connection, plugin_id: str, registry: PluginRegistry) -> Purge:
    known = owner.execute("SELECT 1 FROM plugin_installation WHERE plugin_id = %s", (plugin_id,)).fetchone()
    if known is None:
        raise NotFound("plugin")
    needing = [
        other.id
        for other in registry.active
        if other.manifest is not None and plugin_id in other.manifest.requires_plugins
    ]
    if needing:
        raise Conflict(
            f"The plugin {needing[0]} needs {plugin_id}. Uninstall {needing[0]} first.", code="plugin_needed"
        )
    schema = schema_of(plugin_id)
    tables = [row[0] for row in owner.execute(TABLES, (schema,)).fetchall()]
    counted = tuple((name, _count(owner, sql.Identifier(schema, name))) for name in tables)
    holding = [row[0] for row in owner.execute(_ABOUT, (list(KEPT),)).fetchall()]
    about = [(name, _count(owner, sql.Identifier("public", name), plugin_id)) for name in holding]
    settings = owner.execute("SELECT count(*) FROM setting WHERE starts_with(key, %s)", (f"{plugin_id}.",)).fetchone()
    return Purge(plugin_id, counted, (*about, ("setting", settings[0] if settings else 0)))


def _count(owner: psycopg.Connection, table: sql.Identifier, plugin_id: str | None = None) -> int:
    statement = sql.SQL("SELECT count(*) FROM {}").format(table)
    if plugin_id is not None:
        statement = sql.SQL("{} WHERE plugin_id = {}").format(statement, plugin_id)
    row = owner.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _forget(owner: psycopg.Connection, plan: Purge) -> None:
    plugin_id = plan.plugin_id
    owner.execute("DELETE FROM setting WHERE starts_with(key, %s)", (f"{plugin_id}.",))
    for name, _ in plan.about[:-1]:
        owner.execute(sql.SQL("DELETE FROM {} WHERE plugin_id = {}").format(sql.Identifier("public", name), plugin_id))
    owner.execute("DELETE FROM plugin_installation WHERE plugin_id = %s", (plugin_id,))
    owner.execute(_AUDIT, (plugin_id,))
    # The queue's triggers name its tables without a schema.
    owner.execute("SET LOCAL search_path = jobs")
    owner.execute(_JOBS, {"id": plugin_id})
    owner.execute("SET LOCAL search_path TO DEFAULT")


def _drop_role(owner: psycopg.Connection, plugin_id: str) -> bool:
    """Return whether the role is gone; a role belongs to the whole server, so other databases may still need it."""
    role = role_of(plugin_id)
    if owner.execute("SELECT to_regrole(%s)", (role,)).fetchone() == (None,):
        return True
    name = sql.Identifier(role)
    owner.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(sql.Identifier(PUBLISHED), name))
    owner.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(sql.Identifier(PUBLISHED), name))
    try:
        owner.execute(sql.SQL("DROP ROLE {}").format(name))
    except (errors.DependentObjectsStillExist, errors.InsufficientPrivilege):
        return False
    return True
