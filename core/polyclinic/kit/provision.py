"""Database roles: none bypasses row security; the app is neither owner nor able to create."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from polyclinic.kit.config import ConfigError

LOGIN_ROLES = ("polyclinic_owner", "polyclinic_app", "polyclinic_worker", "polyclinic_backup")
GROUP_ROLES = ("polyclinic_search",)
MINIMUM_VERSION = 170000

_LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
}


@dataclass(frozen=True)
class DatabaseUrls:
    """The three logins of one database."""

    app: str
    owner: str
    worker: str


def provision(admin_url: str, database: str) -> DatabaseUrls:
    """Create roles and the database `database` where missing and return its logins.

    `admin_url` must be able to create roles (a superuser of the server). Raises `ConfigError` below PostgreSQL 17.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if connection.info.server_version < MINIMUM_VERSION:
            raise ConfigError("Polyclinic needs PostgreSQL 17 or newer. Upgrade the server or unset DATABASE_URL.")
        create_roles(connection)
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER polyclinic_owner").format(sql.Identifier(database)))
    with psycopg.connect(admin_url, dbname=database, autocommit=True) as connection:
        prepare_database(connection)
    return urls_of(admin_url, database)


def create_roles(connection: psycopg.Connection) -> None:
    """Create the cluster-wide roles where they are missing."""
    known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
    for role in (*GROUP_ROLES, *LOGIN_ROLES):
        if role not in known:
            login = "LOGIN" if role in LOGIN_ROLES else "NOLOGIN"
            connection.execute(
                sql.SQL("CREATE ROLE {} " + login + " NOSUPERUSER NOBYPASSRLS NOCREATEDB").format(sql.Identifier(role))
            )
    connection.execute("GRANT polyclinic_search TO polyclinic_owner")
    _let_owner_create_roles(connection)
    for setting, value in _LIMITS.items():
        connection.execute(
            sql.SQL("ALTER ROLE polyclinic_app SET {} = {}").format(sql.Identifier(setting), sql.Literal(value))
        )


def _let_owner_create_roles(connection: psycopg.Connection) -> None:
    """Each plugin has a role of its own, made when it is installed; a server that forbids it works without."""
    with contextlib.suppress(errors.InsufficientPrivilege):
        connection.execute("ALTER ROLE polyclinic_owner CREATEROLE")


def prepare_database(connection: psycopg.Connection) -> None:
    """Install the extensions and take CREATE in `public` away from everybody but the owner."""
    for extension in ("btree_gist", "pg_trgm", "unaccent"):
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    connection.execute("GRANT USAGE ON SCHEMA public TO polyclinic_app, polyclinic_worker, polyclinic_backup")
    connection.execute("GRANT USAGE, CREATE ON SCHEMA public TO polyclinic_owner, polyclinic_search")
    name = connection.info.dbname
    connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO polyclinic_owner").format(sql.Identifier(name)))


def urls_of(admin_url: str, database: str) -> DatabaseUrls:
    """Return the logins that belong to an administrator's address."""
    parts = {key: str(value) for key, value in conninfo_to_dict(admin_url).items() if value is not None}
    parts.pop("password", None)

    def login(role: str) -> str:
        host, port = parts.get("host", ""), parts.get("port", "5432")
        if host.startswith("/"):
            return f"postgresql://{role}@/{database}?host={host}&port={port}"
        return f"postgresql://{role}@{host}:{port}/{database}"

    return DatabaseUrls(app=login("polyclinic_app"), owner=login("polyclinic_owner"), worker=login("polyclinic_worker"))


def refuse_powerful_role(connection: psycopg.Connection) -> None:
    """Raise `ConfigError` when the login could see past row security (superuser, owner or BYPASSRLS)."""
    row = connection.execute(
        "SELECT rolname, rolsuper OR rolbypassrls OR pg_has_role(current_user, 'polyclinic_owner', 'MEMBER') "
        "FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row is None or row[1]:
        name = row[0] if row else "unknown"
        raise ConfigError(
            f"The database login {name} could see past row security. Use the role polyclinic_app in DATABASE_URL "
            "and keep the owner's login in DATABASE_OWNER_URL."
        )
