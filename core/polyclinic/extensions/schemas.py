"""Marshmallow schemas of plugins' fields on core's things; the values themselves are checked by the plugin's schema."""

from __future__ import annotations

from marshmallow import fields, validate

from polyclinic.kit.schema import Schema

NAME = validate.Length(max=100, error="At most 100 characters.")


class ExtensionSchema(Schema):
    """A plugin's values on a thing; version 0 = there are none yet."""

    plugin_id = fields.String()
    title = fields.String()
    values = fields.Dict(keys=fields.String())
    row_version = fields.Integer()


class PutExtensionSchema(Schema):
    """All values of a plugin on a thing; what is left out is unset."""

    values = fields.Dict(keys=fields.String(validate=NAME), values=fields.Raw(allow_none=True), required=True)
