"""The editor's one form: sections by prefix, the version it is based on, and the button that was pressed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from polyclinic.kit.errors import FieldError, Invalid
from polyclinic.plugins.forms import read_form
from polyclinic.records.section_work import SectionWork

SECTIONS, ACTION, PLACE, VERSION = "_sections", "_action", "_place", "row_version"
COPY, SIGN, RELOAD = "copy", "sign", "reload"
"""Buttons of the record itself; a section's buttons read `<section key>:<action>:<target>`."""


@dataclass(frozen=True)
class PressedAction:
    """One of a section's own edits, as its button names it."""

    section: str
    action: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EditorForm:
    """What a submitted editor form says; `button` is one of the record's own, or empty."""

    row_version: int
    sections: Mapping[str, dict[str, Any]]
    button: str = ""
    action: PressedAction | None = None


def read_editor_form(form: MultiDict[str, str], work: SectionWork) -> EditorForm:
    """Return the form's content; only sections that the page says it showed are read.

    Raises `Invalid` for a form that cannot be read and for characters that cannot be stored.
    """
    pairs = [(name, value.replace("\r\n", "\n")) for name, value in form.items(multi=True)]
    refuse_nul(pairs)
    sections = {}
    for key in dict.fromkeys(form.getlist(SECTIONS)):
        described = work.catalogue.find(key)
        if described is not None:
            sections[key] = read_form(described.description, key, pairs)
    pressed = form.get(ACTION, "")
    action = read_action(pressed, form.get(PLACE, "")) if ":" in pressed else None
    return EditorForm(_version(form.get(VERSION, "")), sections, "" if action else pressed, action)


def read_action(pressed: str, place: str) -> PressedAction:
    """Return what a section's button asks for; `place` (`<view>/<region>` or `<view>/<x>,<y>`) is where, if chosen."""
    section, _, rest = pressed.partition(":")
    action, _, target = rest.partition(":")
    arguments = {"target": target} if target else _place(place)
    return PressedAction(section, action, arguments)


def refuse_nul(pairs: Iterable[tuple[str, str]]) -> None:
    """Raise `Invalid` for a NUL character, which PostgreSQL cannot store."""
    if any("\x00" in value for _, value in pairs):
        raise Invalid([FieldError("/", "A text holds a NUL character. Remove it.", "nul")])


def _place(place: str) -> dict[str, str]:
    view, _, where = place.partition("/")
    x, comma, y = where.partition(",")
    if comma:
        return {"view": view, "x": x, "y": y}
    return {"view": view, "region_id": where} if where else {}


def _version(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid([FieldError("/row_version", "The form is incomplete. Reload the page.", "row_version")])
    return int(text)
