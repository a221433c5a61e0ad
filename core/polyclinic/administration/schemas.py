"""Marshmallow schemas about plugins."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates

from polyclinic.administration.commands import Approved, Place
from polyclinic.identity.vocabulary import ROLE_TITLES
from polyclinic.kit.schema import Instant, Schema
from polyclinic.plugins.vocabulary import DeliveryState

SHORT = validate.Length(max=100, error="At most 100 characters.")
ROLE = validate.OneOf([role.value for role in ROLE_TITLES], error="There is no such role. Known: {choices}.")
MANY = validate.Length(max=500, error="At most 500 entries.")


class SwitchSchema(Schema):
    """A switch of a plugin; `clinic_id` null is the whole organisation."""

    clinic_id = fields.UUID(allow_none=True)
    state = fields.String()
    granted_scopes = fields.List(fields.String(), attribute="scope_list")
    role_permissions = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), attribute="role_lists")


class PluginProblemSchema(Schema):
    """What is wrong with a plugin and what to do."""

    code = fields.String()
    what = fields.String()
    next_step = fields.String()


class PluginSchema(Schema):
    """A plugin of this server as the actor's organisation uses it."""

    id = fields.String()
    version = fields.String()
    state = fields.String()
    level = fields.String()
    scopes = fields.List(fields.String())
    outbound_hosts = fields.List(fields.String())
    problems = fields.List(fields.Nested(PluginProblemSchema))
    switches = fields.List(fields.Nested(SwitchSchema))


class SettingSchema(Schema):
    """A setting at a place: the value that counts and where it comes from; `own` is null where nothing was set."""

    name = fields.String()
    label = fields.String()
    scope = fields.String()
    value = fields.Raw(allow_none=True)
    source = fields.String()
    own = fields.Raw(allow_none=True)


class PlaceSettingsSchema(Schema):
    """The settings of a plugin at a clinic, or (null) of the organisation."""

    plugin_id = fields.String()
    clinic_id = fields.UUID(allow_none=True)
    settings = fields.List(fields.Nested(SettingSchema))
    row_version = fields.Integer()


class SettingsQuerySchema(Schema):
    """Which place."""

    clinic_id = fields.UUID(metadata={"description": "Left out: the whole organisation."})


class PutSettingsSchema(Schema):
    """What is to be set at a place; a name that is left out or null has no value of its own there."""

    values = fields.Dict(keys=fields.String(validate=SHORT), values=fields.Raw(allow_none=True), required=True)


class DeliverySchema(Schema):
    """One event on its way to one handler of a plugin."""

    id = fields.UUID()
    plugin_id = fields.String()
    handler = fields.String()
    event_id = fields.UUID()
    event_type = fields.String()
    occurred_at = Instant()
    aggregate = fields.String()
    aggregate_id = fields.UUID()
    clinic_id = fields.UUID(allow_none=True)
    state = fields.String()
    attempts = fields.Integer()
    next_attempt_at = Instant()
    last_error = fields.String(allow_none=True)
    finished_at = Instant(allow_none=True)


class DeliveryQuerySchema(Schema):
    """Filters of deliveries."""

    state = fields.String(validate=validate.OneOf([state.value for state in DeliveryState]))


class EnableSchema(Schema):
    """Input for switching a plugin on; what is left out is granted as the plugin asks and suggests."""

    clinic_id = fields.UUID(allow_none=True)
    granted_scopes = fields.List(fields.String(validate=SHORT), validate=MANY)
    role_permissions = fields.Dict(
        keys=fields.String(validate=ROLE), values=fields.List(fields.String(validate=SHORT), validate=MANY)
    )


class DisableSchema(Schema):
    """Input for switching a plugin off."""

    clinic_id = fields.UUID(allow_none=True)


class ApprovalFormSchema(Schema):
    """The approval form: each grant is `<role>|<permission>`."""

    clinic_id = fields.UUID(allow_none=True)
    scopes = fields.List(fields.String(validate=SHORT), validate=MANY, load_default=list)
    grants = fields.List(fields.String(validate=validate.Regexp(r"^[a-z_]+\|[a-z0-9_.:-]+$")), load_default=list)

    @validates("grants")
    def check_roles(self, grants: list[str], **_kwargs: Any) -> None:
        """Refuse roles that nobody can hold."""
        unknown = {grant.partition("|")[0] for grant in grants} - {role.value for role in ROLE_TITLES}
        if unknown:
            raise ValidationError(f"There is no role {min(unknown)}. Reload the page.")

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> Approved:
        """Return what was approved."""
        pairs = [grant.split("|", 1) for grant in data["grants"]]
        granted = {role: frozenset(key for held, key in pairs if held == role) for role, _ in pairs}
        return Approved(data.get("clinic_id"), frozenset(data["scopes"]), granted)


class PlaceFormSchema(Schema):
    """A place named by a button."""

    clinic_id = fields.UUID(allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> Place:
        """Return the place."""
        return Place(data.get("clinic_id"))
