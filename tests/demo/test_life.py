"""The demo's life: it starts, keeps its data, starts afresh when told to, and leaves nothing behind.

A start takes seconds: one folder lives through five of them, each fixture notes what its start showed.
"""

from __future__ import annotations

import fcntl
import signal
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from polyclinic.kit.embedded_postgres import LOCK, resolve_data_dir
from tests.demo.conftest import RunningDemo, StartDemo, new_folder, processes_of, remove, wait_until

ORGANISATIONS = ("Riverbend Massage", "Northlight Bodywork")
ROLES = ("chain_administrator", "front_desk", "therapist")
ANNEXE = {"name": "Riverbend Annexe", "time_zone": "Europe/London"}


@dataclass(frozen=True)
class Ending:
    """What a stopped demo left behind."""

    code: int
    processes: list[str]
    has_pid_file: bool
    is_locked: bool


@dataclass
class Life:
    """One start: what DEMO_JSON said, what was asked and answered, how it ended."""

    demo: RunningDemo
    content: dict[str, Any]
    seen: dict[str, Any] = field(default_factory=dict)
    ending: Ending | None = None

    def key_of(self, organisation: str = ORGANISATIONS[0], role: str = "chain_administrator") -> str:
        """Return a key by organisation and role."""
        keys = self.content["api_keys"]
        return next(item["key"] for item in keys if (item["organisation"], item["role"]) == (organisation, role))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Return the folder in which the demo lives."""
    made = new_folder()
    yield made
    remove(made)


@pytest.fixture(scope="module")
def left_by_interruption(start_demo: StartDemo, folder: Path) -> list[str]:
    """Return the processes that a demo left which was stopped while it made its data."""
    interrupted = start_demo(folder)
    interrupted.wait_for("clients:")
    assert interrupted.stop(signal.SIGTERM) == 0
    return processes_of(folder)


@pytest.fixture(scope="module")
def first(start_demo: StartDemo, folder: Path, left_by_interruption: list[str]) -> Life:
    """Return the start that makes the data; it is asked everything, gets a clinic and is stopped by Ctrl-C."""
    del left_by_interruption
    demo = start_demo(folder)
    life = Life(demo, demo.wait_until_ready())
    keys = life.content["api_keys"]
    life.seen["organisations"] = [demo.get("/api/v1/organisation", item["key"])["name"] for item in keys]
    life.seen["clinics"] = {
        organisation: demo.get("/api/v1/clinics", life.key_of(organisation))["data"] for organisation in ORGANISATIONS
    }
    life.seen["signed_in"] = [
        signs_in(life.content["url"], item["email"], item["password"]) for item in life.content["sign_ins"]
    ]
    second = start_demo(folder)
    life.seen["second_output"], _ = second.process.communicate()
    life.seen["second_code"] = second.process.returncode
    life.seen["made"] = demo.send("POST", "/api/v1/clinics", life.key_of(), ANNEXE)
    life.ending = ended(life, signal.SIGINT)
    return life


@pytest.fixture(scope="module")
def second(start_demo: StartDemo, folder: Path, first: Life) -> Life:
    """Return the next start, which is killed."""
    demo = start_demo(folder)
    life = Life(demo, demo.wait_until_ready())
    try:
        life.seen["old_key"] = demo.get("/api/v1/me", first.key_of())
    except urllib.error.HTTPError as refusal:
        life.seen["old_key"] = refusal.code
    demo.process.kill()
    demo.process.communicate()
    life.seen["children_ended"] = wait_until(lambda: not [c for c in processes_of(folder) if "polyclinic.cli.run" in c])
    return life


@pytest.fixture(scope="module")
def third(start_demo: StartDemo, folder: Path, second: Life) -> Life:
    """Return the start after the kill, which SIGTERM ends."""
    del second
    demo = start_demo(folder)
    life = Life(demo, demo.wait_until_ready())
    life.ending = ended(life, signal.SIGTERM)
    return life


@pytest.fixture(scope="module")
def afresh(start_demo: StartDemo, folder: Path, third: Life) -> Life:
    """Return the start that was told to begin anew."""
    del third
    demo = start_demo(folder, {"RESET": "1"})
    life = Life(demo, demo.wait_until_ready())
    life.ending = ended(life, signal.SIGINT)
    return life


def ended(life: Life, number: signal.Signals) -> Ending:
    """Stop the demo and return what it left."""
    code = life.demo.stop(number)
    data = resolve_data_dir(life.demo.folder / ".demo" / "postgres")
    return Ending(
        code, processes_of(life.demo.folder), (data / "cluster" / "postmaster.pid").exists(), is_locked(data / LOCK)
    )


def is_locked(path: Path) -> bool:
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def signs_in(url: str, email: str, password: str) -> str:
    class KeepRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_arguments: object) -> None:
            return None

    opener = urllib.request.build_opener(KeepRedirect, urllib.request.HTTPCookieProcessor(CookieJar()))
    form = urllib.parse.urlencode({"email": email, "password": password}).encode()
    try:
        with opener.open(f"{url}/sign-in", form, timeout=30) as response:
            return f"{response.status} without redirect"
    except urllib.error.HTTPError as answer:
        return answer.headers["Location"] or f"{answer.code}"


def test_signal_while_data_are_made_leaves_nothing_half_made(left_by_interruption: list[str], first: Life) -> None:
    assert left_by_interruption == []
    assert len(first.content["clinics"]) == 4


def test_json_names_every_way_in(first: Life) -> None:
    content = first.content

    expected = [(organisation, role) for organisation in ORGANISATIONS for role in ROLES]
    assert sorted(content) == ["api_keys", "clinics", "sign_ins", "url"]
    assert content["url"] == f"http://127.0.0.1:{first.demo.port}"
    assert [(item["organisation"], item["role"]) for item in content["sign_ins"]] == expected
    assert [(item["organisation"], item["role"]) for item in content["api_keys"]] == expected
    assert {item["organisation"] for item in content["clinics"]} == set(ORGANISATIONS)
    assert first.seen["organisations"] == [item["organisation"] for item in content["api_keys"]]
    for organisation, clinics in first.seen["clinics"].items():
        named = [{"id": c["id"], "name": c["name"], "organisation": organisation} for c in clinics]
        assert named == [item for item in content["clinics"] if item["organisation"] == organisation]
    assert first.seen["signed_in"] == ["/today"] * len(expected)


def test_second_demo_on_the_same_folder_is_refused(first: Life) -> None:
    assert first.seen["second_code"] == 1
    assert "Another process uses" in first.seen["second_output"]


def test_second_start_keeps_data_and_renews_keys(first: Life, second: Life) -> None:
    made = {"id": first.seen["made"]["id"], "name": ANNEXE["name"], "organisation": ORGANISATIONS[0]}

    assert made in second.content["clinics"]
    assert second.seen["old_key"] == 401


def test_killed_demo_takes_its_children_along_and_starts_again(second: Life, third: Life) -> None:
    assert second.seen["children_ended"]
    assert len(third.content["sign_ins"]) == 6


def test_reset_starts_afresh(third: Life, afresh: Life) -> None:
    assert ANNEXE["name"] in [item["name"] for item in third.content["clinics"]]
    assert ANNEXE["name"] not in [item["name"] for item in afresh.content["clinics"]]


@pytest.mark.parametrize("life", ["first", "third"], ids=["SIGINT", "SIGTERM"])
def test_stop_signal_leaves_no_process_and_no_lock(life: str, request: pytest.FixtureRequest) -> None:
    ending = request.getfixturevalue(life).ending

    assert ending == Ending(0, [], has_pid_file=False, is_locked=False)


def test_taken_port_is_named_with_the_remedy(start_demo: StartDemo, empty: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        demo = start_demo(empty, {"DEMO_PORT": str(port)})
        output, _ = demo.process.communicate()

    assert demo.process.returncode == 1
    assert f"Port {port} cannot be used (Address already in use)" in output
    assert "DEMO_PORT=" in output
    assert list(empty.iterdir()) == []
