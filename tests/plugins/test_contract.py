"""The contract keeps what its released versions promised, and all of it is exercised somewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.version import Version

from polyclinic.cli.contract_snapshot import Difference, Weight, contract_snapshot, differences, needed_version
from polyclinic.plugins.markers import CONTRACT_VERSION

ROOT = Path(__file__).parents[2]
RELEASED = {path.stem: json.loads(path.read_text("utf-8")) for path in (ROOT / "docs/plugins/contract").glob("*.json")}
OLD = {
    "sdk.text": "function",
    "sdk.text(label)": "required at 0",
    "sdk.Mark": "class",
    "sdk.Mark.view": "attribute",
    "hook badges": "ask-read mapping Badge",
    "hook badges takes ctx": "given",
}


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"sdk.date": "function"}, Difference("sdk.date", "is new (function)", Weight.MINOR)),
        (
            {"sdk.text(help)": "optional by name"},
            Difference("sdk.text(help)", "is new (optional by name)", Weight.MINOR),
        ),
        ({"sdk.text(help)": "required at 1"}, Difference("sdk.text(help)", "is new (required at 1)", Weight.MAJOR)),
        ({"sdk.date(label)": "required at 0"}, Difference("sdk.date(label)", "is new (required at 0)", Weight.MINOR)),
        ({"hook badges takes day": "given"}, Difference("hook badges takes day", "is new (given)", Weight.MINOR)),
        (
            {"sdk.text(label)": "optional at 0"},
            Difference("sdk.text(label)", "was required at 0, is optional at 0", Weight.MINOR),
        ),
        (
            {"sdk.text(label)": "required at 1"},
            Difference("sdk.text(label)", "was required at 0, is required at 1", Weight.MAJOR),
        ),
        (
            {"hook badges": "ask-read list Badge"},
            Difference("hook badges", "was ask-read mapping Badge, is ask-read list Badge", Weight.MAJOR),
        ),
    ],
)
def test_difference_is_weighed_by_what_it_breaks(change, difference):
    assert differences(OLD, OLD | change) == [difference]


def test_what_is_gone_breaks_plugins():
    new = {place: value for place, value in OLD.items() if place != "sdk.Mark.view"}

    assert differences(OLD, new) == [Difference("sdk.Mark.view", "is gone", Weight.MAJOR)]


@pytest.mark.parametrize(
    ("weights", "version"), [([], "1.4"), ([Weight.MINOR], "1.5"), ([Weight.MINOR, Weight.MAJOR], "2.0")]
)
def test_version_is_raised_by_the_heaviest_difference(weights, version):
    assert needed_version("1.4", [Difference("place", "what", weight) for weight in weights]) == version


@pytest.mark.parametrize("version", sorted(RELEASED))
def test_contract_was_raised_as_its_changes_since_this_version_ask(version):
    """When this fails: raise CONTRACT_VERSION and write down the new version: `polyclinic plugin docs contract`."""
    found = differences(RELEASED[version]["entries"], contract_snapshot()["entries"])

    asked = Version(needed_version(version, found))
    assert asked <= Version(CONTRACT_VERSION), [f"{change.place} {change.what}" for change in found]


def test_this_version_of_the_contract_is_written_down():
    assert CONTRACT_VERSION in RELEASED
    assert {version: released["contract"] for version, released in RELEASED.items()} == {v: v for v in RELEASED}
