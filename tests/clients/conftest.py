"""Clients for the tests of this folder; everything is rolled back after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from polyclinic.clients.commands import CreateClient
from polyclinic.clients.rows import ClientRow
from polyclinic.clients.services.clients import create_client
from polyclinic.plugins import runtime as plugin_runtime
from polyclinic.plugins.contract import SafetyRule, SafetySeverity
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.queries import is_enabled
from polyclinic.plugins.registry import PluginRegistry


@pytest.fixture
def make_client(db: Any, world: Any) -> Callable[..., ClientRow]:
    """Return a maker of clients, by default known at the first clinic."""

    def make(given_name: str = "Zoë", family_name: str = "Hartmann", **changes: Any) -> ClientRow:
        values = {"clinic_id": world.clinic.id} | changes
        return create_client(world.actor(), CreateClient(given_name=given_name, family_name=family_name, **values))

    return make


@pytest.fixture
def add_client(http: Any, world: Any) -> Callable[..., dict[str, Any]]:
    """Return a maker of clients over REST, by default known at the first clinic."""

    def add(given_name: str = "Zoë", family_name: str = "Hartmann", **changes: Any) -> dict[str, Any]:
        body = {"given_name": given_name, "family_name": family_name, "clinic_id": str(world.clinic.id)} | changes
        answer = http().post("/api/v1/clients", body)
        assert answer.status_code == 201, answer.get_data()
        made: dict[str, Any] = answer.get_json()
        return made

    return add


@pytest.fixture
def safety_rules(request: pytest.FixtureRequest) -> Iterator[tuple[SafetyRule, ...]]:
    """Let the process know two safety rules of core, and put its own runtime back afterwards."""
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
    rules = (
        SafetyRule("blood_thinners", "Blood thinners", SafetySeverity.CAUTION, "Blood thinners?", "Light pressure."),
        SafetyRule("rf_stroke", "Stroke signs", SafetySeverity.EMERGENCY, "Face droop?", "Call for help."),
    )
    before = plugin_runtime.runtime()
    registry = PluginRegistry()
    plugin_runtime.use_runtime(
        plugin_runtime.PluginRuntime(registry, Dispatcher(registry, is_enabled), core_rules=rules)
    )
    yield rules
    plugin_runtime.use_runtime(before)
