"""The repository installs anywhere: pinned, hashed, and without a word about the machine it was made on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.conftest import SourceFile

LOCKS = ("run.lock", "build.lock", "dev.lock")
REGISTRY = re.compile(
    r"pypi\.org/simple|test\.pypi|pythonhosted|registry\.npmjs|registry\.yarnpkg|npmmirror|artifactory|/simple/"
    r"|index-url\s*[=:]|--(extra-)?index-url\s|find-links\s*[=:]|\"resolved\":|registry\s*=\s*[\"']?http",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?<![\w.])/(root|home|work|Users)/\w")
THIS_FILE = "tests/architecture/test_packaging.py"  # it spells what it looks for


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_no_file_names_a_registry_or_a_machine(files: list[SourceFile]) -> None:
    named = [
        f"{file.name}:{number}: {line.strip()[:120]}"
        for file in files
        if file.name != THIS_FILE
        for number, line in enumerate(file.text.splitlines(), 1)
        if REGISTRY.search(line) or MACHINE.search(line)
    ]

    assert named == []


@pytest.mark.parametrize("name", LOCKS)
def test_locks_pin_exactly_and_hold_hashes(root: Path, name: str) -> None:
    text = (root / "requirements" / name).read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if entry.strip()]

    assert [entry for entry in entries if not re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.+!]+ ", entry)] == []
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


def test_locks_cover_every_declared_dependency(root: Path, project: dict[str, Any]) -> None:
    declared = {
        "run.lock": project["project"]["dependencies"],
        "build.lock": [*project["build-system"]["requires"], *project["dependency-groups"]["build"]],
        "dev.lock": [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]],
    }

    missing = {name: names(wanted) - pinned(root / "requirements" / name) for name, wanted in declared.items()}

    assert missing == {"run.lock": set(), "build.lock": set(), "dev.lock": set()}


def test_development_runs_the_versions_that_users_run(root: Path) -> None:
    run = pins(root / "requirements" / "run.lock")
    dev = pins(root / "requirements" / "dev.lock")

    assert {name: dev.get(name) for name in run} == run


def test_every_plugin_is_checked_like_the_core(root: Path, project: dict[str, Any]) -> None:
    packages = {path.parent.name for path in root.glob("plugins/*/polyclinic_*/__init__.py")}

    assert set(project["tool"]["importlinter"]["root_packages"]) == {"polyclinic", *packages}
    assert {Path(path).name for path in project["tool"]["mypy"]["files"]} >= packages


def test_every_example_is_typed_and_stays_out_of_installations(root: Path, project: dict[str, Any]) -> None:
    folders = sorted(path.parent.relative_to(root).as_posix() for path in root.glob("plugins/example/*/pyproject.toml"))
    packages = {path.parent.name for path in root.glob("plugins/example/*/polyclinic_*/__init__.py")}

    assert [(root / folder / "README.md").is_file() for folder in folders] == [True] * len(packages)
    assert {Path(path).name for path in project["tool"]["mypy"]["files"]} >= packages
    assert set(project["tool"]["mypy"]["mypy_path"].split(":")) >= set(folders)
    assert not (root / "plugins" / "example" / "pyproject.toml").exists()
    assert "plugins/example" in (root / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_make_targets_are_short_and_explained(root: Path) -> None:
    targets = re.findall(r"^([a-z-]+):[^=\n]*?(## .+)?\n((?:\t.*\n)*)", (root / "Makefile").read_text(), re.MULTILINE)

    assert [name for name, explanation, _ in targets if not explanation] == []
    assert [name for name, _, recipe in targets if recipe.count("\n") > 3] == []
    assert {"help", "demo", "test", "check", "bench", "lock"} <= {name for name, _, _ in targets}


def names(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in requirements}


def pins(lock: Path) -> dict[str, str]:
    entries = re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {normal(name): version for name, version in entries}


def pinned(lock: Path) -> set[str]:
    return set(pins(lock))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
