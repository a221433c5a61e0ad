"""The demo's life: it starts, keeps its data, starts afresh when told to, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import signal
import socket
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from polyclinic.kit.embedded_postgres import LOCK, resolve_data_dir
from tests.demo.conftest import RunningDemo, StartDemo, processes_of, wait_until

ORGANISATIONS = ("Riverbend Massage", "Northlight Bodywork")
ROLES = ("chain_administrator", "front_desk", "therapist")


def key_of(demo: RunningDemo, content: dict, role: str = "chain_administrator") -> str:
    return next(
        item["key"] for item in content["api_keys"] if (item["organisation"], item["role"]) == (ORGANISATIONS[0], role)
    )


def test_json_names_every_way_in(start_demo: StartDemo, seeded: Path) -> None:
    demo = start_demo(seeded)

    content = demo.wait_until_ready()

    expected = [(organisation, role) for organisation in ORGANISATIONS for role in ROLES]
    assert sorted(content) == ["api_keys", "clinics", "sign_ins", "url"]
    assert content["url"] == f"http://127.0.0.1:{demo.port}"
    assert [(item["organisation"], item["role"]) for item in content["sign_ins"]] == expected
    assert [(item["organisation"], item["role"]) for item in content["api_keys"]] == expected
    assert {item["organisation"] for item in content["clinics"]} == set(ORGANISATIONS)
    for item in content["api_keys"]:
        assert demo.get("/api/v1/organisation", item["key"])["name"] == item["organisation"]
    for organisation in ORGANISATIONS:
        admin = next(i["key"] for i in content["api_keys"] if i["organisation"] == organisation)
        clinics = demo.get("/api/v1/clinics", admin)["data"]
        named = [{"id": c["id"], "name": c["name"], "organisation": organisation} for c in clinics]
        assert named == [item for item in content["clinics"] if item["organisation"] == organisation]
    for item in content["sign_ins"]:
        assert signs_in(content["url"], item["email"], item["password"]) == "/today"


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


def test_second_start_keeps_data_and_renews_keys(start_demo: StartDemo, seeded: Path) -> None:
    first = start_demo(seeded)
    before = first.wait_until_ready()
    clinic = {"name": "Riverbend Annexe", "time_zone": "Europe/London"}
    made = first.send("POST", "/api/v1/clinics", key_of(first, before), clinic)
    assert first.stop() == 0

    second = start_demo(seeded)
    after = second.wait_until_ready()

    assert {"id": made["id"], "name": "Riverbend Annexe", "organisation": ORGANISATIONS[0]} in after["clinics"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        second.get("/api/v1/me", key_of(first, before))


def test_reset_starts_afresh(start_demo: StartDemo, seeded: Path) -> None:
    first = start_demo(seeded)
    before = first.wait_until_ready()
    clinic = {"name": "Riverbend Pavilion", "time_zone": "Europe/London"}
    first.send("POST", "/api/v1/clinics", key_of(first, before), clinic)
    assert first.stop() == 0

    second = start_demo(seeded, {"RESET": "1"})
    after = second.wait_until_ready()

    assert "Riverbend Pavilion" not in [item["name"] for item in after["clinics"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_signal_leaves_no_process_and_no_lock(start_demo: StartDemo, seeded: Path, number: signal.Signals) -> None:
    demo = start_demo(seeded)
    demo.wait_until_ready()

    code = demo.stop(number)

    assert code == 0
    assert processes_of(seeded) == []
    data = resolve_data_dir(seeded / ".demo" / "postgres")
    assert not (data / "cluster" / "postmaster.pid").exists()
    with (data / LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_signal_while_data_are_made_leaves_nothing_half_made(start_demo: StartDemo, empty: Path) -> None:
    interrupted = start_demo(empty)
    interrupted.wait_for("clients:")
    assert interrupted.stop(signal.SIGTERM) == 0
    left_running = processes_of(empty)

    again = start_demo(empty)
    content = again.wait_until_ready()

    assert left_running == []
    assert len(content["clinics"]) == 4


def test_killed_demo_takes_its_children_along_and_starts_again(start_demo: StartDemo, seeded: Path) -> None:
    killed = start_demo(seeded)
    killed.wait_until_ready()
    killed.process.kill()
    killed.process.communicate()
    ended = wait_until(lambda: not [c for c in processes_of(seeded) if "polyclinic.cli.run" in c])

    again = start_demo(seeded)
    content = again.wait_until_ready()

    assert ended
    assert len(content["sign_ins"]) == 6


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


def test_second_demo_on_the_same_folder_is_refused(start_demo: StartDemo, seeded: Path) -> None:
    demo = start_demo(seeded)
    demo.wait_until_ready()

    other = start_demo(seeded)
    output, _ = other.process.communicate()

    assert other.process.returncode == 1
    assert "Another process uses" in output
