"""What the guide shows about events and jobs does what the guide says."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from polyclinic.clients.commands import CreateClient
from polyclinic.clients.services.clients import create_client
from polyclinic.jobs.backoff import RETRY_SECONDS
from polyclinic.kit import clock
from polyclinic.kit.ids import new_id
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.runtime import runtime_of
from polyclinic.plugins.services import enable_plugin
from tests.plugins.conftest import shelf  # noqa: F401 -- fixture
from tests.plugins.shelved import recorded

GUIDE = Path(__file__).parents[2] / "docs" / "plugins" / "README.md"
SECTION = re.compile(r"^## Events and jobs$(.*?)^## ", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MANIFEST = """
    id = "{id}"
    requires_polyclinic = ">=1.0,<2"
    level = "both"
    capabilities = ["events", "jobs"]
    scopes = ["clients:read"]
"""


@pytest.fixture
def section() -> str:
    [found] = SECTION.findall(GUIDE.read_text(encoding="utf-8"))
    return str(found)


@pytest.fixture
def breathing(app, db, world, database, waiting, shelf, section):  # noqa: F811
    """Switch the guide's plugin on."""
    shelf.add("breathing", "", manifest=MANIFEST)
    (shelf.folder / "polyclinic_breathing" / "plugin.py").write_text("\n".join(CODE.findall(section)), "utf-8")
    registry = load_plugins(shelf.entry_points(), strict=True)
    with recorded(database, "breathing"), runtime_of(registry):
        enable_plugin(world.actor(), EnablePlugin("breathing"), registry=registry)
        yield registry
        db.rollback()


def test_client_is_asked_a_day_after_the_visit_once(breathing, db, world, emit, drain, freeze_time):
    freeze_time(clock.now())
    client = create_client(world.actor(), CreateClient(world.clinic.id, "Tom", "Hale", email="tom@example.org"))
    emit(
        "appointment.completed",
        "appointment",
        new_id(),
        {"client_id": client.id, "from": "started"},
        clinic_id=world.clinic.id,
    )
    at_once = drain()

    freeze_time(clock.now() + timedelta(days=1))
    next_day = drain()

    assert (at_once.handlers, at_once.jobs) == (["breathing.on_completed"], [])
    assert next_day.jobs == ["breathing.ask"]
    mail = db.execute(text("SELECT recipient, subject, body, plugin_id FROM mail_message")).all()
    assert [tuple(row) for row in mail] == [
        ("tom@example.org", "How are you?", "Dear Tom Hale,\n\nhow did the exercise go?\n", "breathing")
    ]
    asked = db.execute(text("SELECT aggregate_id FROM event WHERE type = 'breathing.client_asked'")).scalars()
    assert list(asked) == [client.id]


def test_guide_names_the_times_of_the_tries(section):
    hours = round(sum(RETRY_SECONDS) / 3600)

    assert f"after {RETRY_SECONDS[0]} seconds" in section
    assert f"eight times within about {hours} hours" in section.replace("\n  ", " ")
