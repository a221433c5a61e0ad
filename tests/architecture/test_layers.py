"""Who may import whom: the contracts of pyproject.toml hold, and edges belong to the application alone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.conftest import SourceFile

EDGE = re.compile(r"polyclinic\.(\w+)\.(api|pages)(\.|$)")
EXAMPLE = re.compile(r"plugins/example/\w+/(polyclinic_\w+)/")
COMPOSITION_ROOT = "core/polyclinic/app.py"


def test_import_contracts_hold(root: Path) -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]

    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_edges_are_imported_by_the_application_alone(core_files: list[SourceFile]) -> None:
    foreign = [
        f"{file.name} imports {name}"
        for file in core_files
        if file.is_python and file.name != COMPOSITION_ROOT
        for name in imported_names(file.tree)
        if (edge := EDGE.match(name)) and not belongs_to(file, edge)
    ]

    assert foreign == []


def test_examples_import_the_sdk_alone(modules: list[SourceFile]) -> None:
    foreign = [
        f"{file.name} imports {name}"
        for file in modules
        if (place := EXAMPLE.match(file.name))
        for name in imported_names(file.tree)
        if name.startswith("polyclinic") and not name.startswith(("polyclinic.sdk.", f"{place[1]}."))
    ]

    assert foreign == []


def belongs_to(file: SourceFile, edge: re.Match[str]) -> bool:
    """An edge that grew into a package is put together by its own modules."""
    return file.name.startswith(f"core/polyclinic/{edge[1]}/{edge[2]}/")


def imported_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
