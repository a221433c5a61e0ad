"""Where a plugin is on: pure answers over the switches."""

from __future__ import annotations

from uuid import UUID

import pytest

from polyclinic.plugins.enablement import Enablement, Switch
from polyclinic.plugins.vocabulary import EnablementState

NORTH, SOUTH = UUID(int=1), UUID(int=2)
ON, OFF = EnablementState.ENABLED, EnablementState.DISABLED


@pytest.mark.parametrize(
    ("places", "at_north", "at_south", "anywhere"),
    [
        ({}, False, False, False),
        ({None: ON}, True, True, True),
        ({None: OFF}, False, False, False),
        ({NORTH: ON}, True, False, True),
        ({None: ON, NORTH: OFF}, False, True, True),
        ({None: OFF, NORTH: ON}, True, False, True),
    ],
)
def test_a_clinics_own_switch_decides_before_the_organisations(places, at_north, at_south, anywhere):
    enablement = Enablement(tuple(Switch("notes", place, state) for place, state in places.items()))

    answers = tuple(enablement.is_enabled("notes", place) for place in (NORTH, SOUTH, None))

    assert answers == (at_north, at_south, anywhere)
    assert [enablement.enabled_plugins(place) == {"notes"} for place in (NORTH, SOUTH, None)] == list(answers)


def test_switch_of_one_plugin_says_nothing_about_another():
    assert not Enablement((Switch("notes", None, ON),)).is_enabled("billing", NORTH)
