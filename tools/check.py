"""Runs every static check and reports all that fail, not only the first."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS = {
    "style": (BIN / "ruff", "check", "--quiet"),
    "format": (BIN / "ruff", "format", "--check", "--quiet"),
    "types": (BIN / "mypy",),
    "layers": (BIN / "lint-imports", "--no-logo"),
    "generated files": (sys.executable, ROOT / "tools" / "generate.py", "--check"),
}


def main() -> int:
    """Returns the number of checks that failed."""
    return sum(not passes(name, command) for name, command in CHECKS.items())


def passes(name: str, command: tuple[str | Path, ...]) -> bool:
    started = time.monotonic()
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    verdict = "ok" if result.returncode == 0 else "FAILED"
    print(f"check {name:16} {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
    if result.returncode != 0:
        print(result.stdout)
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
