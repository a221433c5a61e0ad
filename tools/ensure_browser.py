"""Makes sure that the browser tests find a Chromium, or says plainly that they will be left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-headless-shell", "google-chrome")
PACKAGES = ("chromium-headless-shell", "chromium")


def main() -> int:
    """Returns the exit code: 1 where --required or continuous integration insists on a browser and none is there."""
    found = find_chromium() or (install() if may_install() else None)
    if found:
        return 0
    print("*** No Chromium: the browser tests are left out. ***")
    print("Install chromium or google-chrome, or set POLYCLINIC_CHROMIUM to the program's path.")
    return 1 if "--required" in sys.argv or os.environ.get("CI") == "true" else 0


def find_chromium() -> str | None:
    named = os.environ.get("POLYCLINIC_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def may_install() -> bool:
    release = Path("/etc/os-release")
    is_debian = release.is_file() and "\nID=debian\n" in f"\n{release.read_text(encoding='utf-8')}"
    return (
        is_debian
        and shutil.which("apt-get") is not None
        and os.geteuid() == 0
        and ("--required" in sys.argv or os.environ.get("BROWSER") != "no")
    )


def install() -> str | None:
    for package in PACKAGES:
        print(f"Installing {package} with apt-get for the browser tests (BROWSER=no opts out) ...", flush=True)
        subprocess.run(["apt-get", "-qq", "update"], check=False)
        subprocess.run(["apt-get", "-qq", "install", "--yes", "--no-install-recommends", package], check=False)
        if found := find_chromium():
            return found
    return None


if __name__ == "__main__":
    sys.exit(main())
