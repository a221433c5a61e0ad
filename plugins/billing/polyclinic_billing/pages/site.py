"""The one set of pages that all modules of this package add to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Invalid, NotAllowed, NotFound, PolyclinicError
from polyclinic.sdk.pages import FormState, NamedForm, PluginPages, query_arguments
from polyclinic.sdk.paging import PageRequest, decode_cursor
from polyclinic_billing.queries import scope

HOME = "/ext/billing"
ROWS = 40
pages = PluginPages("billing")


def attempt(ctx: Ctx, act: Callable[[], Any], state: FormState | None = None) -> FormState | None:
    """Do something as a whole, or not at all: None when it is done, else the form with what stands against it.

    What the reader may not do or see at all passes through.
    """
    try:
        with ctx.db.begin_nested():
            act()
    except (NotAllowed, NotFound):
        raise
    except PolyclinicError as error:
        return (state or FormState()).with_error(error)
    return None


def blank(name: str, **stored: Any) -> NamedForm:
    """Return a form that nobody has sent yet."""
    return NamedForm(name, FormState(), stored)


def row_version(values: Any) -> int:
    """Return the version that a form was made from; 0, which is always stale, for none."""
    text = str(values.get("row_version", ""))
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def chosen_id(text: str | None) -> UUID | None:
    """Return the id that a parameter spells, None for an empty one; raises `Invalid`."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid({"id": "This is no id. Choose from the list."}) from error


def page_request(limit: int = ROWS) -> PageRequest:
    """Return which part of a list the address asks for."""
    cursor = query_arguments().get("cursor")
    return PageRequest(limit, decode_cursor(cursor) if cursor else None)


def may(ctx: Ctx, permission: str, clinic_id: UUID) -> bool:
    """Tell whether the reader holds a permission at a clinic."""
    return ctx.actor.can(permission, clinic_id)


def named_clinics(ctx: Ctx, permission: str = scope.INVOICES_READ) -> list[tuple[str, str]]:
    """Return the clinics where the reader holds a permission, for a choice."""
    wanted = set(ctx.actor.clinics_with(permission))
    return [(str(clinic.id), clinic.name) for clinic in ctx.core.clinics.list() if clinic.id in wanted]
