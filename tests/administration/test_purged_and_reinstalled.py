"""First-party plugins that are purged leave core whole, and work again once they are installed anew."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest

from polyclinic.app import create_app
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.migrating import upgrade_plugins
from polyclinic.plugins.purging import purge_plugin
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import enable_plugin
from polyclinic.plugins.vocabulary import InstallationState
from polyclinic.testing.clients import PageClient
from polyclinic.testing.plugin import config_of, in_organisation
from polyclinic.testing.plugin_rows import fill_plugins
from polyclinic.testing.populated import populate

PURGED = ("billing", "reporting")
PAGES = ("/ext/billing/invoices", "/ext/reporting/reports", "/today", "/clients", "/plugins")
OWN_ROWS = "SELECT (SELECT count(*) FROM plugin_billing.invoice), (SELECT count(*) FROM plugin_reporting.daily_rollup)"


@pytest.fixture
def filled(live):
    """An organisation in which every plugin is on and has rows."""
    with opened(live):
        populate(live.world)
    return live


@contextmanager
def opened(live):
    with live.app.app_context(), in_organisation(live.app.extensions["polyclinic_session"], live.world):
        yield


def statuses(live):
    """Return what the pages answer to a chain administrator in a process that starts now."""
    app = create_app(config_of(live.database))
    person = live.world.people["chain_administrator"]
    client = PageClient(app)
    client.enter(person)
    found = {path: client.get(path).status_code for path in PAGES}
    app.extensions["polyclinic_engine"].dispose()
    return found


def test_purged_plugins_leave_core_whole_and_work_again_once_installed(filled, tmp_path):
    owner, registry = filled.database.urls.owner, runtime().registry
    before = statuses(filled)

    for plugin_id in PURGED:
        purge_plugin(owner, plugin_id, registry, dump=tmp_path / plugin_id)
    with psycopg.connect(owner) as connection:
        schemas = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [[f"plugin_{name}" for name in PURGED]]
        ).fetchall()
    gone = statuses(filled)
    installed = {done.plugin_id: done.state for done in upgrade_plugins(owner, registry)}
    with opened(filled):
        for plugin_id in PURGED:
            enable_plugin(filled.world.actor(), EnablePlugin(plugin_id), registry=registry)
        fill_plugins(filled.world, "anew")
    after = statuses(filled)
    with psycopg.connect(filled.database.admin_url, dbname=filled.database.name) as connection:
        rows = connection.execute(OWN_ROWS).fetchone()

    assert (set(before.values()), schemas) == ({200}, [])
    assert gone == dict.fromkeys(PAGES, 200) | dict.fromkeys(PAGES[:2], 404)
    assert {installed[name] for name in PURGED} == {InstallationState.INSTALLED}
    assert after == before
    assert rows[0] > 0
    assert rows[1] > 0
