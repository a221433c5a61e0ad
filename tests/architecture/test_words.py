"""One word per thing: the glossary's banned words name nothing, and the core knows no modality, price or report."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.conftest import SourceFile

# The banned word, and the folders where it has another, technical meaning.
BANNED = {
    "customer": (),
    "patient": (),
    "practitioner": (),
    "provider": (),
    "staff": (),
    "tenant": ("core/polyclinic/kit/", "tests/kit/"),
    "session": (
        "core/polyclinic/kit/",
        "core/polyclinic/web/",
        "core/polyclinic/identity/",
        "core/polyclinic/testing/",
        "core/polyclinic/background.py",  # ended sign-in sessions
        "core/polyclinic/jobs/",
        "tests/identity/",
        "tests/kit/",
        "tests/jobs/",
    ),
}
PLUGIN_WORDS = re.compile(
    r"neuromuscular|trigger[\s_-]?points?|(?<![a-z])(billing|reporting|pric(e[ds]?|ing)|invoic(e[ds]?|ing))(?![a-z])",
    re.IGNORECASE,
)


def test_no_identifier_uses_a_banned_word(modules: list[SourceFile]) -> None:
    wrong = {
        f"{file.name}: {name}"
        for file in modules
        for name in defined_names(file.tree)
        for word in words_of(name)
        if word in BANNED and not file.name.startswith(BANNED[word])
    }

    assert sorted(wrong) == []


@pytest.mark.parametrize("text", ["Billing", "plugin_billing", "reporting/", "price_minor", "prices", "Invoiced"])
def test_search_finds_words_in_any_dress(text: str) -> None:
    assert PLUGIN_WORDS.search(text)


def test_search_covers_every_kind_of_file_of_the_core(core_files: list[SourceFile]) -> None:
    assert {file.path.suffix for file in core_files} >= {".py", ".html", ".js", ".css", ".json"}
    assert {file.name.split("/")[0] for file in core_files} == {"core", "migrations"}
    assert len([file for file in core_files if "/templates/" in file.name]) >= 50


def test_core_names_no_plugin_and_nothing_a_plugin_brings(core_files: list[SourceFile]) -> None:
    named = [
        f"{file.name}:{number}: {line.strip()}"
        for file in core_files
        for number, line in enumerate(file.text.splitlines(), 1)
        if PLUGIN_WORDS.search(line)
    ]

    assert named == []


def words_of(name: str) -> set[str]:
    """Returns the singular lower-case words of snake_case and CamelCase names."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return {word.lower() for word in words} | {word.lower().removesuffix("s") for word in words}


def defined_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value):
            yield node.attr


def is_self(node: ast.expr) -> bool:
    """Attributes of other objects were named by others: Flask's `permanent_session_lifetime`."""
    return isinstance(node, ast.Name) and node.id == "self"
