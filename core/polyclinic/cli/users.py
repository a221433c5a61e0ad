"""`polyclinic users`: the operator's first steps, before anybody can sign in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from polyclinic.identity.commands import CreateMember, RoleAt
from polyclinic.identity.services.members import create_member
from polyclinic.identity.vocabulary import Role
from polyclinic.jobs.actors import system_actor
from polyclinic.jobs.running import JobRunner
from polyclinic.kit.config import Config, ConfigError
from polyclinic.kit.db import make_engine, session, set_clinics, transaction
from polyclinic.kit.errors import PolyclinicError
from polyclinic.kit.ids import new_id
from polyclinic.organisation.commands import CreateClinic, FoundOrganisation
from polyclinic.organisation.models import Clinic
from polyclinic.organisation.services import create_clinic, found_organisation

password_option = click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="POLYCLINIC_PASSWORD"
)


@click.group()
def users() -> None:
    """Create the first organisation and members."""


@users.command("create-organisation")
@click.option("--name", required=True, help="Name of the chain.")
@click.option("--slug", required=True, help="Short name: lower-case letters, digits, hyphens.")
@click.option("--clinic", required=True, help="Name of its first clinic.")
@click.option("--time-zone", required=True, help="IANA zone of that clinic, for example Europe/London.")
@click.option("--email", required=True, help="E-mail of the first chain administrator.")
@click.option("--person", required=True, help="Name of that person.")
@password_option
def create_organisation_command(**given: str) -> None:
    """Begin a chain with one clinic and one chain administrator."""
    organisation_id = new_id()
    with _organisation(organisation_id):
        actor = system_actor(organisation_id)
        found_organisation(actor, FoundOrganisation(given["name"], given["slug"]))
        clinic = create_clinic(actor, CreateClinic(given["clinic"], given["time_zone"]))
        command = CreateMember(
            given["email"], given["person"], given["password"], (RoleAt(Role.CHAIN_ADMINISTRATOR.value),)
        )
        create_member(system_actor(organisation_id, [clinic.id]), command)
    click.echo(f"Organisation {organisation_id} is ready. {given['email']} can sign in.")


@users.command("create-member")
@click.option("--organisation", "organisation_id", required=True, type=click.UUID, help="Id of the organisation.")
@click.option("--email", required=True)
@click.option("--person", required=True, help="Name of the person.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--clinic", help="Name of the clinic where the role holds; all clinics without it.")
@password_option
def create_member_command(organisation_id: UUID, **given: str | None) -> None:
    """Let a person work in an organisation; an existing account keeps its password."""
    with _organisation(organisation_id) as current:
        clinics = {clinic.name: clinic.id for clinic in _clinics(current, organisation_id)}
        set_clinics(list(clinics.values()))
        place = given["clinic"]
        if place is not None and place not in clinics:
            raise click.ClickException(f"There is no clinic {place}. Known: {', '.join(sorted(clinics)) or 'none'}.")
        at = RoleAt(str(given["role"]), clinics[place] if place else None)
        command = CreateMember(str(given["email"]), str(given["person"]), str(given["password"]), (at,))
        create_member(system_actor(organisation_id, list(clinics.values())), command)
    click.echo(f"{given['email']} can sign in.")


def _clinics(current: Session, organisation_id: UUID) -> list[Clinic]:
    if current.execute(text("SELECT 1 FROM organisation WHERE id = :id"), {"id": organisation_id}).first() is None:
        raise click.ClickException(f"There is no organisation {organisation_id}.")
    return list(session().execute(select(Clinic).where(Clinic.organisation_id == organisation_id)).scalars())


@contextmanager
def _organisation(organisation_id: UUID) -> Iterator[Session]:
    """Run one transaction of the organisation; refusals become the command's error message."""
    try:
        engine = make_engine(Config.from_environment().database_url, pool_size=1, pool_timeout=10)
        with transaction(JobRunner.on(engine).connect, organisation_id=organisation_id) as current:
            yield current
        engine.dispose()
    except (PolyclinicError, ConfigError) as error:
        raise click.ClickException(str(error)) from error
