"""JSON REST of plugins' fields: `/<things>/<id>/extensions/<plugin id>` below each thing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.extensions import schemas
from polyclinic.extensions.things import KINDS, Kind, find_thing
from polyclinic.plugins.extension_queries import Extension, get_extension
from polyclinic.plugins.extension_services import put_extension
from polyclinic.web.api_blueprint import ApiBlueprint

extensions = ApiBlueprint("extensions_api", "/api/v1", tag="Extensions", description="Fields that plugins add.")


def _register(kind: Kind) -> None:
    rule = f"/{kind.path}/<uuid:{kind.argument}>/extensions/<plugin_id>"

    def show(actor: Actor, plugin_id: str, **ids: UUID) -> Extension:
        return get_extension(actor, find_thing(actor, kind.entity, ids[kind.argument]), plugin_id)

    def replace(actor: Actor, plugin_id: str, body: dict[str, Any], row_version: int, **ids: UUID) -> Extension:
        thing = find_thing(actor, kind.entity, ids[kind.argument])
        return put_extension(actor, thing, plugin_id, row_version=row_version, values=body["values"])

    show.__name__, replace.__name__ = f"show_{kind.entity}_extension", f"replace_{kind.entity}_extension"
    show.__doc__ = f"Show a plugin's fields on a {kind.entity}."
    replace.__doc__ = f"Replace a plugin's fields on a {kind.entity}; the plugin says which permission that needs."
    extensions.get(rule, permission=kind.permission, response=schemas.ExtensionSchema)(show)
    extensions.put(rule, permission=kind.permission, body=schemas.PutExtensionSchema, response=schemas.ExtensionSchema)(
        replace
    )


for _kind in KINDS:
    _register(_kind)
