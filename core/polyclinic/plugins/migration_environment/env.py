"""Alembic runs this file by its path: it keeps the version table inside the plugin's schema."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="plugin_version",
    version_table_schema=context.config.attributes["schema"],
)
context.run_migrations()
