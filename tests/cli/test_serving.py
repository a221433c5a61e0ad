"""The long-running commands refuse logins that see too much or may too little, and say what to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from gunicorn.config import Config as GunicornConfig

from polyclinic.cli import gunicorn_settings
from polyclinic.cli.gunicorn_logs import StructuredLogger
from polyclinic.cli.logs import configure_logs
from polyclinic.cli.serve import serve
from polyclinic.cli.worker import worker
from polyclinic.kit.provision import urls_of
from polyclinic.testing.databases import TestDatabase


def test_server_refuses_a_superuser(database: TestDatabase) -> None:
    url = urls_of(database.admin_url, database.name).app.replace("polyclinic_app@", "postgres@")

    result = CliRunner().invoke(serve, env={"DATABASE_URL": url})

    assert result.exit_code == 1
    assert "The database login postgres could see past row security." in result.output


def test_server_refuses_the_owner(database: TestDatabase) -> None:
    result = CliRunner().invoke(serve, env={"DATABASE_URL": database.urls.owner})

    assert result.exit_code == 1
    assert "The database login polyclinic_owner could see past row security." in result.output


def test_server_names_the_missing_setting() -> None:
    result = CliRunner().invoke(serve, env={"DATABASE_URL": ""})

    assert result.exit_code == 1
    assert "DATABASE_URL is not set." in result.output


def test_worker_refuses_the_login_of_the_application(database: TestDatabase) -> None:
    result = CliRunner().invoke(worker, env={"DATABASE_URL": database.urls.app, "DATABASE_WORKER_URL": ""})

    assert result.exit_code == 1
    assert "Give DATABASE_WORKER_URL the login polyclinic_worker" in result.output


def test_worker_refuses_the_owner(database: TestDatabase) -> None:
    env = {"DATABASE_URL": database.urls.app, "DATABASE_WORKER_URL": database.urls.owner}

    result = CliRunner().invoke(worker, env=env)

    assert result.exit_code == 1
    assert "The database login polyclinic_owner could see past row security." in result.output


def test_worker_ends_when_the_queue_is_empty(fresh_database: TestDatabase) -> None:
    env = {"DATABASE_URL": fresh_database.urls.app, "DATABASE_WORKER_URL": fresh_database.urls.worker}

    result = CliRunner().invoke(worker, ["--once"], env=env)

    assert (result.exit_code, result.exception) == (0, None)


def test_server_listens_on_this_machine_alone_by_default() -> None:
    assert gunicorn_settings.bind == "127.0.0.1:8000"


@pytest.fixture
def quiet_logging() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


def test_access_log_leaves_out_what_was_searched_for(quiet_logging: None, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(as_json=True)
    settings = GunicornConfig()
    settings.set("accesslog", "-")
    response = SimpleNamespace(status_code=200, sent=12, headers=[("X-Request-Id", "abc")])
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/clients",
        "QUERY_STRING": "q=Okafor",
        "RAW_URI": "/clients?q=Okafor",
        "REMOTE_ADDR": "127.0.0.1",
    }

    StructuredLogger(settings).access(response, None, environ, timedelta(milliseconds=8))

    event = json.loads(capsys.readouterr().out)
    event.pop("timestamp")
    assert event == {
        "event": "request",
        "level": "info",
        "logger": "polyclinic.access",
        "method": "GET",
        "path": "/clients",
        "status": 200,
        "bytes": 12,
        "ms": 8.0,
        "ip": "127.0.0.1",
        "request_id": "abc",
    }
