"""The demo from start to stop. It loads little by itself, so that a start with data answers within two seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from polyclinic.demo.database import DemoDatabase, has_data, open_database
from polyclinic.demo.plan import CHAINS
from polyclinic.demo.processes import HOST, Children, refuse_taken_port, wait_until_ready
from polyclinic.demo.stopping import StopSignals

if TYPE_CHECKING:
    from polyclinic.demo.access import DemoAccess

CHECK_SECONDS = 0.5
_NOT_FOR_CHILDREN = frozenset({"DATABASE_ADMIN_URL", "DATABASE_OWNER_URL"})


@dataclass(frozen=True)
class Wishes:
    """What the visitor asked for."""

    port: int
    folder: Path
    json_path: Path | None
    reset: bool
    scale: float

    @property
    def url(self) -> str:
        """Return the address of the demo."""
        return f"http://{HOST}:{self.port}"

    @property
    def audit_key(self) -> Path:
        """Return the file of the key that seals the demo's audit trail."""
        return self.folder / "audit.key"


def run(wishes: Wishes, environment: Mapping[str, str], signals: StopSignals) -> None:
    """Run the demo until a signal raises `KeyboardInterrupt`; leaves no process behind.

    Raises `ConfigError`, `EmbeddedPostgresError`, `ChildEnded` or `TimeoutError` with what to do about it.
    """
    refuse_taken_port(wishes.port)
    if wishes.json_path:
        wishes.json_path.unlink(missing_ok=True)  # an old one would send its readers to dead keys
    wishes.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (
        open_database(wishes.folder, environment, signals, reset=wishes.reset) as database,
        _children(wishes, database, environment) as children,
    ):
        access = _start(wishes, database, children)
        wait_until_ready(children, wishes.port)
        _tell(wishes, access)
        while True:
            time.sleep(CHECK_SECONDS)
            children.check()


def _start(wishes: Wishes, database: DemoDatabase, children: Children) -> DemoAccess:
    """Start the processes and bring the data up to date; with data, the server starts first."""
    is_known = has_data(database.urls, [plan.slug for plan in CHAINS])
    if is_known:
        children.start("web", "serve")
    from polyclinic.demo.preparing import ensure_audit_key, prepare  # noqa: PLC0415 -- slow import, meanwhile the server starts

    access = prepare(database.urls, wishes.scale, is_known=is_known)
    ensure_audit_key(wishes.audit_key)
    if not is_known:
        children.start("web", "serve")
    children.start("worker", "worker")
    return access


def _tell(wishes: Wishes, access: DemoAccess) -> None:
    from polyclinic.demo.access import table_of, write_json  # noqa: PLC0415 -- slow import

    if wishes.json_path:
        write_json(wishes.json_path, wishes.url, access)
    lines = [f"Polyclinic is ready: {wishes.url}", "", *(f"  {line}" for line in table_of(access)), ""]
    lines.append("Stop with Ctrl-C. The data stay for the next time; RESET=1 starts afresh.")
    print("\n" + "\n".join(lines), flush=True)  # noqa: T201 -- the answer of the command


@contextmanager
def _children(wishes: Wishes, database: DemoDatabase, environment: Mapping[str, str]) -> Iterator[Children]:
    settings = {
        "DATABASE_URL": database.urls.app,
        "DATABASE_WORKER_URL": database.urls.worker,
        "POLYCLINIC_BIND": f"{HOST}:{wishes.port}",
        "POLYCLINIC_DEMO": "1",
        "POLYCLINIC_SECURE_COOKIES": "0",
        "POLYCLINIC_IDLE_MINUTES": "240",
        "POLYCLINIC_REQUESTS_PER_MINUTE": "600000",
        "POLYCLINIC_AUDIT_KEY": str(wishes.audit_key),
        "POLYCLINIC_END_WITH_PARENT": str(os.getpid()),
    }
    passed = {name: value for name, value in environment.items() if name not in _NOT_FOR_CHILDREN}
    children = Children(wishes.folder, {**passed, **settings})
    try:
        yield children
    finally:
        children.stop()
