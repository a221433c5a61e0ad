"""Files and functions stay small, and packages stay empty at their door."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

from tests.architecture.conftest import SourceFile

WRITTEN_BY_HAND = {".py", ".html", ".js", ".css"}
MAY_RE_EXPORT = "core/polyclinic/sdk/"
HOLDS_THE_VERSION = "core/polyclinic/__init__.py"


def test_source_files_have_at_most_400_lines(files: list[SourceFile]) -> None:
    sources = [file for file in files if file.path.suffix in WRITTEN_BY_HAND and not file.is_test]

    assert {file.name: file.length for file in sources if file.length > 400} == {}


def test_test_files_have_at_most_600_lines(modules: list[SourceFile]) -> None:
    assert {file.name: file.length for file in modules if file.is_test and file.length > 600} == {}


def test_half_of_the_source_files_have_at_most_120_lines(modules: list[SourceFile]) -> None:
    assert statistics.median(file.length for file in modules if not file.is_test) <= 120


def test_functions_have_at_most_50_lines(modules: list[SourceFile]) -> None:
    long = {
        f"{file.name}:{node.name}": length
        for file in modules
        for node in ast.walk(file.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > 50
    }

    assert long == {}


def test_init_files_hold_a_docstring_only(modules: list[SourceFile]) -> None:
    doors = [file for file in modules if file.path.name == "__init__.py" and not file.name.startswith(MAY_RE_EXPORT)]
    busy = [file.name for file in doors if file.name != HOLDS_THE_VERSION and not is_docstring_only(file.tree)]

    assert busy == []


def test_sdk_modules_name_what_they_offer(modules: list[SourceFile]) -> None:
    offered = [file for file in modules if file.name.startswith(MAY_RE_EXPORT)]
    silent = [file.name for file in offered if "__all__" not in assigned_names(file.tree)]

    assert [name for name in silent if not is_docstring_only(ast.parse(Path(name).read_text(encoding="utf-8")))] == []


def is_docstring_only(tree: ast.Module) -> bool:
    return ast.get_docstring(tree) is not None and len(tree.body) == 1


def assigned_names(tree: ast.Module) -> set[str]:
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return {target.id for target in targets if isinstance(target, ast.Name)}
