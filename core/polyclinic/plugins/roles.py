"""One database role for each plugin: it reads the published views, writes its own schema and touches nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import structlog
from psycopg import errors, sql
from sqlalchemy import Connection, text

from polyclinic.plugins.views import SCHEMA as PUBLISHED

LOGINS = ("polyclinic_app", "polyclinic_worker")
ATTEMPTS = 5
NOTICE = (
    "Role switching is off for {plugins}: the database's owner may not create roles, so their SQL runs with the "
    "application's own rights. Give polyclinic_owner CREATEROLE and run `polyclinic db upgrade`."
)

_log = structlog.get_logger(__name__)

_WITHOUT_ROLE = (
    "SELECT plugin_id FROM public.plugin_installation WHERE state = 'installed' AND NOT "
    "coalesce(pg_has_role(session_user, to_regrole('plugin_' || plugin_id), 'SET'), false) ORDER BY 1"
)


def role_of(plugin_id: str) -> str:
    """Return the name of the plugin's role."""
    return f"plugin_{plugin_id}"


def ensure_role(owner: psycopg.Connection, plugin_id: str) -> bool:
    """Make the plugin's role, which the application's logins may take on; tell whether it is there.

    Roles belong to the whole server, so another database's upgrade may make the same one at the same moment.
    """
    for _ in range(ATTEMPTS):
        try:
            _create_role(owner, role_of(plugin_id))
        except errors.InsufficientPrivilege:
            return False
        except (errors.DuplicateObject, errors.UniqueViolation, errors.InternalError_):
            continue
        return True
    return False


def _create_role(owner: psycopg.Connection, role: str) -> None:
    name = sql.Identifier(role)
    if owner.execute("SELECT to_regrole(%s)", (role,)).fetchone() == (None,):
        owner.execute(
            sql.SQL("CREATE ROLE {} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT").format(name)
        )
    for login in LOGINS:
        if owner.execute("SELECT pg_has_role(%s, %s, 'SET')", (login, role)).fetchone() != (True,):
            owner.execute(sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(name, sql.Identifier(login)))


def grant_to_role(connection: Connection, plugin_id: str) -> None:
    """Give the plugin's role the published views and, in the plugin's own schema, what the application may do there."""
    # An id consists of small letters, digits and underscores: its names need no quotes.
    role = schema = role_of(plugin_id)
    connection.execute(text(f"GRANT USAGE ON SCHEMA {PUBLISHED} TO {role}"))
    connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {PUBLISHED} TO {role}"))
    if connection.scalar(text("SELECT to_regnamespace(:schema)"), {"schema": schema}) is None:
        return
    connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {role}"))
    for statement in (_TABLES, _COLUMNS, _POLICIES):
        for row in connection.execute(statement, {"schema": schema, "role": role}).scalars().all():
            connection.execute(text(row))


_TABLES = text("""
    SELECT format('GRANT %s ON %s %s TO %I', string_agg(a.privilege_type, ', '),
                  CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass, CAST(:role AS text))
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = to_regnamespace(:schema) AND a.grantee = 'polyclinic_app'::regrole
    GROUP BY c.oid, c.relkind
""")
_COLUMNS = text("""
    SELECT format('GRANT %s (%I) ON %s TO %I', a.privilege_type, t.attname, c.oid::regclass, CAST(:role AS text))
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
    WHERE c.relnamespace = to_regnamespace(:schema) AND a.grantee = 'polyclinic_app'::regrole
""")
_POLICIES = text("""
    SELECT format('ALTER POLICY %I ON %s TO %s, %I', p.polname, c.oid::regclass,
                  (SELECT string_agg(r::regrole::text, ', ') FROM unnest(p.polroles) r), CAST(:role AS text))
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    WHERE c.relnamespace = to_regnamespace(:schema) AND 'polyclinic_app'::regrole = ANY (p.polroles)
      AND NOT to_regrole(:role) = ANY (p.polroles)
""")


def plugins_without_role(connection: psycopg.Connection) -> Sequence[str]:
    """Return the installed plugins whose role this login cannot take on, so that their SQL runs as the application."""
    if connection.execute("SELECT to_regclass('public.plugin_installation')").fetchone() == (None,):
        return []
    return [row[0] for row in connection.execute(_WITHOUT_ROLE).fetchall()]


def note_missing_roles(connection: psycopg.Connection) -> None:
    """Log at start-up that plugins run without a role of their own."""
    missing = plugins_without_role(connection)
    if missing:
        _log.warning("plugin_roles_off", plugins=missing, advice=notice(missing))


def notice(plugins: Sequence[str]) -> str:
    """Return what operators read when plugins have no role of their own."""
    return NOTICE.format(plugins=", ".join(plugins))
