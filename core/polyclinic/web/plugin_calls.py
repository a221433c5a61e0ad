"""Calling a plugin's own view: its database session, and the error that names the plugin when it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from polyclinic.kit.errors import NotFound, PolyclinicError
from polyclinic.plugins.calls import acting
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.isolation import attempt
from polyclinic.plugins.queries import is_enabled, is_enabled_for
from polyclinic.plugins.runtime import runtime
from polyclinic.web.actor import SignIn
from polyclinic.web.edge import answer_for

SLOW_STATEMENT = "57014"


def call_view(ctx: Ctx, plugin_id: str, view: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Return what a view of a plugin answers; what it wrote through `ctx.db` is kept when the request succeeds.

    Errors that callers are told pass through; anything else raises `PluginFailed`.
    """
    outcome = attempt(lambda: _acting(ctx, plugin_id, view, arguments))
    has_failed = outcome.error is not None and not _is_answer(outcome.error)
    tally = runtime().dispatcher.tally
    tally.note(plugin_id, f"view {view.__name__}", outcome.elapsed_seconds, has_failed=has_failed)
    if outcome.error is None:
        return outcome.value
    if _is_answer(outcome.error):
        raise outcome.error
    raise runtime().dispatcher.failed(plugin_id, view.__name__, outcome) from outcome.error


def require_on(sign_in: SignIn, plugin_id: str) -> None:
    """Raise `NotFound` unless the plugin is on at one of the actor's clinics."""
    if not is_enabled_for(sign_in.actor, plugin_id):
        raise NotFound("resource")


def require_on_at(sign_in: SignIn, plugin_id: str, clinic_id: Any) -> None:
    """Raise `NotFound` unless the plugin is on at the clinic, or without one at any of the actor's clinics."""
    if clinic_id is None:
        require_on(sign_in, plugin_id)
    elif not is_enabled(sign_in.actor.organisation_id, clinic_id, plugin_id):
        raise NotFound("page")


def _acting(ctx: Ctx, plugin_id: str, view: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    with acting(ctx, plugin_id) as own:
        return view(own, **arguments)


def _is_answer(error: BaseException) -> bool:
    """Tell whether the edge knows what to tell about an error, or tries the request again."""
    if isinstance(error, PolyclinicError | HTTPException | PoolTimeout):
        return True
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, DBAPIError) and state != SLOW_STATEMENT and answer_for(error) is not error
