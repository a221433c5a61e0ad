"""`polyclinic db`: provision roles, upgrade the schema, show where it stands."""

from __future__ import annotations

import os

import click
import psycopg

from polyclinic.kit.config import ConfigError
from polyclinic.kit.migrating import newest_revision, upgrade_core
from polyclinic.kit.provision import provision
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.migrating import upgrade_plugins


@click.group()
def db() -> None:
    """Prepare and upgrade the database."""


@db.command("provision")
@click.option(
    "--admin-url", envvar="DATABASE_ADMIN_URL", required=True, help="Login that may create roles and databases."
)
@click.option("--database", default="polyclinic", show_default=True)
def provision_command(admin_url: str, database: str) -> None:
    """Create the roles and the database where they are missing."""
    urls = provision(admin_url, database)
    click.echo(f"DATABASE_URL={urls.app}\nDATABASE_OWNER_URL={urls.owner}\nDATABASE_WORKER_URL={urls.worker}")


@db.command()
def upgrade() -> None:
    """Bring core's and all installed plugins' tables up to date."""
    owner_url = _owner_url()
    before, after = upgrade_core(owner_url)
    click.echo(f"core: {before or 'empty'} -> {after}")
    for step in upgrade_plugins(owner_url, load_plugins()):
        click.echo(f"{step.plugin_id} {step.version}: {step.state.value} {step.error}".rstrip())


@db.command()
def status() -> None:
    """Show the revision of the database and the newest one known."""
    with psycopg.connect(_owner_url()) as connection:
        row = connection.execute("SELECT version_num FROM core_version").fetchone()
    click.echo(f"core: {row[0] if row else 'empty'} (newest: {newest_revision()})")


def _owner_url() -> str:
    url = os.environ.get("DATABASE_OWNER_URL", "")
    if not url:
        raise click.ClickException(
            str(ConfigError("DATABASE_OWNER_URL is not set. Give the login of polyclinic_owner."))
        )
    return url
