"""`polyclinic audit`: make the sealing key, check the trail against its seals."""

from __future__ import annotations

import os
from pathlib import Path

import click
import psycopg
from sqlalchemy.orm import sessionmaker

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.audit.keys import create_key, read_public_key
from polyclinic.audit.sealing import events_between, list_seals
from polyclinic.audit.seals import Broken, verify
from polyclinic.kit.config import ConfigError
from polyclinic.kit.db import install_tenant_setting, make_engine, transaction


@click.group()
def audit() -> None:
    """Seal and verify the audit trail."""


@audit.command("create-key")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def create_key_command(path: Path) -> None:
    """Write a new sealing key to PATH and its public half to PATH.pub."""
    if path.exists():
        raise click.ClickException(f"{path} exists and is kept. Choose another name.")
    create_key(path)
    click.echo(f"Wrote {path} (keep it secret) and {path}.pub (needed to verify).")


@audit.command("verify")
@click.option("--public-key", type=click.Path(dir_okay=False, path_type=Path), required=True)
def verify_command(public_key: Path) -> None:
    """Check every organisation's trail against its seals; ends with status 1 when anything differs."""
    owner_url = os.environ.get("DATABASE_OWNER_URL", "")
    if not owner_url:
        raise click.ClickException("DATABASE_OWNER_URL is not set. Give the login of polyclinic_owner.")
    try:
        key = read_public_key(public_key)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    engine = make_engine(owner_url, pool_size=1)
    factory = sessionmaker(engine)
    install_tenant_setting(factory)
    with psycopg.connect(owner_url) as connection:
        organisations = connection.execute("SELECT id, slug FROM organisation ORDER BY slug").fetchall()
    is_broken = False
    for organisation_id, slug in organisations:
        with transaction(factory, organisation_id=organisation_id):
            actor = Actor(ActorKind.SYSTEM, organisation_id)
            seals = list_seals(actor)
            events = events_between(actor, 0, seals[-1].upto_xid) if seals else []
            found: list[Broken] = verify(seals, events, key)
        for broken in found:
            click.echo(f"{slug}: seal {broken.number} {broken.reason}")
        click.echo(f"{slug}: {len(events)} sealed events, {len(seals)} seals, {len(found) or 'no'} differences")
        is_broken = is_broken or bool(found)
    if is_broken:
        raise SystemExit(1)
