"""The generated form of a plugin's settings at one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.kit.errors import Invalid, PolyclinicError, Stale
from polyclinic.organisation.queries import list_clinics
from polyclinic.plugins.form_names import Pairs
from polyclinic.plugins.forms import FormField, build_form, read_form
from polyclinic.plugins.print_view import print_view
from polyclinic.plugins.setting_fields import SettingField, settings_of
from polyclinic.plugins.setting_queries import PlaceSettings, SettingRow, get_settings
from polyclinic.plugins.settings_types import SettingsScope

PREFIX = "settings"


@dataclass(frozen=True)
class SettingPlace:
    """One place whose settings can be looked at."""

    clinic_id: UUID | None
    name: str
    is_current: bool


@dataclass(frozen=True)
class SettingsView:
    """The page of a plugin's settings at one place."""

    plugin_id: str
    clinic_id: UUID | None
    places: Sequence[SettingPlace]
    fields: Sequence[FormField]
    rows: Sequence[tuple[str, str]]
    """Label and value of each setting, for those who may not change it."""
    row_version: int
    can_write: bool
    errors: Mapping[str, str]

    @property
    def clinic_options(self) -> Sequence[tuple[str, str]]:
        """Return the clinics to choose from."""
        return [(str(place.clinic_id), place.name) for place in self.places if place.clinic_id]

    @property
    def place_name(self) -> str:
        """Return the clinic's name, empty for the organisation."""
        return next((place.name for place in self.places if place.is_current), "")


@dataclass(frozen=True)
class TypedSettings:
    """A form that came back: what was typed and why it was refused."""

    values: Mapping[str, Any]
    error: PolyclinicError


def settings_view(
    actor: Actor, plugin_id: str, clinic_id: UUID | None, failed: TypedSettings | None = None
) -> SettingsView:
    """Return the page; raises `NotFound` for a plugin without settings or a clinic outside the actor's."""
    place = get_settings(actor, plugin_id, clinic_id)
    errors = _errors(failed.error) if failed else {}
    values = failed.values if failed else {row.name: row.own for row in place.settings}
    can_write = actor.can("plugins:write", clinic_id) and (clinic_id is not None or actor.can("organisation:write"))
    shown = build_form(_description(plugin_id, clinic_id), PREFIX, values, errors)
    return SettingsView(
        plugin_id,
        clinic_id,
        _places(actor, plugin_id, clinic_id),
        [_explained(field, place, is_stale=isinstance(failed and failed.error, Stale)) for field in shown],
        [(row.label, _shown(plugin_id, row.name, row.value)) for row in place.settings],
        place.row_version,
        can_write,
        {_control(pointer): message for pointer, message in errors.items()},
    )


def place_url(plugin_id: str, clinic_id: UUID | None) -> str:
    """Return the address of a place's settings."""
    here = f"/plugins/{plugin_id}/settings"
    return f"{here}?clinic_id={clinic_id}" if clinic_id else here


def read_settings(plugin_id: str, clinic_id: UUID | None, pairs: Pairs) -> dict[str, Any]:
    """Return what a submitted form sets; empty fields are null: they have no value of their own."""
    typed = read_form(_description(plugin_id, clinic_id), PREFIX, pairs)
    return {name: value if value not in ("", []) else None for name, value in typed.items()}


def _description(plugin_id: str, clinic_id: UUID | None) -> dict[str, Any]:
    fields = settings_of(plugin_id).values()
    shown = [field for field in fields if clinic_id is None or field.scope is SettingsScope.CLINIC]
    return {"fields": [_item(field) for field in shown]}


def _item(field: SettingField) -> dict[str, Any]:
    """Yes or no is a choice here, because the third answer is "as inherited"."""
    item = dict(field.description)
    if item["type"] == "boolean":
        item |= {"type": "string", "widget": "choice", "choices": [["true", "Yes"], ["false", "No"]]}
    return item


def _explained(field: FormField, place: PlaceSettings, *, is_stale: bool) -> FormField:
    name = field.name.partition(":")[2]
    row = next(row for row in place.settings if row.name == name)
    words = [field.help, _inherited(place.plugin_id, row)]
    if is_stale:
        words.append(f"Stored now: {_shown(place.plugin_id, row.name, row.own) or 'nothing'}.")
    return replace(field, help=" ".join(word for word in words if word))


def _inherited(plugin_id: str, row: SettingRow) -> str:
    shown = _shown(plugin_id, row.name, row.inherited)
    if not shown:
        return ""
    whose = "Inherited from the organisation" if row.inherited_from == "organisation" else "Default"
    return f"{whose}: {shown}."


def _shown(plugin_id: str, name: str, value: Any) -> str:
    described = {"fields": [settings_of(plugin_id)[name].description]}
    return ", ".join(printed.value for printed in print_view(described, {name: value}))


def _places(actor: Actor, plugin_id: str, clinic_id: UUID | None) -> list[SettingPlace]:
    places = [SettingPlace(None, "", clinic_id is None)]
    if not any(field.scope is SettingsScope.CLINIC for field in settings_of(plugin_id).values()):
        return places
    clinics = [clinic for clinic in list_clinics(actor) if clinic.archived_at is None]
    return places + [SettingPlace(clinic.id, clinic.name, clinic.id == clinic_id) for clinic in clinics]


def _errors(error: PolyclinicError) -> dict[str, str]:
    if isinstance(error, Invalid):
        return {found.pointer.removeprefix("/values"): found.detail for found in error.errors}
    return {"_form": error.detail}


def _control(pointer: str) -> str:
    return f"{PREFIX}:{pointer.lstrip('/')}" if pointer.startswith("/") else pointer
