"""The plugin documentation is true: generated pages are current, the guide's plugin does what the guide says."""

from __future__ import annotations

import re
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from polyclinic.cli.event_reference import event_reference
from polyclinic.cli.plugin_reference import hook_reference, sdk_modules, sdk_reference
from polyclinic.plugins.contract import Measurement, Moment
from polyclinic.plugins.describing import describe_section
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.print_view import PrintRow, print_view
from polyclinic.plugins.problems import ProblemCode
from polyclinic.plugins.published import data_dictionary
from polyclinic.plugins.sections import load_strict

DOCS = Path(__file__).parents[2] / "docs" / "plugins"
FILE = re.compile(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


PAGES = [
    ("events.md", event_reference),
    ("hooks.md", hook_reference),
    ("sdk.md", sdk_reference),
    ("views.md", data_dictionary),
]


@pytest.mark.parametrize(("page", "make"), PAGES)
def test_reference_page_is_current(page, make):
    assert (DOCS / page).read_text(encoding="utf-8") == make()


def test_every_name_of_the_sdk_is_documented():
    page = (DOCS / "sdk.md").read_text(encoding="utf-8")
    names = [f"| `{name}` |" for module in sdk_modules() for name in module.__all__]

    assert [name for name in names if name not in page] == []


def test_every_problem_code_is_documented():
    page = (DOCS / "hooks.md").read_text(encoding="utf-8")

    assert [code for code in ProblemCode if f"| {code} |" not in page] == []


@pytest.fixture
def breathing(shelf):
    """Write the guide's plugin and return its registry."""
    for name, text in FILE.findall((DOCS / "README.md").read_text(encoding="utf-8")):
        path = shelf.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    entry = EntryPoint("breathing", "polyclinic_breathing.plugin", "polyclinic.plugins")
    return load_plugins([entry], strict=True)


def test_the_guides_section_is_loaded_measured_and_printed(breathing):
    section = breathing.sections["breathing.exercise"]

    data = load_strict(section, {"tension_before": 7, "exercises": [{"kind": "box", "minutes": 5}]})

    assert section.summarize(data) == "Tension 7 before, not asked after."
    assert section.measure(data) == [Measurement("tension", Decimal(7), "points", Moment.BEFORE)]
    assert [finding.code for finding in section.check(data, None)] == ["tension_not_asked"]
    assert print_view(describe_section(section), data) == (
        PrintRow("Tension before", "7"),
        PrintRow("Exercise 1: Exercise", "Box breathing"),
        PrintRow("Exercise 1: Time", "5", "min"),
    )


def test_the_guides_plugin_is_short(breathing):
    written = FILE.findall((DOCS / "README.md").read_text(encoding="utf-8"))

    assert len(breathing.active) == 1
    assert sum(len(text.splitlines()) for name, text in written if name.endswith(".py")) <= 70
