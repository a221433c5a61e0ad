"""Documents that plugins make, as files: to be kept, or shown in a sandbox."""

from __future__ import annotations

from uuid import UUID

from flask import Response, request

from polyclinic.access.actor import Actor
from polyclinic.access.permissions import SIGNED_IN
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit.errors import NotFound
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.documents import Document, DocumentTemplate
from polyclinic.plugins.queries import is_enabled_for
from polyclinic.plugins.runtime import runtime
from polyclinic.web.actor import SignIn
from polyclinic.web.api_blueprint import ApiBlueprint
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.plugin_answers import send
from polyclinic.web.plugin_calls import call_document, owner_of

pages = PageBlueprint("documents", url_prefix="/documents")
api = ApiBlueprint("documents_api", "/api/v1/documents", tag="Documents", description="Files that plugins make.")


@pages.get("/<key>/<uuid:subject_id>", permission=SIGNED_IN)
def show_document(sign_in: SignIn, key: str, subject_id: UUID) -> Response:
    """Make a document of a thing of a plugin, as a file or, with `inline=1`, in a sandbox."""
    return send(_make(sign_in.actor, key, subject_id), inline=request.args.get("inline") == "1")


@api.get("/<key>/<uuid:subject_id>", permission=SIGNED_IN, is_file=True)
def get_document(actor: Actor, key: str, subject_id: UUID) -> Response:
    """Make a document of a thing of a plugin: `key` is the kind of document, `subject_id` the thing's id."""
    return send(_make(actor, key, subject_id))


def _make(actor: Actor, key: str, subject_id: UUID) -> Document:
    """Return a document; the permission of its template is checked when that is looked up."""
    document = call_document(Ctx(actor), _template(actor, key), subject_id)
    trail.write_read(actor, key, [subject_id])
    return document


def _template(actor: Actor, key: str) -> DocumentTemplate:
    owner = owner_of(key)
    plugin = runtime().registry.find(owner)
    declared = plugin.declarations.documents if plugin is not None and plugin.is_active else ()
    template = next((found for found in declared if found.key == key), None)
    if template is None or not is_enabled_for(actor, owner):
        raise NotFound("document")
    require(actor, template.permission)
    return template
