"""Setting what plugins are to do, for the organisation or for one clinic."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit.db import session
from polyclinic.kit.errors import Stale
from polyclinic.kit.ids import new_id
from polyclinic.plugins.commands import PutSettings
from polyclinic.plugins.models import Setting
from polyclinic.plugins.setting_fields import load_values, settings_of
from polyclinic.plugins.setting_queries import PlaceSettings, forget_settings, get_settings, key_of, own_values
from polyclinic.plugins.settings_types import SettingsScope

WRITE = "plugins:write"
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('setting:' || :organisation_id || ':' || :plugin_id, 0))")
_ROW = insert(Setting.__table__)  # type: ignore[arg-type]
_PUT = _ROW.on_conflict_do_update(
    constraint="uq_setting_key",
    set_={"value": _ROW.excluded.value, "row_version": Setting.__table__.c.row_version + 1},
)


def require_settable(actor: Actor, clinic_id: UUID | None) -> None:
    """Return when the actor may set plugins' settings at a place; the organisation's reach every clinic."""
    require(actor, WRITE, clinic_id)
    if clinic_id is None:
        require(actor, "organisation:write")


def put_settings(actor: Actor, command: PutSettings) -> PlaceSettings:
    """Replace what is set at a place; what is left out or null has no value of its own there.

    Raises `NotFound` for a plugin without settings, `Invalid` for values that its schema refuses, `Stale`.
    """
    plugin_id, clinic_id = command.plugin_id, command.clinic_id
    require_settable(actor, clinic_id)
    wanted = load_values(plugin_id, command.values, at_clinic=clinic_id is not None)
    session().execute(_LOCK, {"organisation_id": str(actor.organisation_id), "plugin_id": plugin_id})
    stored, version = own_values(actor.organisation_id, plugin_id, clinic_id)
    if command.row_version != version:
        current = get_settings(actor, plugin_id, clinic_id)
        raise Stale(
            "Somebody else changed these settings. Look at them as they are now and repeat your change.",
            row_version=version,
            current=current,
        )
    changed = sorted(name for name in _settable(plugin_id, clinic_id) if wanted.get(name) != stored.get(name))
    for name in changed:
        values = {"key": key_of(plugin_id, name), "value": wanted.get(name), "clinic_id": clinic_id}
        session().execute(_PUT, {"organisation_id": actor.organisation_id, "id": new_id(), **values})
    if changed:
        subject = trail.Subject("plugin", None, clinic_id)
        trail.write(actor, "plugin.settings_changed", subject, detail={"plugin": plugin_id, "names": changed})
    forget_settings()
    return get_settings(actor, plugin_id, clinic_id)


def _settable(plugin_id: str, clinic_id: UUID | None) -> list[str]:
    fields = settings_of(plugin_id).values()
    return [field.name for field in fields if clinic_id is None or field.scope is SettingsScope.CLINIC]
