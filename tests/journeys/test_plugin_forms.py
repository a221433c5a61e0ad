"""Forms that core makes for plugins: settings and fields on core's things, in a chain that has every plugin on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from polyclinic.kit.ids import new_id
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import enable_plugin
from polyclinic.scheduling.commands import CreateService
from polyclinic.scheduling.services.catalogue import create_service
from polyclinic.testing.browsers import DESK, PHONE, assert_ui_ok, overflow
from polyclinic.testing.sites import Site, open_site
from polyclinic.testing.worlds import World
from polyclinic.therapists.commands import CreateTherapist
from polyclinic.therapists.services.profiles import create_therapist

pytestmark = pytest.mark.browser

THINGS = {"service": new_id(), "therapist": new_id()}


@pytest.fixture(scope="module")
def site(admin_url: str) -> Iterator[Site]:
    with open_site(admin_url, furnish) as opened:
        yield opened


def furnish(world: World) -> None:
    actor, registry = world.actor(), runtime().registry
    for plugin in registry.active:
        enable_plugin(actor, EnablePlugin(plugin.id), registry=registry)
    create_service(actor, CreateService("Massage 60", 60, id=THINGS["service"]))
    create_therapist(actor, CreateTherapist("Ana Ruiz", (world.clinic.id,), id=THINGS["therapist"]))


def addresses() -> list[str]:
    """Return the pages of every form that an active plugin has core make."""
    found = []
    for plugin in runtime().registry.active:
        found += [f"/plugins/{plugin.id}/settings"] if plugin.declarations.settings else []
        for declared in plugin.declarations.entity_fields:
            noun = Entity(declared.entity).value
            found.append(f"/{noun}s/{THINGS[noun]}/extensions/{plugin.id}")
    return found


def test_forms_of_plugins_are_accessible_and_fit(visit, site):
    page = visit("chain_administrator")
    pages = addresses()

    assert len(pages) >= 3
    for path in pages:
        assert page.goto(path).status == 200, path
        assert_ui_ok(page)
        for size in (DESK, PHONE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert overflow(page) == 0, path
