"""`polyclinic plugin purge`: remove a plugin's data for good, after a look and a dump."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from polyclinic.kit.config import ConfigError
from polyclinic.kit.errors import PolyclinicError
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.purging import Purge, plan_purge, purge_plugin


@click.command()
@click.argument("plugin_id")
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@click.option("--yes-purge", "confirmed", default="", help="The plugin's id again, instead of typing it when asked.")
@click.option("--dump", "dump", type=click.Path(path_type=Path), help="Where the plugin's tables are written first.")
def purge(plugin_id: str, *, dry_run: bool, confirmed: str, dump: Path | None) -> None:
    """Remove a plugin's tables, switches and settings for good; signed records stay, they are core's.

    Its tables are written to a file first. Run `polyclinic db upgrade` to install the plugin afresh.
    """
    try:
        _purge(plugin_id, dry_run=dry_run, confirmed=confirmed, dump=dump or _default_dump(plugin_id))
    except (PolyclinicError, ConfigError, OSError) as error:
        raise click.ClickException(f"{error} Nothing was removed.") from error


def _purge(plugin_id: str, *, dry_run: bool, confirmed: str, dump: Path) -> None:
    owner_url = os.environ.get("DATABASE_OWNER_URL", "")
    if not owner_url:
        raise ConfigError("DATABASE_OWNER_URL is not set. Give the login of polyclinic_owner.")
    registry = load_plugins()
    plan = plan_purge(owner_url, plugin_id, registry)
    for line in _lines(plan):
        click.echo(line)
    if dry_run:
        click.echo("This was a dry run. Nothing was removed.")
        return
    answer = confirmed or click.prompt("This cannot be undone. Type the plugin's id to go on", default="")
    if answer != plugin_id:
        raise ConfigError(f"{answer or 'Nothing'} is not {plugin_id}.")
    done = purge_plugin(owner_url, plugin_id, registry, dump=dump)
    click.echo(f"{plugin_id} is purged. Its tables were written to {done.dump}.")
    if done.role_is_kept:
        click.echo(f"The role plugin_{plugin_id} stays: another database of this server may use it.")


def _lines(plan: Purge) -> Iterator[str]:
    yield f"Rows of {plan.plugin_id} that a purge removes:"
    for name, rows in plan.tables:
        yield f"  plugin_{plan.plugin_id}.{name}: {rows}"
    for name, rows in plan.about:
        yield f"  {name}: {rows}"


def _default_dump(plugin_id: str) -> Path:
    return Path(f"polyclinic-purge-{plugin_id}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.sql")
