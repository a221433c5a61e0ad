"""The real server for faults: `polyclinic serve` on a free port of loopback, with workers that can be killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyclinic.kit.embedded_postgres import EmbeddedServer, start_embedded_postgres
from polyclinic.kit.embedded_postgres_programs import PostgresPrograms
from polyclinic.testing.databases import build_template

START_SECONDS = 60
STOP_SECONDS = 2
SERVE = "import sys; sys.argv[1:] = ['serve']; from polyclinic.cli.run import main; main()"
UNLIMITED = str(10**9)


class ServerDied(Exception):
    """A server did not start; the text holds what it wrote."""


@dataclass(frozen=True)
class Answer:
    """One answer of a server."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.body)


@dataclass
class Caller:
    """One keep-alive connection with an API key; not shared between threads. A broken one is opened anew."""

    port: int
    token: str
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def get(self, path: str) -> Answer:
        """Send GET; raises `OSError` when the connection breaks."""
        return self._send("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Answer:
        """Send POST with an Idempotency-Key if one is given; raises `OSError` when the connection breaks."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        return self._send("POST", path, json.dumps(body), headers)

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            self._connection.request(method, path, body, {"Authorization": f"Bearer {self.token}", **headers})
            response = self._connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ConnectionError(str(error)) from error


@dataclass(frozen=True)
class GunicornServer:
    """A running `polyclinic serve`."""

    port: int
    process: subprocess.Popen[bytes]

    def caller(self, token: str) -> Caller:
        """Return a connection of its own for one thread."""
        return Caller(self.port, token)

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text(encoding="ascii").split()]


@contextmanager
def gunicorn_server(database_url: str, folder: Path, *, workers: int = 2, threads: int = 4) -> Iterator[GunicornServer]:
    """Serve the database's application until the block ends; its log goes to a file in `folder`."""
    port = free_port()
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            env=_environment(database_url, port, workers, threads),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_until_ready(port, process, log)
            yield GunicornServer(port, process)
        finally:
            _stop(process)


@dataclass(frozen=True)
class RestartablePostgres:
    """A durable PostgreSQL of its own, with the template database, that may be stopped in the middle of work."""

    server: EmbeddedServer

    @property
    def admin_url(self) -> str:
        """Return the administrator's address."""
        return self.server.admin_url()

    def restart(self, mode: str) -> None:
        """Stop with `fast` (tell everybody) or `immediate` (a crash) and start again; returns when it answers."""
        log = str(self.server.data_dir / "restart.log")
        cluster = str(self.server.data_dir / "cluster")
        PostgresPrograms.find().run("pg_ctl", "restart", "-D", cluster, "-m", mode, "-l", log, "-w", "-s")


@contextmanager
def restartable_postgres() -> Iterator[RestartablePostgres]:
    """Run a PostgreSQL that nobody else uses."""
    with tempfile.TemporaryDirectory(prefix="polyclinic-restart-") as folder:
        Path(folder).chmod(0o755)
        with start_embedded_postgres(Path(folder) / "data") as server:
            build_template(server.admin_url())
            yield RestartablePostgres(server)


def free_port() -> int:
    """Return a port of loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(database_url: str, port: int, workers: int, threads: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POLYCLINIC_", "DATABASE_"))}
    return kept | {
        "DATABASE_URL": database_url,
        "POLYCLINIC_BIND": f"127.0.0.1:{port}",
        "POLYCLINIC_WORKERS": str(workers),
        "POLYCLINIC_THREADS": str(threads),
        "POLYCLINIC_ACCESS_LOG": "0",
        "POLYCLINIC_REQUESTS_PER_MINUTE": UNLIMITED,
        "POLYCLINIC_END_WITH_PARENT": str(os.getpid()),
    }


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            if Caller(port, "").get("/healthz").status == 200:
                return
        time.sleep(0.05)
    raise ServerDied(f"The server did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)  # at once: connections that are kept open are not waited for
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the group that it leads: its workers and nobody else
        process.wait(STOP_SECONDS)
