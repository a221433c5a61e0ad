"""Settings of a plugin, and fields that it adds to core's things."""

from polyclinic.plugins.entity_fields import Entity, EntityFields
from polyclinic.plugins.settings_types import SettingsSchema, SettingsScope

__all__ = ["Entity", "EntityFields", "SettingsSchema", "SettingsScope"]
