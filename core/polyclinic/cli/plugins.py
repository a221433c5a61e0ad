"""`polyclinic plugin`: what is installed and what is wrong with it, and switching plugins on and off."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import click
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.cli.acting import look_up
from polyclinic.cli.contract_snapshot import snapshot_text
from polyclinic.cli.event_reference import event_reference
from polyclinic.cli.plugin_reference import hook_reference, sdk_reference
from polyclinic.cli.purging import purge
from polyclinic.kit.config import Config, ConfigError
from polyclinic.kit.db import install_tenant_setting, make_engine, raw_connection, set_clinics, transaction
from polyclinic.kit.errors import PolyclinicError
from polyclinic.kit.ids import parse_id
from polyclinic.plugins import replaying, services
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.queries import list_installations
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.roles import notice, plugins_without_role
from polyclinic.plugins.runtime import runtime_of

_PAGES = {"contract": snapshot_text, "events": event_reference, "hooks": hook_reference, "sdk": sdk_reference}
_organisation = click.option("--organisation", required=True, help="Slug or id of the organisation.")
_clinic = click.option("--clinic", "clinic_text", help="Id of one clinic; without it the whole organisation.")


@click.group()
def plugin() -> None:
    """See and switch plugins."""


plugin.add_command(purge)


@plugin.command()
@click.option("--strict", is_flag=True, help="End with status 1 when a plugin is broken or incompatible.")
def status(*, strict: bool) -> None:
    """Show every plugin, its state and its problems; works without a database."""
    registry, remark = _registry()
    rows = [(found.id, found.version, found.state.value, found.distribution) for found in registry.plugins]
    for line in _table(("plugin", "version", "state", "distribution"), rows):
        click.echo(line)
    for problem in registry.problems:
        click.echo(f"\n{problem}")
    if remark:
        click.echo(f"\n{remark}")
    if strict and any(problem.is_fatal for problem in registry.problems):
        raise SystemExit(1)


@plugin.command()
@click.argument("plugin_id")
@_organisation
@_clinic
@click.option("--scope", "scopes", multiple=True, help="Grant this scope; without any, all that the plugin asks for.")
def enable(plugin_id: str, organisation: str, clinic_text: str | None, scopes: tuple[str, ...]) -> None:
    """Switch a plugin on for an organisation or one of its clinics."""
    clinic_id = _clinic_id(clinic_text)
    command = EnablePlugin(plugin_id, clinic_id, frozenset(scopes) or None)
    with _acting(organisation) as (actor, registry):
        switch = services.enable_plugin(actor, command, registry=registry)
    scopes_given = ", ".join(sorted(switch.granted_scopes)) or "none"
    click.echo(f"{plugin_id} is enabled {_place(clinic_id)}. Scopes: {scopes_given}.")
    for role, held in sorted(switch.role_permissions.items()):
        click.echo(f"The role {role} has: {', '.join(sorted(held))}.")


@plugin.command()
@click.argument("plugin_id")
@_organisation
@_clinic
def disable(plugin_id: str, organisation: str, clinic_text: str | None) -> None:
    """Switch a plugin off; its data and signed content stay."""
    clinic_id = _clinic_id(clinic_text)
    with _acting(organisation) as (actor, registry):
        services.disable_plugin(actor, DisablePlugin(plugin_id, clinic_id), registry=registry)
    click.echo(f"{plugin_id} is disabled {_place(clinic_id)}. Its data and signed records stay readable.")


@plugin.command()
@click.argument("plugin_id")
@_organisation
@click.option("--delivery", "delivery_id", type=click.UUID, help="One delivery by its id.")
@click.option("--dead", is_flag=True, help="Everything that failed for good.")
@click.option("--since", type=click.DateTime(), help="Everything that happened since this instant (UTC).")
def replay(plugin_id: str, organisation: str, delivery_id: UUID | None, since: datetime | None, *, dead: bool) -> None:
    """Have events delivered to a plugin again; the worker does it."""
    if (delivery_id is not None) + dead + (since is not None) != 1:
        raise click.UsageError("Give one of --delivery, --dead and --since.")
    count = 1
    with _acting(organisation) as (actor, _):
        if delivery_id is not None:
            replaying.replay_delivery(actor, plugin_id, delivery_id)
        elif since is not None:
            count = replaying.replay_since(actor, plugin_id, since.replace(tzinfo=UTC))
        else:
            count = replaying.replay_dead(actor, plugin_id)
    click.echo(f"{count} {'delivery' if count == 1 else 'deliveries'} of {plugin_id} will be done again.")


@plugin.command()
@click.argument("page", type=click.Choice(sorted(_PAGES)))
def docs(page: str) -> None:
    """Print a reference as Markdown, or the contract as JSON."""
    click.echo(_PAGES[page](), nl=False)


def _registry() -> tuple[PluginRegistry, str]:
    """Return the registry and a remark when the database could not be asked."""
    disabled = frozenset(filter(None, os.environ.get("POLYCLINIC_DISABLED_PLUGINS", "").split(",")))
    registry = load_plugins(without=disabled)
    if not os.environ.get("DATABASE_URL"):
        return registry, "The database was not asked: DATABASE_URL is not set."
    try:
        with transaction(_database(Config.from_environment())) as current:
            missing = plugins_without_role(raw_connection(current))
            return registry.with_installations(list_installations(current)), notice(missing) if missing else ""
    except SQLAlchemyError as error:
        return (
            registry,
            f"The database was not asked: {type(error).__name__}. Run `polyclinic db upgrade` if it is new.",
        )


def _database(config: Config) -> sessionmaker[Session]:
    factory = sessionmaker(make_engine(config.database_url, pool_size=1, pool_timeout=5), expire_on_commit=False)
    install_tenant_setting(factory)
    return factory


@contextmanager
def _acting(organisation: str) -> Iterator[tuple[Actor, PluginRegistry]]:
    """Open a transaction as the operator's system actor; every refusal becomes a line on the terminal."""
    try:
        config = Config.from_environment()
        organisation_id, clinic_ids = look_up(config, organisation)
        registry, _ = _registry()
        with runtime_of(registry), transaction(_database(config), organisation_id=organisation_id):
            set_clinics(clinic_ids)
            held = frozenset(clinic_ids) or frozenset({organisation_id})
            yield (
                Actor(ActorKind.SYSTEM, organisation_id, clinic_ids, {"plugins:write": held}, name="operator"),
                registry,
            )
    except (PolyclinicError, ConfigError) as error:
        raise click.ClickException(str(error)) from error


def _clinic_id(text: str | None) -> UUID | None:
    if text is None:
        return None
    clinic_id = parse_id(text)
    if clinic_id is None:
        raise click.BadParameter("this is not an id", param_hint="--clinic")
    return clinic_id


def _place(clinic_id: UUID | None) -> str:
    return f"at the clinic {clinic_id}" if clinic_id else "for the whole organisation"


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if not rows:
        yield "No plugins are installed."
        return
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    for row in [headings, *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
