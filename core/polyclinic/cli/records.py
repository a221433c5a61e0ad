"""`polyclinic records`: prove that signed treatment records are unchanged."""

from __future__ import annotations

import os
from uuid import UUID

import click
import orjson
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from polyclinic.kit.ids import parse_id
from polyclinic.records.verifying import Verification, verify_organisation


@click.group()
def records() -> None:
    """Look after treatment records."""


@records.command()
@click.option("--organisation", help="Slug or id of one organisation; all by default.")
def verify(organisation: str | None) -> None:
    """Compute every hash of the signed records again; exit code 1 when anything differs."""
    engine = _engine()
    try:
        found = verify_all(engine, organisation)
    finally:
        engine.dispose()
    for item in found:
        click.echo(f"{item.organisation_id}: {item.versions} signed versions, {len(item.differences)} differences")
        for difference in item.differences:
            click.echo(f"  record {difference.record_id} version {difference.version}: {difference.what}")
    if any(item.differences for item in found):
        raise SystemExit(1)


def verify_all(engine: Engine, organisation: str | None = None) -> list[Verification]:
    """Verify one or all organisations with the owner's login, each in a read-only transaction of its own."""
    with Session(engine) as current:
        known = [
            (UUID(str(row.id)), str(row.slug)) for row in current.execute(text("SELECT id, slug FROM organisation"))
        ]
    wanted = [
        key for key, slug in known if organisation is None or organisation == slug or parse_id(organisation) == key
    ]
    if organisation is not None and not wanted:
        raise click.ClickException(f"There is no organisation {organisation!r}.")
    return [_verify_one(engine, organisation_id) for organisation_id in wanted]


def _verify_one(engine: Engine, organisation_id: UUID) -> Verification:
    with Session(engine) as current:
        # One snapshot for all batches: a record signed meanwhile is seen whole or not at all.
        current.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        return verify_organisation(current, organisation_id)


def _engine() -> Engine:
    url = os.environ.get("DATABASE_OWNER_URL", "")
    if not url:
        raise click.ClickException("DATABASE_OWNER_URL is not set. Give the login of polyclinic_owner.")
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), json_deserializer=orjson.loads)
