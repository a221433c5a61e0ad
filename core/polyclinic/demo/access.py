"""Sign-ins and API keys of the demo: keys are made anew at every start, and those of the start before end."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from polyclinic.demo.chain import Chain
from polyclinic.identity.commands import CreateApiKey
from polyclinic.identity.models import ApiKey
from polyclinic.identity.passwords import DEMO_PASSWORD
from polyclinic.identity.services.api_keys import mint_api_key, revoke_api_key
from polyclinic.identity.vocabulary import ROLE_TITLES, Role
from polyclinic.kit.db import session
from polyclinic.organisation.models import Clinic

ROLES = (Role.CHAIN_ADMINISTRATOR, Role.FRONT_DESK, Role.THERAPIST)
KEY_NAME = "Demo"


@dataclass(frozen=True)
class DemoSignIn:
    """One person to sign in as."""

    organisation: str
    role: str
    email: str
    password: str


@dataclass(frozen=True)
class DemoKey:
    """One fresh API key."""

    organisation: str
    role: str
    key: str


@dataclass(frozen=True)
class DemoClinic:
    """One clinic of a demo chain."""

    id: str
    name: str
    organisation: str


@dataclass(frozen=True)
class DemoAccess:
    """What a visitor of the demo may use."""

    sign_ins: tuple[DemoSignIn, ...] = ()
    api_keys: tuple[DemoKey, ...] = ()
    clinics: tuple[DemoClinic, ...] = ()

    def __add__(self, other: DemoAccess) -> DemoAccess:
        return DemoAccess(self.sign_ins + other.sign_ins, self.api_keys + other.api_keys, self.clinics + other.clinics)


def renew_access(chain: Chain) -> DemoAccess:
    """Return the sign-ins, clinics and new keys of a chain; the keys of earlier starts are revoked."""
    for key_id in _old_keys(chain):
        revoke_api_key(chain.system, key_id)
    name = chain.plan.name
    known = select(Clinic).where(Clinic.organisation_id == chain.id).order_by(Clinic.name, Clinic.id)
    clinics = tuple(DemoClinic(str(row.id), row.name, name) for row in session().execute(known).scalars())
    sign_ins = tuple(DemoSignIn(name, role.value, chain.email_of(role), DEMO_PASSWORD) for role in ROLES)
    return DemoAccess(sign_ins, tuple(_mint(chain, role) for role in ROLES), clinics)


def write_json(path: Path, url: str, access: DemoAccess) -> None:
    """Write what a program needs to use the demo; readers never see half a file."""
    content: Mapping[str, object] = {"url": url, **asdict(access)}
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    scratch.replace(path)


def table_of(access: DemoAccess) -> list[str]:
    """Return the lines that show the sign-ins."""
    rows = [(one.organisation, ROLE_TITLES[Role(one.role)], one.email, one.password) for one in access.sign_ins]
    shown = [("Organisation", "Role", "E-mail", "Password"), *rows]
    widths = [max(len(row[column]) for row in shown) for column in range(4)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]


def _mint(chain: Chain, role: Role) -> DemoKey:
    member = chain.member(role)
    command = CreateApiKey(KEY_NAME, tuple(sorted(member.grants)))
    token = mint_api_key(chain.system, chain.member_id(role), command).token
    return DemoKey(chain.plan.name, role.value, token)


def _old_keys(chain: Chain) -> Sequence[UUID]:
    statement = select(ApiKey.id).where(
        ApiKey.organisation_id == chain.id, ApiKey.name == KEY_NAME, ApiKey.revoked_at.is_(None)
    )
    return list(session().execute(statement).scalars())
