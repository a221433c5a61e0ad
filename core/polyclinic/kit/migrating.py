"""Run the core's migrations as the owner, under an advisory lock, one transaction each."""

from __future__ import annotations

import psycopg
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine

from polyclinic.kit.migrations_folder import migrations_folder

LOCK = 7_018_223_001
"""Advisory lock key: two deployments upgrading at once take turns."""


def upgrade_core(owner_url: str, target: str = "head") -> tuple[str | None, str | None]:
    """Upgrade the core's tables and return the revisions before and after."""
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    with psycopg.connect(owner_url, autocommit=True) as guard, engine.connect() as connection:
        guard.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        config = AlembicConfig()
        config.set_main_option("script_location", str(migrations_folder()))
        config.attributes["connection"] = connection
        context = MigrationContext.configure(connection, opts={"version_table": "core_version"})
        before = context.get_current_revision()
        command.upgrade(config, target)
        connection.commit()
        after = context.get_current_revision()
    engine.dispose()
    return before, after


def newest_revision() -> str | None:
    """Return the newest revision that this code knows."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(migrations_folder()))
    return ScriptDirectory.from_config(config).get_current_head()
