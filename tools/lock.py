"""Pins every dependency with its hashes in requirements/: no address, no path of the machine that ran it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"),
    *("--no-emit-index-url", "--no-emit-find-links"),
)
LOCKS = {
    "run.lock": ("pyproject.toml",),
    "build.lock": ("--group", "build"),
    "dev.lock": ("pyproject.toml", "--group", "build", "--group", "dev", "--constraint", "requirements/run.lock"),
}


def main() -> None:
    upgrade = ["--upgrade"] if os.environ.get("UPGRADE") else []
    for name, sources in LOCKS.items():
        target = f"requirements/{name}"
        command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *upgrade, *sources, "--output-file", target]
        subprocess.run(command, cwd=ROOT, check=True)
        if re.search(r"://|^-|file:", (ROOT / target).read_text(encoding="utf-8"), re.MULTILINE):
            sys.exit(f"{target} holds an address or an option: it would work on this machine alone.")
        print(f"Pinned {target}")


if __name__ == "__main__":
    main()
