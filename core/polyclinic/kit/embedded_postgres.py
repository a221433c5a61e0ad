"""A PostgreSQL server of our own for demo and tests, reached by a Unix socket alone."""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import pwd
import shutil
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from polyclinic.kit.embedded_postgres_programs import (
    USE_ANOTHER,
    EmbeddedPostgresError,
    PostgresPrograms,
    is_open_to,
    make_open_folders,
    postgres_account,
)

MAJOR = "18"
LOCK = "polyclinic.lock"
PORT = 5432  # names the socket only: every server has a socket folder of its own
RELOCATED_DATA = Path("/var/lib/polyclinic")
INITDB = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
)
SETTINGS = (
    *("listen_addresses=", "unix_socket_permissions=0700", f"port={PORT}", "timezone=UTC", "log_timezone=UTC"),
    *("max_connections=200", "shared_buffers=128MB"),
)
THROW_AWAY = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
    *("wal_level=minimal", "max_wal_senders=0", "checkpoint_timeout=1d", "max_wal_size=4GB"),
)


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server that this process owns until `stop()`, at the latest until it ends."""

    data_dir: Path
    socket_dir: Path
    port: int
    _lock: int = field(repr=False, compare=False)
    _owner_pid: int = field(default_factory=os.getpid, repr=False, compare=False)

    def admin_url(self, database: str = "postgres") -> str:
        """Returns the superuser's address of `database`, for making roles and databases, never for the application."""
        return f"postgresql://postgres@/{database}?host={self.socket_dir}&port={self.port}"

    def stop(self) -> None:
        """Ends open connections and shuts down cleanly; a second call, or one in a forked child, does nothing."""
        if os.getpid() != self._owner_pid or not self.socket_dir.exists():
            return
        cluster = _cluster(self.data_dir)
        try:
            PostgresPrograms.find().run("pg_ctl", "stop", "-D", str(cluster), "-m", "fast", "-w", "-s")
        except EmbeddedPostgresError:
            if _living_socket_dir(cluster) is not None:  # else it was killed: nothing is left to stop
                raise
        shutil.rmtree(self.socket_dir, ignore_errors=True)
        os.close(self._lock)
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_embedded_postgres(data_dir: Path, *, durable: bool = True) -> EmbeddedServer:
    """Returns a server on `data_dir`, which is created when missing; raises EmbeddedPostgresError.

    A server that a killed process left running is taken over. `durable=False` trades crash safety for speed.
    As root the data may live elsewhere (`resolve_data_dir`); the answer's `data_dir` says where.
    """
    programs = PostgresPrograms.find()
    data_dir = resolve_data_dir(data_dir)
    try:
        _refuse_foreign_files(data_dir)
        _own(data_dir, programs.account)
        lock = _lock(data_dir)
    except PermissionError as error:
        raise EmbeddedPostgresError(f"{data_dir} belongs to another user: remove it, or run as that user.") from error
    try:
        socket_dir = _start(programs, data_dir, durable=durable)
    except BaseException:
        os.close(lock)
        raise
    server = EmbeddedServer(data_dir, socket_dir, PORT, lock)
    atexit.register(server.stop)
    return server


def resolve_data_dir(wanted: Path) -> Path:
    """Returns where the data of `wanted` lives: elsewhere when root runs it as nobody, whom `wanted` is closed to."""
    wanted = wanted.absolute()
    account = postgres_account()
    parent = next(folder for folder in wanted.parents if folder.exists())
    if account is None or is_open_to(account, parent):
        return wanted
    return RELOCATED_DATA / hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]


def _refuse_foreign_files(data_dir: Path) -> None:
    if data_dir.exists() and any(data_dir.iterdir()) and not (data_dir / LOCK).exists():
        raise EmbeddedPostgresError(f"{data_dir} holds other files: name an empty folder for the database.")


def _own(folder: Path, account: pwd.struct_passwd | None) -> None:
    make_open_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _lock(data_dir: Path) -> int:
    """Returns the descriptor that keeps every other process off the data until it is closed."""
    descriptor = os.open(data_dir / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise EmbeddedPostgresError(f"Another process uses {data_dir}: stop it first. {USE_ANOTHER}") from error
    return descriptor


def _cluster(data_dir: Path) -> Path:
    return data_dir / "cluster"


def _start(programs: PostgresPrograms, data_dir: Path, *, durable: bool) -> Path:
    """Returns the socket folder of the server, found running or started."""
    cluster = _cluster(data_dir)
    if not cluster.exists():
        _initialise(programs, cluster)
    _refuse_other_major(data_dir)
    taken_over = _living_socket_dir(cluster)
    if taken_over is not None:
        return taken_over
    socket_dir = Path(tempfile.mkdtemp(prefix="polyclinic-", dir="/tmp"))  # TMPDIR may exceed the 107 bytes of a socket
    _own(socket_dir, programs.account)
    chosen = (*SETTINGS, *(() if durable else THROW_AWAY), f"unix_socket_directories={socket_dir}")
    options = " ".join(f"-c {setting}" for setting in chosen)
    log = data_dir / "server.log"
    try:
        programs.run("pg_ctl", "start", "-D", str(cluster), "-l", str(log), "-o", options, "-w", "-t", "60", "-s")
    except EmbeddedPostgresError as error:
        shutil.rmtree(socket_dir, ignore_errors=True)
        raise EmbeddedPostgresError(f"{error} The server's own words are in {log}.") from error
    return socket_dir


def _initialise(programs: PostgresPrograms, cluster: Path) -> None:
    scratch = cluster.with_name("cluster.new")
    shutil.rmtree(scratch, ignore_errors=True)  # what an interrupted attempt left
    _own(scratch, programs.account)
    programs.run("initdb", "-D", str(scratch), *INITDB)
    scratch.rename(cluster)


def _refuse_other_major(data_dir: Path) -> None:
    found = (_cluster(data_dir) / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != MAJOR:
        raise EmbeddedPostgresError(
            f"{data_dir} was made by PostgreSQL {found}, this is {MAJOR}. For a demo start afresh: make demo RESET=1. "
            f"To keep the data, dump it with PostgreSQL {found}'s pg_dumpall and load the dump into the new server."
        )


def _living_socket_dir(cluster: Path) -> Path | None:
    """Returns where the postmaster of exactly this cluster listens; a copied folder carries another one's pid file."""
    try:
        lines = [line.strip() for line in (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        return None
    if len(lines) < 8 or lines[1] != str(cluster) or lines[7] != "ready":
        return None
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(f"{lines[4]}/.s.PGSQL.{lines[3]}")
        except OSError:
            return None
    return Path(lines[4])
