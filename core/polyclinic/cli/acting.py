"""Transactions that commands open on behalf of the operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import UUID

import click
import psycopg
from sqlalchemy.orm import sessionmaker

from polyclinic.jobs.actors import system_actor
from polyclinic.kit.config import Config, ConfigError
from polyclinic.kit.db import TenantSession, make_engine, make_session_factory, set_clinics, transaction
from polyclinic.kit.errors import PolyclinicError
from polyclinic.kit.ids import parse_id
from polyclinic.kit.zones import use_pinned_zones
from polyclinic.plugins.calls import telling
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.queries import is_enabled

TIMEOUT_SECONDS = 600
"""Statement timeout of a command's database session."""


def look_up(config: Config, organisation: str) -> tuple[UUID, tuple[UUID, ...]]:
    """Return the id and the clinics of the organisation that a slug or id means; only the owner sees them all."""
    if not config.owner_url:
        raise ConfigError("DATABASE_OWNER_URL is not set. Give the login of polyclinic_owner.")
    with psycopg.connect(config.owner_url) as connection:
        asked = {"id": parse_id(organisation), "slug": organisation}
        row = connection.execute("SELECT id FROM organisation WHERE id = %(id)s OR slug = %(slug)s", asked).fetchone()
        if row is None:
            slugs = [found[0] for found in connection.execute("SELECT slug FROM organisation ORDER BY slug LIMIT 20")]
            raise ConfigError(f"There is no organisation {organisation}. Known: {', '.join(slugs) or 'none'}.")
        clinics = connection.execute(
            "SELECT id FROM clinic WHERE organisation_id = %s ORDER BY id", (row[0],)
        ).fetchall()
    return row[0], tuple(clinic[0] for clinic in clinics)


@contextmanager
def open_for_plugin(plugin_id: str, organisation: str) -> Iterator[Ctx]:
    """Yield the context of a plugin's command in one organisation; every refusal becomes a line on the terminal."""
    try:
        config = Config.from_environment()
        organisation_id, clinic_ids = look_up(config, organisation)
        with transaction(_connected(config), organisation_id=organisation_id):
            set_clinics(clinic_ids)
            if not is_enabled(organisation_id, None, plugin_id):
                raise click.ClickException(f"The plugin {plugin_id} is off in {organisation}. Enable it first.")
            with telling(Ctx(system_actor(organisation_id, clinic_ids)), plugin_id, TIMEOUT_SECONDS) as ctx:
                yield ctx
    except (PolyclinicError, ConfigError) as error:
        raise click.ClickException(str(error)) from error


@cache
def _connected(config: Config) -> sessionmaker[TenantSession]:
    """Return the maker of transactions; the plugins of this process are ready to be called in them."""
    from polyclinic.wiring import load_installed, wire  # noqa: PLC0415 -- slow import

    use_pinned_zones()
    connect = make_session_factory(make_engine(config.database_url, pool_size=1, pool_timeout=5))
    wire(load_installed(connect, config.disabled_plugins))
    return connect
