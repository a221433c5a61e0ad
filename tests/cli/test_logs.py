"""What goes wrong stands in the log, what people entered does not."""

import logging

import psycopg
import pytest
from sqlalchemy import create_engine, text

from polyclinic.cli.logs import configure_logs

ENTERED = "Maya Hartmann"


@pytest.fixture
def logs():
    root = logging.getLogger()
    before = root.handlers, root.level
    yield configure_logs
    root.handlers, root.level = before


@pytest.mark.parametrize("as_json", [True, False])
def test_error_of_the_database_is_logged_without_values(logs, capsys, database, as_json):
    engine = create_engine(database.urls.app.replace("postgresql://", "postgresql+psycopg://"), hide_parameters=True)
    logs(as_json=as_json)

    try:
        with engine.connect() as connection:
            connection.execute(text("CREATE TEMP TABLE probe (name text CHECK (name = 'x'))"))
            connection.execute(text("INSERT INTO probe VALUES (:name)"), {"name": ENTERED})
    except Exception:
        logging.getLogger("probe").exception("unhandled")
    engine.dispose()

    written = capsys.readouterr().out
    assert ENTERED not in written
    assert "CheckViolation: 23514 probe_name_check" in written
    assert "INSERT INTO probe VALUES" in written
    assert "test_logs.py" in written


def test_other_errors_are_logged_with_their_words_and_causes(logs, capsys):
    logs(as_json=True)

    try:
        look_up()
    except ValueError:
        logging.getLogger("probe").exception("unhandled")

    written = capsys.readouterr().out
    assert "ValueError: not this way" in written
    assert "caused by" in written
    assert "KeyError: 'missing'" in written


def look_up():
    try:
        return {}["missing"]
    except KeyError as error:
        raise ValueError("not this way") from error


def test_lost_connection_is_logged_by_its_kind(logs, capsys):
    logs(as_json=True)

    try:
        psycopg.connect("host=/nowhere dbname=none", connect_timeout=1)
    except psycopg.OperationalError:
        logging.getLogger("probe").exception("unhandled")

    assert "OperationalError" in capsys.readouterr().out
