"""The clinic that a page shows: `?clinic=<id>|all` in the address, else the one chosen in the switcher."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from flask import request

from polyclinic.kit.errors import NotFound
from polyclinic.kit.ids import parse_id
from polyclinic.web.actor import SignIn

ALL_CLINICS = frozenset({"", "all"})


def chosen_clinic(sign_in: SignIn) -> UUID | None:
    """Return the clinic to show, None = all of the actor's; raises `NotFound` for one outside the actor's clinics.

    Who works at one clinic only looks at that one, unless the address says "all".
    """
    wanted = request.args.get("clinic")
    if wanted is None:
        only = sign_in.actor.clinic_ids if len(sign_in.actor.clinic_ids) == 1 else (None,)
        return sign_in.clinic_id or only[0]
    if wanted in ALL_CLINICS:
        return None
    clinic_id = parse_id(wanted)
    if clinic_id not in sign_in.actor.clinic_ids:
        raise NotFound("clinic")
    return clinic_id


def without_clinic(target: str) -> str:
    """Return a local address that names no clinic, so that the switcher's choice counts."""
    parts = urlsplit(target)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "clinic"]
    return parts.path + ("?" + urlencode(kept) if kept else "")
