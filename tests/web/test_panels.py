"""Panels of plugins in core's pages: a failing one leaves a card, never an error."""

import pytest
from flask import g

from polyclinic.plugins.contract import Panel, PanelContent
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.registry import Declarations, LoadedPlugin, PluginRegistry, PluginState
from polyclinic.plugins.runtime import PluginRuntime, runtime, use_runtime
from polyclinic.web.actor import SignIn
from polyclinic.web.panels import slot


def good(_ctx, subjects):
    return {subject: PanelContent("demo/none.html", {}) for subject in subjects}


def broken(_ctx, _subjects):
    raise RuntimeError("no")


@pytest.fixture
def with_panel(app, world):
    before = runtime()

    def use(render, *, lazy=False, permission="clients:read"):
        panel = Panel("client.tab", "demo.panel", "Exercises", permission, render, lazy=lazy)
        plugin = LoadedPlugin("demo", "1", PluginState.INSTALLED, declarations=Declarations(panels=(panel,)))
        registry = PluginRegistry((plugin,))
        use_runtime(PluginRuntime(registry, Dispatcher(registry, lambda *_: True)))

    def shown(role):
        with app.test_request_context("/"):
            g.sign_in = SignIn(world.actor(role))
            return str(slot("client.tab", world.id))

    yield use, shown
    use_runtime(before)


def test_raising_panel_leaves_a_card_with_its_log_number(with_panel):
    use, shown = with_panel
    use(broken)

    page = shown("therapist")

    assert "Exercises" in page
    assert "This part could not be loaded." in page


def test_panel_whose_template_is_missing_leaves_a_card(with_panel):
    use, shown = with_panel
    use(good)

    assert "This part could not be loaded." in shown("therapist")


def test_lazy_panel_is_a_place_that_loads_itself(with_panel, world):
    use, shown = with_panel
    use(broken, lazy=True)

    assert f'hx-get="/panels/demo.panel?subject={world.id}"' in shown("therapist")


def test_panel_is_not_offered_without_its_permission(with_panel):
    use, shown = with_panel
    use(good, permission="audit:read")

    assert shown("therapist") == ""
