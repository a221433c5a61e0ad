"""Core, the first-party plugins and the examples as wheels, installed and tested where no repository is near."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIRST_PARTY = ("billing", "neuromuscular", "reporting")
EXAMPLES = ("aftercare", "cupping")
FOLDERS = {name: ROOT / "plugins" / name for name in FIRST_PARTY} | {
    name: ROOT / "plugins" / "example" / name for name in EXAMPLES
}
LOAD = """
import json
import polyclinic
from importlib.metadata import entry_points
from polyclinic.plugins.loading import load_plugins
registry = load_plugins(strict=True)
print(json.dumps({
    "core": polyclinic.__file__,
    "folders": {plugin.id: str(plugin.package_dir) for plugin in registry.active},
    "manifests": sorted(plugin.id for plugin in registry.plugins if plugin.manifest),
    "test_kit": [point.value for point in entry_points(group="pytest11") if point.value.startswith("polyclinic")],
}))
"""
DOCS = ROOT / "docs" / "plugins"
FILE = re.compile(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TESTED = (*FIRST_PARTY, *EXAMPLES) if os.environ.get("POLYCLINIC_FULL") == "1" else EXAMPLES
"""The first-party plugins' tests take minutes, and run in the repository anyway."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the folders of an installation: our wheels, then everything else that is installed here, by link."""
    wheels, site, others, guide = map(tmp_path_factory.mktemp, ("wheels", "site", "others", "guide"))
    write_guide(guide)
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
    for folder in (ROOT, *FOLDERS.values(), guide):
        run(build, cwd=folder)
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--no-index", "--no-compile", "--target"]
    run([*pip, str(site), *map(str, sorted(wheels.glob("*.whl")))], cwd=wheels)
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("_polyclinic", "polyclinic")):
            (others / entry.name).symlink_to(entry)
    return [site, others]


def write_guide(folder: Path) -> None:
    """Write the distribution that the guide shows: made for contract 1.0, it must pass on every later 1.x."""
    for name, text in FILE.findall((DOCS / "README.md").read_text("utf-8")):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(command: list[str], cwd: Path, path: list[Path] | None = None) -> str:
    """Run a program that sees nothing of this repository but what `path` names; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "POLYCLINIC"))}
    if path is not None:
        environment["PYTHONPATH"] = os.pathsep.join(map(str, path))
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def run_tests(installed: list[Path], folder: Path, *names: str) -> str:
    """Copy the tests of plugins to `folder` and run them there with the test kit of the wheel."""
    for name in names:
        shutil.copytree(FOLDERS[name] / "tests", folder / name)
    snippet = SNIPPET.findall((DOCS / "testing.md").read_text("utf-8"))[0]
    (folder / "test_breathing.py").write_text(snippet, encoding="utf-8")
    # Some load the test kit by hand as well; pytest must not meet it twice.
    (folder / "conftest.py").write_text('pytest_plugins = ["polyclinic.testing.plugin"]\n', encoding="utf-8")
    # Plain asserts fail as well; pytest would rewrite every module of the distribution that brings the test kit.
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--assert=plain"]
    return run([sys.executable, "-S", "-m", "pytest", *options, "."], cwd=folder, path=installed)


def test_every_wheel_is_found_loaded_and_sound(installed, tmp_path):
    found = json.loads(run([sys.executable, "-S", "-c", LOAD], cwd=tmp_path, path=installed))

    site = installed[0]
    assert Path(found["core"]).parent == site / "polyclinic"
    loaded = sorted([*FOLDERS, "breathing"])
    assert found["folders"] == {name: str(site / f"polyclinic_{name}") for name in loaded}
    assert found["manifests"] == loaded
    assert found["test_kit"] == ["polyclinic.testing.plugin"]


def test_plugins_pass_their_own_tests_from_their_wheels(installed, tmp_path):
    printed = run_tests(installed, tmp_path, *TESTED)

    assert re.fullmatch(r"[0-9]+ passed in .*", printed.splitlines()[-1])
