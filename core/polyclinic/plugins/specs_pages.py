"""Hooks about what a plugin shows: permissions, links, panels, pages, REST resources, documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import ApiBlueprint, Badge, NavItem, PageRoutes, Panel, Permission
from polyclinic.plugins.documents import DocumentTemplate
from polyclinic.plugins.manifest import Capability
from polyclinic.plugins.policies import Shape, declares, reads


@declares(Permission)
def register_permissions() -> Sequence[Permission]:
    """Declare the permissions that this plugin's panels, navigation and routes ask for.

    When: once, at load.

    Return: permissions whose keys are `<plugin id>.<noun>:<verb>`. Roles are suggested; nothing is granted silently.

    On error: the plugin is quarantined.
    """
    raise NotImplementedError


@declares(NavItem, Capability.PANELS)
def register_navigation() -> Sequence[NavItem]:
    """Declare links in the side bar.

    When: once, at load; a link is shown where the plugin is enabled and the actor has its permission.

    Return: links whose paths are relative to `/ext/<plugin id>/`.

    On error: the plugin is quarantined; no link is shown.
    """
    raise NotImplementedError


@declares(Panel, Capability.PANELS)
def register_panels() -> Sequence[Panel]:
    """Declare panels in the named slots of core's pages.

    When: once, at load. `render(ctx, subjects)` runs while a page is made, or after it (`lazy=True`). In the slots that
    lie within a line of core's own it always runs while the page is made, and its content stands there without a card.

    Return: panels whose keys are `<plugin id>.<name>`. `render` gets all ids of the page in one call and returns a
    mapping of id to `PanelContent`; ids it leaves out show nothing.

    On error: the plugin is quarantined; a `render` that raises leaves a small card with a log id, never a broken page.
    """
    raise NotImplementedError


@declares(PageRoutes, Capability.PAGES)
def register_blueprints() -> Sequence[PageRoutes]:
    """Declare pages of the plugin's own.

    When: once, at load; the pages appear under `/ext/<plugin id>/`.

    Return: one `PluginPages(...).declaration()`; every page names its permission. Where the plugin is disabled its
    pages answer 404.

    On error: the plugin is quarantined; none of its pages exists.
    """
    raise NotImplementedError


@declares(ApiBlueprint, Capability.API)
def register_api() -> Sequence[ApiBlueprint]:
    """Declare REST resources.

    When: once, at load; the routes appear under `/api/v1/ext/<plugin id>/` and in the OpenAPI document.

    Return: one `PluginRoutes(...).declaration()`; every route names its permission. Where the plugin is disabled its
    routes answer 404.

    On error: the plugin is quarantined; none of its routes exists.
    """
    raise NotImplementedError


@declares(DocumentTemplate, Capability.DOCUMENTS)
def register_documents() -> Sequence[DocumentTemplate]:
    """Declare the kinds of documents that this plugin makes.

    When: once, at load; `render(ctx, subject_id)` runs when somebody opens one, under the policy of reading.

    Return: templates whose keys are `<plugin id>.<name>`.

    On error: the plugin is quarantined; a `render` that raises is answered with an error that names the log entry.
    """
    raise NotImplementedError


@reads(Badge, shape=Shape.MAPPING, capability=Capability.PANELS)
def client_badges(ctx: Ctx, client_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Badge]]:
    """Give short labels that are shown beside clients.

    When: while a list or a client's page is made; all clients of the page come in one call.

    Return: a mapping of client id to badges; clients without any may be left out.

    On error: the badges are left out and administrators see the failure; after repeated failures the hook rests.
    """
    raise NotImplementedError
