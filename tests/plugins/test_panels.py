"""Panels and links: who sees them, in which order, and the card that a failing panel leaves."""

from __future__ import annotations

from uuid import UUID

import pytest

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import PanelContent
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.panels import FilledPanel, OfferedLink, fill_panel, find_panel, offered_links, offered_panels

ORGANISATION, CLINIC = UUID(int=1), UUID(int=2)
PLUGIN = """
    from polyclinic.sdk.panels import NavItem, Panel, PanelContent

    def render(ctx, subjects):
        {body}
        return {{subjects[0]: PanelContent("{id}/card.html", {{"plugin": ctx.plugin_id}})}}

    @hookimpl
    def register_panels():
        return [
            Panel("client.tab", "{id}.late", "Late", "clients:read", render, order=200),
            Panel("client.tab", "{id}.early", "Early", "clients:read", render, order=1),
            Panel("client.tab", "{id}.secret", "Secret", "audit:read", render),
            Panel("today.card", "{id}.today", "Today", "clients:read", render),
        ]

    @hookimpl
    def register_navigation():
        return [NavItem("{id}", "/list", "clients:read"), NavItem("Audit", "audit", "audit:read")]
"""


def ctx() -> Ctx:
    return Ctx(Actor(ActorKind.MEMBER, ORGANISATION, (CLINIC,), {"clients:read": frozenset({CLINIC})}), CLINIC)


@pytest.fixture
def add(shelf):
    def add_plugin(plugin_id: str, body: str = "pass") -> None:
        shelf.add(plugin_id, PLUGIN.format(id=plugin_id, body=body))

    return add_plugin


def dispatcher(shelf, *enabled: str) -> Dispatcher:
    return Dispatcher(load_plugins(shelf.entry_points(), strict=True), lambda _o, _c, plugin_id: plugin_id in enabled)


def test_permitted_panels_of_enabled_plugins_come_by_order_then_plugin(shelf, add):
    for plugin_id in ("aaa", "bbb", "ccc"):
        add(plugin_id)

    offered = offered_panels(dispatcher(shelf, "bbb", "aaa"), ctx(), "client.tab")

    assert [panel.panel.key for panel in offered] == ["aaa.early", "bbb.early", "aaa.late", "bbb.late"]


def test_panel_is_found_by_key_only_where_it_is_offered(shelf, add):
    add("aaa")
    on, off = dispatcher(shelf, "aaa"), dispatcher(shelf)

    assert [find_panel(asked, ctx(), "aaa.early") is not None for asked in (on, off)] == [True, False]
    assert find_panel(on, ctx(), "aaa.secret") is None
    assert find_panel(on, ctx(), "aaa.absent") is None


def test_panel_is_filled_for_the_subjects_it_says_something_about(shelf, add):
    add("aaa")
    asked = dispatcher(shelf, "aaa")
    offered = offered_panels(asked, ctx(), "today.card")[0]

    content = PanelContent("aaa/card.html", {"plugin": "aaa"})
    assert fill_panel(asked, ctx(), offered, ["one", "two"]) == {
        "one": FilledPanel("aaa", "aaa.today", "Today", content)
    }


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError",
        "raise SystemExit(1)",
        "return None",
        "return {'one': 'html'}",
        "return {'one': PanelContent('records/edit.html', {})}",
    ],
)
def test_failing_panel_leaves_a_card_with_the_log_number(shelf, add, body):
    add("aaa", body)
    asked = dispatcher(shelf, "aaa")
    offered = offered_panels(asked, ctx(), "today.card")[0]

    filled = fill_panel(asked, ctx(), offered, ["one"])

    (failure,) = asked.failures()
    assert filled == {"one": FilledPanel("aaa", "aaa.today", "Today", None, failure.log_id)}


def test_links_are_complete_and_limited_to_what_the_actor_may(shelf, add):
    add("aaa")
    add("bbb")

    assert offered_links(dispatcher(shelf, "bbb"), ctx()) == (
        OfferedLink("bbb", "bbb", "/ext/bbb/list", "plug", "plugins"),
    )
