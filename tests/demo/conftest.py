"""A demo that really runs: its own folder, a free port, stopped by signals like in a terminal."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from polyclinic.kit.embedded_postgres import resolve_data_dir

MAIN = "from polyclinic.cli.run import main; main()"
PATIENCE_SECONDS = 240
SCALE = "0.05"


@dataclass
class RunningDemo:
    """A demo process in a session of its own, and what it wrote for programs."""

    process: subprocess.Popen[str]
    folder: Path
    port: int

    @property
    def json_path(self) -> Path:
        """Return where DEMO_JSON points."""
        return self.folder / "demo.json"

    def wait_for(self, words: str) -> str:
        """Return the line that holds `words`; fails when the demo ends before."""
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if words in line:
                return line
        raise AssertionError(f"the demo ended without saying {words!r}:\n{''.join(seen)}")

    def wait_until_ready(self) -> dict[str, Any]:
        """Return the content of DEMO_JSON once the demo says that it is ready."""
        self.wait_for("Stop with Ctrl-C")
        content: dict[str, Any] = json.loads(self.json_path.read_text(encoding="utf-8"))
        return content

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode

    def get(self, path: str, key: str) -> Any:
        """Return the JSON of a REST path."""
        return self.send("GET", path, key)

    def send(self, method: str, path: str, key: str, body: Any = None, etag: str = "") -> Any:
        """Return the JSON that a REST request is answered with."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        if etag:
            headers["If-Match"] = etag
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read())


StartDemo = Callable[..., RunningDemo]


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(folder: Path, environment: Mapping[str, str] | None = None, **options: Any) -> RunningDemo:
    """Start the demo in `folder`; settings come by environment as they do from make."""
    port = free_port()
    own = {"DEMO_PORT": str(port), "DEMO_JSON": str(folder / "demo.json"), "DEMO_SCALE": SCALE}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "POLYCLINIC_"))}
    process = subprocess.Popen(
        [options.pop("python", sys.executable), "-c", MAIN, "demo"],
        cwd=folder,
        env={**inherited, "PYTHONUNBUFFERED": "1", **own, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )
    return RunningDemo(process, folder, port)


@pytest.fixture(scope="module")
def start_demo() -> Iterator[StartDemo]:
    """Return `start`; what is left running at the end is stopped."""
    started: list[RunningDemo] = []

    def make(folder: Path, environment: Mapping[str, str] | None = None, **options: Any) -> RunningDemo:
        started.append(start(folder, environment, **options))
        return started[-1]

    yield make
    for demo in started:
        if demo.process.poll() is None:
            demo.stop(signal.SIGTERM)


@pytest.fixture
def empty() -> Iterator[Path]:
    """Return an empty folder that every account may enter."""
    folder = new_folder()
    yield folder
    remove(folder)


def new_folder() -> Path:
    """Return a new folder that PostgreSQL's account may enter, too."""
    folder = Path(tempfile.mkdtemp(prefix="polyclinic-demo-"))
    folder.chmod(0o755)
    return folder


def remove(folder: Path) -> None:
    """Remove a demo's folder, and its data where root keeps them elsewhere."""
    shutil.rmtree(resolve_data_dir(folder / ".demo" / "postgres"), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of living processes that name or work in the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            works_in = (entry / "cwd").readlink()
        except OSError:
            continue
        if str(folder) in command or works_in == folder:
            found.append(command)
    return found


def wait_until(claim: Callable[[], bool], within: float = 30) -> bool:
    """Return whether the claim came true in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(0.05)
    return claim()
