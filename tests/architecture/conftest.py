"""What the laws of the repository look at: its own files, read and parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALLED_OR_GENERATED = {
    *(".git", ".venv", ".demo", "__pycache__", "node_modules", "vendor", "var", "build", "dist", "out"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis"),
}


@dataclass(frozen=True)
class SourceFile:
    """One text file of the repository; `name` is its path from the root."""

    path: Path
    name: str

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.name)

    @property
    def length(self) -> int:
        return len(self.text.splitlines())

    @property
    def is_test(self) -> bool:
        return "tests" in Path(self.name).parts

    @property
    def is_python(self) -> bool:
        return self.path.suffix == ".py"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[SourceFile]:
    """Every text file that belongs to the project."""
    found = [SourceFile(path, path.relative_to(ROOT).as_posix()) for path in walk(ROOT)]
    return [file for file in found if is_text(file.path)]


@pytest.fixture(scope="session")
def modules(files: list[SourceFile]) -> list[SourceFile]:
    """Every Python file, tests included."""
    return [file for file in files if file.is_python]


@pytest.fixture(scope="session")
def core_files(files: list[SourceFile]) -> list[SourceFile]:
    """What ships as the core."""
    return [file for file in files if file.name.startswith(("core/", "migrations/"))]


def walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in INSTALLED_OR_GENERATED or path.name.endswith(".egg-info") or path.is_symlink():
            continue
        if path.is_dir():
            yield from walk(path)
        else:
            yield path


def is_text(path: Path) -> bool:
    return b"\0" not in path.read_bytes()[:8192]
