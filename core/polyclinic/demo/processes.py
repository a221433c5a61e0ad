"""The demo's child processes: started, waited for, and stopped without leaving one behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from polyclinic.kit.config import ConfigError

READY_SECONDS = 60
STOP_SECONDS = 25
HOST = "127.0.0.1"
_MAIN = "from polyclinic.cli.run import main; main()"


class ChildEnded(Exception):
    """A child process ended by itself; the text holds its last words and names its log."""


@dataclass
class Children:
    """Running children by name; each one writes its log to `<folder>/<name>.log`."""

    folder: Path
    environment: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *arguments: str) -> None:
        """Start `polyclinic <arguments>` out of reach of the terminal's Ctrl-C: we stop it ourselves."""
        with self._log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-c", _MAIN, *arguments],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise `ChildEnded` when one of them is gone."""
        for name, child in self.running.items():
            if child.poll() is not None:
                raise ChildEnded(f"The {name} process ended by itself: {_last_words(self._log(name))}")

    def stop(self) -> None:
        """Ask all to end, wait, and kill what does not."""
        for child in self.running.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.running.values():
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)  # each child leads a group of its own
                child.wait()
        self.running.clear()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def refuse_taken_port(port: int) -> None:
    """Raise `ConfigError` when the port of the demo is not free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"Port {port} cannot be used ({error.strerror}). Choose another one, for example: "
                f"make demo DEMO_PORT={port + 1 if port < 65535 else 8000}"
            ) from error


def wait_until_ready(children: Children, port: int) -> None:
    """Return when the server answers that it is ready; raises `ChildEnded` or `TimeoutError`."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        children.check()
        if _is_ready(port):
            return
        time.sleep(0.05)
    raise TimeoutError(f"The server did not answer within {READY_SECONDS} s. See the logs in {children.folder}.")


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return f"{lines[-1] if lines else 'it said nothing.'} See {log}."


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
