"""Bring the demo's database up to date: tables, data, sign-ins."""

from __future__ import annotations

from pathlib import Path

from polyclinic.audit.keys import create_key
from polyclinic.demo.access import DemoAccess
from polyclinic.demo.seeding import Seeder
from polyclinic.jobs.running import JobRunner
from polyclinic.kit.db import make_engine
from polyclinic.kit.provision import DatabaseUrls
from polyclinic.kit.zones import use_pinned_zones
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.wiring import wire


def prepare(urls: DatabaseUrls, scale: float, *, is_known: bool) -> DemoAccess:
    """Upgrade and fill (or top up) the database and return fresh sign-ins."""
    use_pinned_zones()
    registry = load_plugins()
    wire(registry)
    _upgrade(urls, registry, is_known=is_known)
    engine = make_engine(urls.app, pool_size=1, pool_timeout=10)
    try:
        seeder = Seeder(JobRunner.on(engine).connect, scale)
        seeder.seed()
        return seeder.renew_access()
    finally:
        engine.dispose()


def ensure_audit_key(path: Path) -> None:
    """Make the key that seals the audit trail, once per folder."""
    if not path.exists():
        create_key(path)


def _upgrade(urls: DatabaseUrls, registry: PluginRegistry, *, is_known: bool) -> None:
    from polyclinic.kit.migrating import upgrade_core  # noqa: PLC0415 -- slow import, a start with data needs less
    from polyclinic.plugins.migrating import upgrade_plugins  # noqa: PLC0415 -- slow import

    if not is_known:
        upgrade_core(urls.owner)
    for upgrade in upgrade_plugins(urls.owner, registry):
        if upgrade.error:
            print(f"The plugin {upgrade.plugin_id} is off: {upgrade.error}", flush=True)  # noqa: T201
