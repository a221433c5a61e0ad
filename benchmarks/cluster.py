"""A throw-away PostgreSQL cluster with the product's schema and durable settings."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from polyclinic.kit.embedded_postgres import start_embedded_postgres
from polyclinic.kit.migrating import upgrade_core
from polyclinic.kit.provision import DatabaseUrls, provision
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.migrating import upgrade_plugins

DATABASE = "bench"


@dataclass(frozen=True)
class Cluster:
    """A running cluster with one empty, migrated database."""

    folder: Path
    admin_url: str
    urls: DatabaseUrls
    postmaster: int


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a cluster until the block ends; nothing of it is left behind."""
    with tempfile.TemporaryDirectory(prefix="polyclinic-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server may run under another account
        with start_embedded_postgres(folder / "data", durable=True) as server:
            urls = provision(server.admin_url(), DATABASE)
            upgrade_core(urls.owner)
            upgrade_plugins(urls.owner, load_plugins())
            pid_file = server.data_dir / "cluster" / "postmaster.pid"
            postmaster = int(pid_file.read_text(encoding="utf-8").splitlines()[0])
            yield Cluster(folder, server.admin_url(DATABASE), urls, postmaster)
