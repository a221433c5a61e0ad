"""What the plugin adds to Polyclinic."""

from __future__ import annotations

from collections.abc import Sequence

from polyclinic.sdk.events import EventType
from polyclinic.sdk.hooks import hookimpl
from polyclinic.sdk.panels import Permission
from polyclinic.sdk.settings import EntityFields, SettingsSchema
from polyclinic_billing.announcements import EVENT_TYPES
from polyclinic_billing.fields import FIELDS
from polyclinic_billing.permissions import PERMISSIONS
from polyclinic_billing.settings import SETTINGS


@hookimpl
def register_permissions() -> Sequence[Permission]:
    """Declare permissions."""
    return PERMISSIONS


@hookimpl
def register_settings() -> Sequence[SettingsSchema]:
    """Declare settings of the organisation and of a clinic."""
    return SETTINGS


@hookimpl
def register_entity_fields() -> Sequence[EntityFields]:
    """Declare fields on services and therapists."""
    return FIELDS


@hookimpl
def register_event_types() -> Sequence[EventType]:
    """Declare events."""
    return EVENT_TYPES
