"""`polyclinic plugin`: status tells everything, also without a database; switches are made by the operator."""

from __future__ import annotations

import os
from textwrap import dedent

import psycopg
import pytest
from click.testing import CliRunner

from polyclinic.cli.ext import ext
from polyclinic.cli.plugins import plugin
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.migrating import upgrade_plugins

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\nlevel = "both"\nscopes = ["clients:read"]'


@pytest.fixture
def run(shelf, monkeypatch):
    """Return a runner of the command that sees the plugins of the shelf alone."""
    monkeypatch.setattr("polyclinic.plugins.loading.installed_entry_points", shelf.entry_points)
    for name in [name for name in os.environ if name.startswith(("DATABASE_", "POLYCLINIC_DISABLED"))]:
        monkeypatch.delenv(name)
    return lambda *arguments: CliRunner().invoke(plugin, arguments, catch_exceptions=False)


@pytest.fixture
def organisation(shelf, fresh_database, monkeypatch):
    """Return the slug of an organisation in a database where the plugin `notes` is installed."""
    monkeypatch.setenv("DATABASE_URL", fresh_database.urls.app)
    monkeypatch.setenv("DATABASE_OWNER_URL", fresh_database.urls.owner)
    shelf.add("notes", "", manifest=MANIFEST)
    upgrade_plugins(fresh_database.urls.owner, load_plugins(shelf.entry_points()))
    with psycopg.connect(fresh_database.urls.owner) as owner:
        owner.execute("INSERT INTO organisation (id, name, slug) VALUES (gen_random_uuid(), 'Reed', 'reed')")
    return "reed"


def test_status_shows_states_and_codes_without_a_database(shelf, run):
    shelf.add("crashing", "raise ValueError('x')", version="0.3")
    shelf.add("notes", "", manifest=MANIFEST)

    result = run("status")

    assert result.exit_code == 0
    assert result.output.splitlines()[:3] == [
        "plugin    version  state      distribution",
        "crashing  0.3      broken     polyclinic-crashing",
        "notes     1.0      available  polyclinic-notes",
    ]
    assert "PC002 crashing 0.3 (contract 1.1): importing polyclinic_crashing.plugin failed: ValueError" in result.output
    assert result.output.endswith("The database was not asked: DATABASE_URL is not set.\n")


def test_strict_status_fails_on_a_broken_plugin(shelf, run):
    shelf.add("crashing", "raise ValueError('x')")

    assert run("status", "--strict").exit_code == 1


def test_status_without_plugins_says_so(run):
    assert run("status").output.splitlines()[0] == "No plugins are installed."


def test_operator_enables_and_disables_a_plugin(run, organisation, fresh_database):
    outputs = [
        run("enable", "notes", "--organisation", organisation).output,
        run("disable", "notes", "--organisation", organisation).output,
        run("status").output,
    ]

    assert outputs == [
        "notes is enabled for the whole organisation. Scopes: clients:read.\n",
        "notes is disabled for the whole organisation. Its data and signed records stay readable.\n",
        "plugin  version  state      distribution\nnotes   1.0      installed  polyclinic-notes\n",
    ]
    with psycopg.connect(fresh_database.urls.owner) as owner:
        acts = owner.execute("SELECT actor_kind, action FROM audit_event ORDER BY id").fetchall()
    assert acts == [("system", "plugin.enabled"), ("system", "plugin.disabled")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["notes", "--organisation", "absent"], "There is no organisation absent. Known: reed."),
        (["absent", "--organisation", "reed"], "There is no such plugin here, or it lies outside your clinics."),
        (
            ["notes", "--organisation", "reed", "--clinic", "0198c5a2-0000-7000-8000-000000000000"],
            "There is no such clinic here, or it lies outside your clinics.",
        ),
    ],
)
def test_refusal_is_one_line(run, organisation, arguments, message):
    result = run("enable", *arguments)

    assert (result.exit_code, result.output) == (1, f"Error: {message}\n")


def test_commands_of_plugins_stand_below_their_id(shelf, run):
    code = """
        import click

        @click.command()
        def hello():
            click.echo("hello from notes")

        @hookimpl
        def register_commands():
            return [hello]
    """
    shelf.add("notes", dedent(code))
    shelf.add("crashing", "raise ValueError('x')")

    result = CliRunner().invoke(ext, ["notes", "hello"])

    assert result.output == "hello from notes\n"
    assert CliRunner().invoke(ext, ["crashing"]).exit_code == 2
