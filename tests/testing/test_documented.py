"""The page about the test kit names every fixture that it offers to plugins, and none that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

from polyclinic.testing import anchors, authoring, letters, plugin, watching, working

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "testing.md"
INNER = {"admin_url", "built_app", "database", "engine", "fresh_database", "joined", "waiting", "worlds"}
"""What the kit is made of; plugins may use them, but nothing is promised."""


def test_every_fixture_for_plugins_is_documented():
    rows = re.findall(r"^\| (`.*?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`(\w+)", row)}
    offered = {
        name
        for module in (plugin, anchors, authoring, letters, working, watching)
        for name, value in vars(module).items()
        if type(value).__name__ == "FixtureFunctionDefinition"
    }

    assert documented == offered - INNER
