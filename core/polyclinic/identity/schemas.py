"""Marshmallow schemas of the identity feature."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from polyclinic.identity.commands import ChangePassword, CreateApiKey, CreateMember, RoleAt, SignInWithPassword
from polyclinic.identity.vocabulary import Role
from polyclinic.kit.schema import Instant, Schema

EMAIL = validate.And(
    validate.Length(min=3, max=254, error="Give an e-mail address of at most 254 characters."),
    validate.Regexp(r"^[^\s@]+@[^\s@]+$", error="Give an e-mail address such as name@example.org."),
)
NAME = validate.And(
    validate.Length(min=1, max=120, error="Give a name of 1 to 120 characters."),
    validate.Regexp(r".*\S", error="Give a name, not only spaces."),
)
PASSWORD = validate.Length(max=256, error="At most 256 characters.")


class SignInSchema(Schema):
    """The sign-in form."""

    email = fields.String(required=True, validate=validate.Length(min=1, max=254, error="Give your e-mail address."))
    password = fields.String(required=True, validate=validate.Length(min=1, max=256, error="Give your password."))
    organisation_id = fields.UUID()

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> SignInWithPassword:
        """Return the command."""
        return SignInWithPassword(**data)


class RoleAtSchema(Schema):
    """A role at one clinic, or (clinic_id null) at all."""

    role = fields.String(required=True, validate=validate.OneOf(list(Role), error="Choose one of: {choices}."))
    clinic_id = fields.UUID(load_default=None, allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> RoleAt:
        """Return the value."""
        return RoleAt(**data)


class MemberSchema(Schema):
    """A member as the API shows it."""

    id = fields.UUID()
    display_name = fields.String()
    email = fields.String()
    is_disabled = fields.Boolean()
    roles = fields.List(fields.Nested(RoleAtSchema))
    row_version = fields.Integer()


class CreateMemberSchema(Schema):
    """Input for letting a person work here."""

    id = fields.UUID()
    email = fields.String(required=True, validate=EMAIL)
    display_name = fields.String(required=True, validate=NAME)
    password = fields.String(required=True, validate=PASSWORD, load_only=True)
    roles = fields.List(fields.Nested(RoleAtSchema), required=True, validate=validate.Length(min=1, max=50))

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateMember:
        """Return the command."""
        return CreateMember(**{**data, "roles": tuple(data["roles"])})


class ApiKeySchema(Schema):
    """An API key without its secret."""

    id = fields.UUID()
    member_id = fields.UUID()
    name = fields.String()
    scopes = fields.List(fields.String())
    clinic_ids = fields.List(fields.UUID(), allow_none=True)
    created_at = Instant()
    expires_at = Instant(allow_none=True)
    last_used_at = Instant(allow_none=True)
    revoked_at = Instant(allow_none=True)


class NewApiKeySchema(Schema):
    """An API key just made; `token` is shown this once."""

    key = fields.Nested(ApiKeySchema)
    token = fields.String()


class CreateApiKeySchema(Schema):
    """Input for creating a key for oneself."""

    name = fields.String(required=True, validate=NAME)
    scopes = fields.List(
        fields.String(validate=validate.Length(max=100)), required=True, validate=validate.Length(min=1, max=100)
    )
    clinic_ids = fields.List(fields.UUID(), allow_none=True, load_default=None)
    expires_at = Instant(allow_none=True, load_default=None)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateApiKey:
        """Return the command."""
        clinics = data["clinic_ids"]
        return CreateApiKey(
            name=data["name"],
            scopes=tuple(data["scopes"]),
            clinic_ids=tuple(clinics) if clinics is not None else None,
            expires_at=data["expires_at"],
        )


class ChangePasswordSchema(Schema):
    """Input for changing one's own password."""

    current = fields.String(required=True, validate=PASSWORD)
    new = fields.String(required=True, validate=PASSWORD)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> ChangePassword:
        """Return the command."""
        return ChangePassword(**data)


class MeSchema(Schema):
    """Who asks and what they may do."""

    kind = fields.String()
    organisation_id = fields.UUID()
    member_id = fields.UUID(allow_none=True)
    name = fields.String()
    clinic_ids = fields.List(fields.UUID())
    permissions = fields.Dict()
