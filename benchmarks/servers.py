"""Starts the two targets under the same gunicorn settings and stops exactly the processes it started."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import descendants

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
START_SECONDS = 30
STOP_SECONDS = 10
LOG_SHOWN = 4_000
UNLIMITED = str(10**9)

PRODUCT = (str(BIN / "polyclinic"), "serve")
CEILING = (
    *(sys.executable, "-m", "gunicorn", "--config", "python:benchmarks.ceiling.gunicorn_settings"),
    "benchmarks.ceiling.program:application",
)


class ServerDied(Exception):
    """A target did not come up; the text holds what it wrote."""


@dataclass(frozen=True)
class Server:
    """A running target."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def pids(self) -> list[int]:
        """Return the gunicorn master and its workers."""
        return descendants(self.process.pid)


@contextmanager
def running(name: str, command: tuple[str, ...], database_url: str, folder: Path) -> Iterator[Server]:
    """Run a target on a free loopback port until the block ends; its output goes to a file in `folder`."""
    port = _free_port()
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # its own session: Ctrl-C reaches us alone, and we stop it
            command,
            cwd=ROOT,
            env=_environment(database_url, port),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_until_open(name, port, process, log)
            yield Server(name, port, process)
        except Exception:
            print(f"{name} wrote last:\n{log.read_text(errors='replace')[-LOG_SHOWN:]}", file=sys.stderr)
            raise
        finally:
            _stop(process)


def _environment(database_url: str, port: int) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("POLYCLINIC_", "DATABASE_"))}
    return kept | {
        "DATABASE_URL": database_url,
        "POLYCLINIC_BIND": f"127.0.0.1:{port}",
        "POLYCLINIC_WORKERS": "2",
        "POLYCLINIC_THREADS": "4",
        "POLYCLINIC_ACCESS_LOG": "0",
        "POLYCLINIC_LOG": "text",
        "POLYCLINIC_POOL_TIMEOUT": "10",
        "POLYCLINIC_REQUESTS_PER_MINUTE": UNLIMITED,
        "POLYCLINIC_END_WITH_PARENT": str(os.getpid()),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_open(name: str, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise ServerDied(f"{name} did not start:\n{log.read_text(errors='replace')[-LOG_SHOWN:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the master, which ends its workers; what does not listen is killed by its id."""
    if process.poll() is not None:
        return
    started = descendants(process.pid)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for pid in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        process.wait(STOP_SECONDS)
