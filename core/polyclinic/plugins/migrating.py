"""Upgrading the plugins' own tables: after core's, needed plugins first, each one as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.schema import CreateSchema

from polyclinic.kit.migrating import LOCK
from polyclinic.kit.tenant_table import APP_ROLES
from polyclinic.plugins.isolation import attempt
from polyclinic.plugins.manifest import Capability
from polyclinic.plugins.markers import CONTRACT_VERSION
from polyclinic.plugins.ordering import dependency_order
from polyclinic.plugins.registry import LoadedPlugin, PluginRegistry
from polyclinic.plugins.roles import ensure_role, grant_to_role
from polyclinic.plugins.vocabulary import InstallationState

ENVIRONMENT = Path(__file__).parent / "migration_environment"


@dataclass(frozen=True)
class PluginUpgrade:
    """What happened to one plugin; `error` is empty when its tables are up to date."""

    plugin_id: str
    version: str
    state: InstallationState
    error: str = ""


def upgrade_plugins(owner_url: str, registry: PluginRegistry) -> tuple[PluginUpgrade, ...]:
    """Upgrade every active plugin in dependency order and record it; plugins whose code is gone become archived.

    A failing plugin keeps its tables as they were and is recorded as broken, with all plugins that need it; the others
    are upgraded. Run core's upgrade first.
    """
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    done: dict[str, PluginUpgrade] = {}
    with psycopg.connect(owner_url, autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        for plugin in _in_order(registry.active):
            has_role = ensure_role(guard, plugin.id)
            done[plugin.id] = _upgrade_one(engine, plugin, done, has_role=has_role)
        _archive_missing(engine, registry)
    engine.dispose()
    return tuple(done.values())


def schema_of(plugin_id: str) -> str:
    """Return the PostgreSQL schema that holds the plugin's tables and its version table."""
    return f"plugin_{plugin_id}"


def version_folder(plugin: LoadedPlugin) -> Path | None:
    """Return the folder of the plugin's migrations, or None when it has no tables."""
    if plugin.manifest is None or plugin.package_dir is None or Capability.TABLES not in plugin.manifest.capabilities:
        return None
    folder = plugin.package_dir / "migrations"
    return folder / "versions" if (folder / "versions").is_dir() else folder


def _in_order(plugins: Iterable[LoadedPlugin]) -> list[LoadedPlugin]:
    by_id = {plugin.id: plugin for plugin in plugins}
    manifests = {plugin_id: plugin.manifest for plugin_id, plugin in by_id.items() if plugin.manifest is not None}
    order, _ = dependency_order(manifests)
    return [by_id[plugin_id] for plugin_id in order]


def _upgrade_one(
    engine: Engine, plugin: LoadedPlugin, done: dict[str, PluginUpgrade], *, has_role: bool
) -> PluginUpgrade:
    needs = plugin.manifest.requires_plugins if plugin.manifest else {}
    failed = [needed for needed in needs if needed in done and done[needed].error]
    if failed:
        return _record_failure(engine, plugin, f"it needs {failed[0]}, which could not be upgraded")
    outcome = attempt(lambda: _run(engine, plugin, has_role=has_role))
    if outcome.error is not None:
        return _record_failure(engine, plugin, f"{type(outcome.error).__name__}: {outcome.error}")
    return PluginUpgrade(plugin.id, plugin.version, InstallationState.INSTALLED)


def _run(engine: Engine, plugin: LoadedPlugin, *, has_role: bool) -> None:
    """Migrate and record in one transaction: PostgreSQL takes its table changes back with it."""
    folder = version_folder(plugin)
    with engine.begin() as connection:
        if folder is not None:
            _migrate(connection, plugin.id, folder)
        if has_role:
            grant_to_role(connection, plugin.id)
        connection.execute(_RECORD, _row(plugin, InstallationState.INSTALLED))


def _migrate(connection: Connection, plugin_id: str, folder: Path) -> None:
    schema = schema_of(plugin_id)
    connection.execute(CreateSchema(schema, if_not_exists=True))
    connection.execute(text(f'GRANT USAGE ON SCHEMA "{schema}" TO {APP_ROLES}, polyclinic_backup'))
    # A name without a schema means the plugin's own, never core's.
    connection.execute(text(f'SET LOCAL search_path = "{schema}", public'))
    config = AlembicConfig()
    config.set_main_option("script_location", _escaped(ENVIRONMENT))
    config.set_main_option("version_locations", _escaped(folder))
    config.set_main_option("path_separator", "newline")
    config.attributes.update({"connection": connection, "schema": schema})
    command.upgrade(config, "head")


def _escaped(path: Path) -> str:
    """Alembic's configuration reads a percent sign as a variable."""
    return str(path).replace("%", "%%")


_RECORD = text(
    "INSERT INTO public.plugin_installation (plugin_id, version, contract_version, state) "
    "VALUES (:plugin_id, :version, :contract_version, :state) ON CONFLICT (plugin_id) DO UPDATE "
    "SET version = excluded.version, contract_version = excluded.contract_version, state = excluded.state, "
    "changed_at = now()"
)
_RECORD_FAILURE = text(
    "INSERT INTO public.plugin_installation (plugin_id, version, contract_version, state) "
    "VALUES (:plugin_id, :version, :contract_version, :state) ON CONFLICT (plugin_id) DO UPDATE "
    "SET state = excluded.state, changed_at = now()"
)
_ARCHIVE = text(
    "UPDATE public.plugin_installation SET state = 'archived', changed_at = now() "
    "WHERE state <> 'archived' AND plugin_id <> ALL (CAST(:found AS text[]))"
)


def _row(plugin: LoadedPlugin, state: InstallationState) -> dict[str, str]:
    return {
        "plugin_id": plugin.id,
        "version": plugin.version,
        "contract_version": CONTRACT_VERSION,
        "state": state.value,
    }


def _record_failure(engine: Engine, plugin: LoadedPlugin, error: str) -> PluginUpgrade:
    with engine.begin() as connection:
        connection.execute(_RECORD_FAILURE, _row(plugin, InstallationState.BROKEN))
    return PluginUpgrade(plugin.id, plugin.version, InstallationState.BROKEN, error)


def _archive_missing(engine: Engine, registry: PluginRegistry) -> None:
    with engine.begin() as connection:
        connection.execute(_ARCHIVE, {"found": [plugin.id for plugin in registry.plugins]})
