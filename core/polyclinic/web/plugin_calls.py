"""Calling a plugin's own view: its database session, and the error that names the plugin when it breaks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from polyclinic.kit.errors import NotFound, PolyclinicError
from polyclinic.plugins.calls import acting
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.documents import Document, DocumentTemplate
from polyclinic.plugins.isolation import attempt
from polyclinic.plugins.queries import is_enabled, is_enabled_for
from polyclinic.plugins.runtime import runtime
from polyclinic.web.actor import SignIn
from polyclinic.web.edge import answer_for

OF_A_PAGE = frozenset({"57014"})
"""States of the database that are the plugin's own doing: a slow statement."""
OF_READING = OF_A_PAGE | {"25006"}
"""The same where it may only read: a write."""
DOCUMENT_TIMEOUT_MS = 5_000


def call_view(ctx: Ctx, plugin_id: str, view: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Return what a view of a plugin answers; what it wrote through `ctx.db` is kept when the request succeeds.

    Errors that callers are told pass through; anything else raises `PluginFailed`.
    """
    return _answered(plugin_id, view.__name__, lambda: _acting(ctx, plugin_id, view, arguments), OF_A_PAGE)


def call_document(ctx: Ctx, template: DocumentTemplate, subject_id: UUID) -> Document:
    """Return the document that a plugin makes, read only; errors as those of `call_view`."""
    document: Document = _answered(
        owner_of(template.key), template.key, lambda: _reading(ctx, template, subject_id), OF_READING
    )
    return document


def owner_of(key: str) -> str:
    """Return the id of the plugin that a key of the form `<plugin id>.<name>` belongs to."""
    return key.partition(".")[0]


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


def _answered(plugin_id: str, name: str, call: Callable[[], Any], own_doing: Collection[str]) -> Any:
    dispatcher = runtime().dispatcher
    outcome = attempt(call)
    has_failed = outcome.error is not None and not _is_answer(outcome.error, own_doing)
    dispatcher.tally.note(plugin_id, f"view {name}", outcome.elapsed_seconds, has_failed=has_failed)
    if outcome.error is None:
        return outcome.value
    if _is_answer(outcome.error, own_doing):
        raise outcome.error
    raise dispatcher.failed(plugin_id, name, outcome) from outcome.error


def _reading(ctx: Ctx, template: DocumentTemplate, subject_id: UUID) -> Document:
    with runtime().dispatcher.guarded(ctx, owner_of(template.key), DOCUMENT_TIMEOUT_MS) as own:
        document = template.render(own, subject_id)
        if not isinstance(document, Document):
            raise TypeError(f"{template.key} answers with a Document")
        return document


def _acting(ctx: Ctx, plugin_id: str, view: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    with acting(ctx, plugin_id) as own:
        return view(own, **arguments)


def _is_answer(error: BaseException, own_doing: Collection[str]) -> bool:
    """Tell whether the edge knows what to tell about an error, or tries the request again."""
    if isinstance(error, PolyclinicError | HTTPException | PoolTimeout):
        return True
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, DBAPIError) and state not in own_doing and answer_for(error) is not error
