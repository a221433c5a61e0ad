"""Writes the generated files of the repository anew, or with --check says which are out of date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each takes --check: then it writes nothing and fails when its file differs.
GENERATORS = (
    (sys.executable, "core/frontend/bodychart/generate.py"),
    (sys.executable, "core/frontend/bodychart/drawings.py"),
    (sys.executable, "tools/generate_docs.py"),
)


def main(arguments: list[str]) -> int:
    """Returns the number of generators that failed."""
    return sum(subprocess.run([*command, *arguments], cwd=ROOT, check=False).returncode != 0 for command in GENERATORS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
