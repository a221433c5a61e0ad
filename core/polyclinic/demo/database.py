"""The demo's database: an embedded server in the data folder, or the one that DATABASE_URL names."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from polyclinic.demo.stopping import StopSignals
from polyclinic.kit.config import ConfigError
from polyclinic.kit.embedded_postgres import LOCK, resolve_data_dir, start_embedded_postgres
from polyclinic.kit.embedded_postgres_programs import EmbeddedPostgresError
from polyclinic.kit.migrations_folder import migrations_folder
from polyclinic.kit.provision import LOGIN_ROLES, DatabaseUrls, provision

DATABASE = "polyclinic_demo"
FOLDER = "postgres"


@dataclass(frozen=True)
class DemoDatabase:
    """A reachable, provisioned database; `admin_url` is empty when only the application's own logins are known."""

    urls: DatabaseUrls
    admin_url: str = ""


@contextmanager
def open_database(
    folder: Path, environment: Mapping[str, str], signals: StopSignals, *, reset: bool
) -> Iterator[DemoDatabase]:
    """Start or find the database and stop what was started; raises `ConfigError` or `EmbeddedPostgresError`."""
    if environment.get("DATABASE_URL") or environment.get("DATABASE_ADMIN_URL"):
        yield _external(environment, reset=reset)
        return
    data = folder / FOLDER
    if reset:
        remove_data(data)
    with signals.held():  # cut short, it would leave a server behind
        server = start_embedded_postgres(data)
    try:
        yield DemoDatabase(provision(server.admin_url(), DATABASE), server.admin_url(DATABASE))
    finally:
        server.stop()


def remove_data(data: Path) -> None:
    """Remove the embedded server's data; raises `EmbeddedPostgresError` while a demo runs on it."""
    home = resolve_data_dir(data)
    if not home.exists():
        return
    if _is_locked(home):
        raise EmbeddedPostgresError(f"A demo is running on {data}. Stop it first (Ctrl-C), then start afresh.")
    if (home / "cluster" / "postmaster.pid").exists():  # left running by a killed demo
        start_embedded_postgres(data).stop()
    shutil.rmtree(home)


def has_data(urls: DatabaseUrls, slugs: Collection[str]) -> bool:
    """Tell whether core's tables are at the newest revision and all these organisations are there.

    It looks at file names and two tables, so that a start with data is quick.
    """
    newest = max(path.name.partition("_")[0] for path in (migrations_folder() / "versions").glob("[0-9]*.py"))
    with psycopg.connect(urls.owner) as connection:
        tables = connection.execute("SELECT to_regclass('core_version') IS NOT NULL").fetchone()
        if tables is None or not tables[0]:
            return False
        versions = [row[0] for row in connection.execute("SELECT version_num FROM core_version").fetchall()]
        known = connection.execute("SELECT slug FROM organisation WHERE slug = ANY (%s)", (list(slugs),)).fetchall()
    return versions == [newest] and len(known) == len(slugs)


def _is_locked(home: Path) -> bool:
    lock = home / LOCK
    if not lock.exists():
        return False
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _external(environment: Mapping[str, str], *, reset: bool) -> DemoDatabase:
    """Use another server: DATABASE_ADMIN_URL (or a superuser's DATABASE_URL) makes roles and the database."""
    app_url = environment.get("DATABASE_URL", "")
    admin_url = environment.get("DATABASE_ADMIN_URL", "") or (app_url if _is_superuser(app_url) else "")
    if admin_url:
        name = _database_name(app_url or admin_url)
        if reset:
            _drop(admin_url, name)
        urls = _with_password(admin_url, provision(admin_url, name))
        return DemoDatabase(urls, make_conninfo(admin_url, dbname=name))
    if reset:
        raise ConfigError("RESET=1 needs DATABASE_ADMIN_URL: only an administrator may remove the database.")
    owner_url = environment.get("DATABASE_OWNER_URL", "")
    worker_url = environment.get("DATABASE_WORKER_URL", "")
    if not (owner_url and worker_url):
        raise ConfigError(
            "With DATABASE_URL give DATABASE_ADMIN_URL as well (a superuser's login), or both DATABASE_OWNER_URL and "
            "DATABASE_WORKER_URL. Unset DATABASE_URL to use the embedded database."
        )
    return DemoDatabase(DatabaseUrls(app=app_url, owner=owner_url, worker=worker_url))


def _is_superuser(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    except psycopg.OperationalError as error:
        raise ConfigError(f"The database of DATABASE_URL does not answer: {error}") from error
    return row is not None and bool(row[0])


def _database_name(url: str) -> str:
    name = str(conninfo_to_dict(url).get("dbname") or "")
    return DATABASE if name in {"", "postgres", "template1"} else name


def _drop(admin_url: str, name: str) -> None:
    with psycopg.connect(make_conninfo(admin_url, dbname="postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _with_password(admin_url: str, urls: DatabaseUrls) -> DatabaseUrls:
    """Return logins that the server accepts: one that asks for passwords gets one derived from the administrator's."""
    secret = str(conninfo_to_dict(admin_url).get("password") or "")
    if not secret or _accepts(urls.app):
        return urls
    password = hashlib.sha256(f"polyclinic demo roles:{secret}".encode()).hexdigest()
    named = DatabaseUrls(*(url.replace("@", f":{password}@", 1) for url in (urls.app, urls.owner, urls.worker)))
    if not _accepts(named.app):
        with psycopg.connect(admin_url, autocommit=True) as connection:
            for role in LOGIN_ROLES:
                statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
                connection.execute(statement)
    return named


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True
