"""The tutorial shows the example plugin to the letter; `test_wheels` runs that plugin."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from polyclinic.cli.run import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "plugins"
EXAMPLE = ROOT / "plugins" / "example" / "aftercare"
FILE = re.compile(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ polyclinic (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([\w./-]+\.md)")
PAGES = sorted(path.name for path in DOCS.glob("*.md"))


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    """Return the files that the tutorial shows; what it shows in parts is one file."""
    parts = defaultdict(list)
    for name, text in FILE.findall((DOCS / "tutorial.md").read_text("utf-8")):
        parts[name].append(text)
    return {name: "\n\n".join(texts) for name, texts in parts.items()}


def test_tutorial_shows_every_file_of_the_example_as_it_is(shown):
    files = [path for path in EXAMPLE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert shown == {
        path.relative_to(EXAMPLE).as_posix(): path.read_text("utf-8") for path in files if path.name != "README.md"
    }


def test_example_is_short(shown):
    assert sum(text.count("\n") for name, text in shown.items() if name.endswith(".py")) < 150


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_the_guides_exist(page):
    for command in COMMAND.findall((DOCS / page).read_text("utf-8")):
        words = [word for word in command.split() if not word.startswith(("-", "reed"))]
        done = CliRunner().invoke(main, [*words[:2], "--help"])
        options = re.findall(r"--[\w-]+", command)

        assert (done.exit_code, [option for option in options if option not in done.output]) == (0, [])


@pytest.mark.parametrize("page", PAGES)
def test_guides_link_to_pages_that_exist(page):
    links = LINK.findall((DOCS / page).read_text("utf-8"))

    assert [link for link in links if not (DOCS / link).is_file()] == []


def test_index_links_every_guide():
    links = LINK.findall((DOCS / "README.md").read_text("utf-8"))

    assert sorted(set(PAGES) - {"README.md"} - set(links)) == []
