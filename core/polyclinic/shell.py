"""The frame around every signed-in page: clinics, navigation, counters."""

from __future__ import annotations

from flask import current_app, request

from polyclinic.organisation import queries as organisation_queries
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.panels import OfferedLink, offered_links
from polyclinic.plugins.runtime import runtime
from polyclinic.records.queries.lists import count_unsigned
from polyclinic.web.actor import SignIn
from polyclinic.web.clinic_choice import chosen_clinic
from polyclinic.web.rendering import Shell, ShellClinic, ShellLink, initials

GROUPS = frozenset({"main", "plugins", "settings"})

# label, path, icon, permission, group
LINKS = (
    ("Today", "/today", "home", "appointments:read", "main"),
    ("Calendar", "/calendar", "calendar", "appointments:read", "main"),
    ("Clients", "/clients", "users", "clients:read", "main"),
    ("Therapists", "/therapists", "stethoscope", "therapists:read", "main"),
    ("Services", "/services", "list", "services:read", "main"),
    ("Clinics", "/clinics", "building", "clinics:read", "main"),
    ("Plugins", "/plugins", "puzzle", "plugins:read", "settings"),
)


def build_shell(sign_in: SignIn) -> Shell:
    """Return the shell of a signed-in page; three statements, whatever the page."""
    actor = sign_in.actor
    clinics = organisation_queries.list_clinics(actor) if actor.can("clinics:read") else []
    chosen = chosen_clinic(sign_in)
    return Shell(
        organisation_name=organisation_queries.get_organisation(actor).name,
        clinics=[ShellClinic(str(clinic.id), clinic.name) for clinic in clinics if clinic.archived_at is None],
        clinic_id=str(chosen) if chosen else None,
        navigation=_links(sign_in),
        user_name=actor.name,
        user_initials=initials(actor.name),
        unsigned_count=count_unsigned(actor),
        theme=sign_in.theme,
        csrf_token=sign_in.csrf_token,
        path=request.full_path.rstrip("?") if request.method == "GET" else "/today",
        environment="demo" if current_app.config["POLYCLINIC"].is_demo else "",
        permissions=frozenset(actor.grants),
    )


def _links(sign_in: SignIn) -> list[ShellLink]:
    own = [
        ShellLink(group, label, path, icon, _is_current(path))
        for label, path, icon, permission, group in LINKS
        if sign_in.actor.can(permission)
    ]
    offered = offered_links(runtime().dispatcher, Ctx(sign_in.actor, sign_in.clinic_id))
    return own + [_from_plugin(link) for link in offered]


def _from_plugin(link: OfferedLink) -> ShellLink:
    group = link.group if link.group in GROUPS else "plugins"
    return ShellLink(group, link.label, link.path, link.icon, _is_current(link.path))


def _is_current(path: str) -> bool:
    return request.path == path or request.path.startswith(path + "/")
