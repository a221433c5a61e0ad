"""Alembic environment of the core; run through `polyclinic db upgrade`, never by itself."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]

context.configure(connection=connection, version_table="core_version", transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
