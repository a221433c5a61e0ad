"""Everything that the contract offers is exercised by a test, a plugin, an example or a guide."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest

from polyclinic.cli.plugin_reference import sdk_modules
from polyclinic.plugins import specs
from polyclinic.plugins.core_events import CORE_EVENTS
from polyclinic.plugins.policies import policies_of
from polyclinic.sdk.context import Core

ROOT = Path(__file__).parents[2]
GENERATED = {"hooks.md", "sdk.md", "events.md", "views.md"}
IMPORT = re.compile(r"from polyclinic[\w.]* import (\([^)]*\)|[^\n]*)")
VIEW = re.compile(r"\bviews\.(\w+)")


@pytest.fixture(scope="module")
def written() -> str:
    """Return the text of all tests, plugins and examples, and of the guides with their snippets."""
    files = [path for folder in ("tests", "plugins") for path in (ROOT / folder).rglob("*.py")]
    guides = [path for path in (ROOT / "docs" / "plugins").glob("*.md") if path.name not in GENERATED]
    return "\n".join(path.read_text("utf-8") for path in (*files, *guides) if path != Path(__file__))


def test_every_hook_is_implemented(written):
    assert [name for name in policies_of(specs) if not re.search(rf"\bdef {name}\(", written)] == []


def test_every_name_of_the_sdk_is_used(written):
    """The types of `ctx.core` and its parts are used where they are called: nobody needs to import them."""
    imported = {name for names in IMPORT.findall(written) for name in re.findall(r"\w+", names)}
    called = {kind.__name__ for name, kind in parts().items() if f"core.{name}." in written} | {Core.__name__}
    used = imported | called | set(VIEW.findall(written))

    assert [f"{m.__name__}.{name}" for m in sdk_modules() for name in m.__all__ if name not in used] == []


def test_every_function_of_the_facade_is_called(written):
    wanted = [f"core.{part}.{name}(" for part, kind in parts().items() for name in functions_of(kind)]

    assert len(wanted) > 20
    assert [call for call in wanted if call not in written] == []


def parts() -> dict[str, type]:
    """Return the parts of `ctx.core` by name."""
    found = {name: value for name, value in vars(Core).items() if isinstance(value, property)}
    return {name: get_type_hints(value.fget)["return"] for name, value in found.items()}


def test_every_event_of_core_is_told_in_a_test(written):
    assert [key for key in CORE_EVENTS if f'"{key}"' not in written] == []


def functions_of(kind: type) -> list[str]:
    return [name for name, value in vars(kind).items() if callable(value) and not name.startswith("_")]
