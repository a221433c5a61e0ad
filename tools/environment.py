"""Makes .venv and installs the locked packages, hashes checked: `environment.py run` or `environment.py dev`.

Needs nothing but a Python, and is written for old ones too, so that they can say which one is missing.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ("run.lock", "build.lock"), "dev": ("dev.lock",)}
WANTED = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")


def main(kind):
    use_recent_python()
    os.chdir(ROOT)
    if not is_usable():
        make_venv()
    install(kind)
    (VENV / (kind + ".stamp")).touch()


def use_recent_python():
    if sys.version_info >= WANTED:
        return
    for name in NEWER:
        if shutil.which(name):
            os.execvp(name, [name, *sys.argv])  # noqa: S606 -- the same program under a newer Python
    found = ".".join(str(part) for part in sys.version_info[:2])
    sys.exit("Polyclinic needs Python 3.11 or newer; python3 is " + found + ". Install one, or say make PYTHON=<path>.")


def is_usable():
    return (
        PYTHON.exists() and subprocess.call([str(PYTHON), "-c", "import pip, tomllib"], stderr=subprocess.DEVNULL) == 0
    )


def make_venv():
    if importlib.util.find_spec("ensurepip") is None:
        add_venv_support()
    say(f"Making .venv with Python {sys.version_info[0]}.{sys.version_info[1]}")
    run(sys.executable, "-m", "venv", "--clear", str(VENV))


def add_venv_support():
    """Debian keeps what `python3 -m venv` needs in a package of its own."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if not shutil.which("apt-get"):
        sys.exit("This Python lacks the module ensurepip: install the package that holds it, then run make again.")
    if os.geteuid() != 0:
        sys.exit("Python's venv support is missing. Run: sudo apt-get install " + package)
    say("Installing " + package + " with apt-get, because Python's venv support is missing")
    run("apt-get", "-qq", "update")
    run("apt-get", "-qq", "install", "--yes", "--no-install-recommends", package)


def install(kind):
    say(f"Installing the locked packages of requirements/{kind}.lock")
    locks = [part for name in LOCKS[kind] for part in ("--requirement", "requirements/" + name)]
    pip("--require-hashes", *locks)
    if kind == "run":
        say("Installing Polyclinic, its plugins and the browser files")
        plugins = sorted(str(path.parent) for path in Path("plugins").glob("*/pyproject.toml"))
        editables = [part for folder in [".", *plugins] for part in ("--editable", folder)]
        pip("--no-deps", "--no-build-isolation", *editables)


def pip(*arguments):
    run(str(PYTHON), "-m", "pip", "install", "-qq", "--no-compile", "--disable-pip-version-check", *arguments)


def run(*command):
    code = subprocess.call(command)
    if code != 0:
        sys.exit(code)


def say(text):
    print(text + " ...", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
