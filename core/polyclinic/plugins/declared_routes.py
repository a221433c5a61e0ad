"""Checks of what a plugin declares to be reached by people: addresses are its own, permissions exist."""

from __future__ import annotations

from collections.abc import Iterator

from polyclinic.access.permissions import CORE_PERMISSIONS
from polyclinic.plugins.problems import ProblemCode, wrong
from polyclinic.plugins.registry import Declarations
from polyclinic.plugins.suggestions import did_you_mean


def check_routes(plugin_id: str, declared: Declarations) -> None:
    """Raise `PluginRefusedError` for routes outside of the plugin's addresses, or without permissions."""
    for api in declared.api:
        if (api.blueprint.name, api.blueprint.url_prefix) != (f"ext_{plugin_id}", f"/api/v1/ext/{plugin_id}"):
            what = f'the routes of "{api.blueprint.name}" must lie below /api/v1/ext/{plugin_id}; use PluginRoutes.'
            raise wrong(what, ProblemCode.FOREIGN_PREFIX)
        if not api.permissions:
            raise wrong("the REST interface names no permission; return PluginRoutes(...).declaration().")
    for pages in declared.pages:
        if (pages.blueprint.name, pages.blueprint.url_prefix) != (f"pages_ext_{plugin_id}", f"/ext/{plugin_id}"):
            what = f'the pages of "{pages.blueprint.name}" must lie below /ext/{plugin_id}; use PluginPages.'
            raise wrong(what, ProblemCode.FOREIGN_PREFIX)
        if not pages.permissions:
            raise wrong("the pages name no permission; return PluginPages(...).declaration().")


def check_wanted_permissions(declared: Declarations) -> None:
    """Raise `PluginRefusedError` for a permission that neither core nor the plugin declares."""
    known = {*CORE_PERMISSIONS, *(permission.key for permission in declared.permissions)}
    for what, permission in _wanted(declared):
        if permission not in known:
            raise wrong(f'the {what} asks for the permission "{permission}".{did_you_mean(permission, known)}')


def _wanted(declared: Declarations) -> Iterator[tuple[str, str]]:
    yield from ((f'panel "{panel.key}"', panel.permission) for panel in declared.panels)
    yield from ((f'navigation link "{item.path}"', item.permission) for item in declared.navigation)
    yield from (("REST interface", permission) for api in declared.api for permission in sorted(api.permissions))
    yield from (("set of pages", permission) for pages in declared.pages for permission in sorted(pages.permissions))
    yield from ((f'document "{document.key}"', document.permission) for document in declared.documents)
    yield from ((f'report "{report.key}"', report.permission) for report in declared.reports)
    yield from ((f'daily figure "{figure.key}"', figure.permission) for figure in declared.daily_figures)
    for fields in declared.entity_fields:
        yield from ((f'field set "{fields.key}"', permission) for permission in (fields.read, fields.write))
