"""Settings of plugins: a schema per scope; core stores the values and makes the form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from marshmallow import Schema


class SettingsScope(StrEnum):
    """Whose settings these are."""

    ORGANISATION = "organisation"
    CLINIC = "clinic"
    """Set for one clinic; a clinic without a value of its own has the organisation's."""


@dataclass(frozen=True)
class SettingsSchema:
    """The settings of one scope: a `SectionSchema` of fields with labels; `load_default` is a field's default.

    The effective value is the clinic's, then the organisation's, then the default; a hook reads it as
    `ctx.settings["name"]`. A clinic schema's fields can be set for the organisation too, as the value of all clinics.
    """

    scope: SettingsScope
    schema: type[Schema]
