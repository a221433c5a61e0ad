"""Documents that plugins make, as files: to be kept, or shown in a sandbox."""

from __future__ import annotations

from uuid import UUID

from flask import Response, request

from polyclinic.access.permissions import SIGNED_IN
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit.errors import NotFound
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.documents import DocumentTemplate
from polyclinic.plugins.runtime import runtime
from polyclinic.web.actor import SignIn
from polyclinic.web.page_blueprint import PageBlueprint
from polyclinic.web.plugin_answers import send
from polyclinic.web.plugin_calls import call_document, owner_of, require_on

pages = PageBlueprint("documents", url_prefix="/documents")


@pages.get("/<key>/<uuid:subject_id>", permission=SIGNED_IN)
def show_document(sign_in: SignIn, key: str, subject_id: UUID) -> Response:
    """Make a document of a thing of a plugin; the template's own permission is checked when it is looked up."""
    template = _template(sign_in, key)
    document = call_document(Ctx(sign_in.actor), template, subject_id)
    trail.write_read(sign_in.actor, key, [subject_id])
    return send(document, inline=request.args.get("inline") == "1")


def _template(sign_in: SignIn, key: str) -> DocumentTemplate:
    plugin = runtime().registry.find(owner_of(key))
    declared = plugin.declarations.documents if plugin is not None and plugin.is_active else ()
    template = next((found for found in declared if found.key == key), None)
    if template is None:
        raise NotFound("document")
    require_on(sign_in, owner_of(key))
    require(sign_in.actor, template.permission)
    return template
