"""The product without any plugin's distribution, and with one that breaks at import: real processes, no injection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from polyclinic.testing.clients import RestClient

PLUGINS = {"billing", "neuromuscular", "reporting"}
ASK = """
import importlib.metadata, json, sys
from polyclinic.app import create_app
from polyclinic.kit.config import Config
from polyclinic.testing.clients import PageClient, RestClient
url, token, record, email, password = sys.argv[1:]
app = create_app(Config(database_url=url, secure_cookies=False))
rest, pages = RestClient(app, token), PageClient(app)
pages.sign_in(email, password)
print(json.dumps({
    "entry_points": [e.name for e in importlib.metadata.entry_points(group="polyclinic.plugins")],
    "states": {p.id: p.state for p in app.extensions["polyclinic_plugins"].registry.plugins},
    "problems": [[p.plugin_id, str(p.code)] for p in app.extensions["polyclinic_plugins"].registry.problems],
    "record": rest.get(f"/api/v1/treatment-records/{record}").get_json(),
    "page": pages.get(f"/treatment-records/{record}").status_code,
    "catalogue": rest.get("/api/v1/ext/neuromuscular/conditions").status_code,
    "pages": {path: pages.get(path).status_code for path in ("/today", "/calendar", "/clients", "/account")},
    "health": rest.get("/healthz").status_code,
}))
"""
BROKEN = {
    "broken-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n",
    "broken-1.0.dist-info/RECORD": "broken/__init__.py,,\nbroken/plugin.py,,\nbroken/polyclinic-plugin.toml,,\n",
    "broken-1.0.dist-info/entry_points.txt": "[polyclinic.plugins]\nbroken = broken.plugin\n",
    "broken/__init__.py": "",
    "broken/plugin.py": "raise RuntimeError('breaks at import')\n",
    "broken/polyclinic-plugin.toml": 'id = "broken"\nrequires_polyclinic = ">=1.0,<2"\nlevel = "organisation"\n',
}


@pytest.fixture(scope="module")
def site_without_plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds everything installed here but first-party plugins, by link."""
    folder = tmp_path_factory.mktemp("site")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("_polyclinic", "polyclinic_")):
            (folder / entry.name).symlink_to(entry)
    return folder


def ask(live, folders):
    """Run the application in a process that sees only `folders`, and return what it answered."""
    person, record = live.own.world.people["therapist"], live.own.here["record_id"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PYTHONPATH"] = os.pathsep.join(str(folder) for folder in folders)
    arguments = (live.database.urls.app, person.token, str(record), person.email, person.password)
    done = subprocess.run(
        [sys.executable, "-S", "-c", ASK, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def run_verify(live, folders):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONPATH": os.pathsep.join(map(str, folders)), "DATABASE_OWNER_URL": live.database.urls.owner}
    script = "import sys; sys.argv = ['polyclinic', 'records', 'verify']; from polyclinic.cli.run import main; main()"
    return subprocess.run(
        [sys.executable, "-S", "-c", script], env=environment, capture_output=True, text=True, check=False
    )


def test_without_any_plugin_core_runs_and_signed_sections_stay_readable(populated_live, site_without_plugins):
    core = Path(__file__).parents[2] / "core"
    person, record = populated_live.own.world.people["therapist"], populated_live.own.here["record_id"]
    installed = RestClient(populated_live.app, person.token).get(f"/api/v1/treatment-records/{record}").get_json()

    found = ask(populated_live, [core, site_without_plugins])

    assert {point.name for point in entry_points(group="polyclinic.plugins")} == PLUGINS
    assert (found["entry_points"], found["problems"]) == ([], [])
    assert found["states"] == dict.fromkeys(PLUGINS, "archived")
    assert (found["page"], found["health"], found["catalogue"]) == (200, 200, 404)
    assert set(found["pages"].values()) == {200}
    newest, shown = found["record"]["newest_version"], installed["newest_version"]
    assert newest["content_sha256"] == shown["content_sha256"]
    assert newest["sections"] == shown["sections"]
    assert "neuromuscular.protocol" in {section["section_key"] for section in newest["sections"]}


def test_without_any_plugin_every_hash_verifies(populated_live, site_without_plugins):
    core = Path(__file__).parents[2] / "core"

    done = run_verify(populated_live, [core, site_without_plugins])

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(" 0 differences") == 2


def test_plugin_that_raises_at_import_is_quarantined_and_core_runs(populated_live, site_without_plugins, tmp_path):
    core = Path(__file__).parents[2] / "core"
    for name, text in BROKEN.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    found = ask(populated_live, [core, site_without_plugins, tmp_path])

    assert found["entry_points"] == ["broken"]
    assert found["problems"] == [["broken", "PC002"]]
    assert (found["page"], found["health"]) == (200, 200)
