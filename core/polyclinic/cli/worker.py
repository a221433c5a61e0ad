"""`polyclinic worker`: run background jobs until told to stop."""

from __future__ import annotations

import os

import click
import psycopg
import structlog

from polyclinic.background import tasks
from polyclinic.cli.logs import configure_logs
from polyclinic.cli.parent import end_with_parent
from polyclinic.jobs.running import JobRunner
from polyclinic.jobs.tasks import Work
from polyclinic.jobs.worker import make_worker
from polyclinic.kit.config import Config, ConfigError
from polyclinic.kit.db import make_engine
from polyclinic.kit.provision import refuse_powerful_role
from polyclinic.kit.zones import use_pinned_zones
from polyclinic.mail.postbox import Postbox
from polyclinic.plugins.roles import note_missing_roles
from polyclinic.wiring import load_installed, wire

_log = structlog.get_logger(__name__)
_MAY_WORK = b"SELECT to_regclass('jobs.procrastinate_jobs') IS NOT NULL AND has_schema_privilege('jobs', 'USAGE') \
AND has_table_privilege('jobs.procrastinate_jobs', 'UPDATE')"
GRACE_SECONDS = 20
"""A job that is still running this long after the stop signal goes back to the queue."""


@click.command()
@click.option("--once", is_flag=True, help="Stop when the queue is empty.")
def worker(*, once: bool) -> None:
    """Run background jobs with the login of DATABASE_WORKER_URL."""
    end_with_parent()
    use_pinned_zones()
    try:
        config = Config.from_environment()
        configure_logs(as_json=config.log_json)
        worker_url = config.worker_url or config.database_url
        if Postbox.from_environment(os.environ) is None:
            _log.warning("mail_is_held", advice="Set POLYCLINIC_SMTP_URL and POLYCLINIC_MAIL_FROM to have mail sent.")
        _check_login(worker_url)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    runner = JobRunner.on(make_engine(worker_url, pool_size=4, pool_timeout=10))
    registry = load_installed(runner.connect, config.disabled_plugins)
    wire(registry)
    every_task = tasks(registry)
    for task in every_task:
        if isinstance(task, Work) and task.at_start:
            runner.enqueue_everywhere(task)
    app = make_worker(worker_url, runner, every_task)
    app.run_worker(wait=not once, shutdown_graceful_timeout=GRACE_SECONDS)


def _check_login(worker_url: str) -> None:
    try:
        with psycopg.connect(worker_url, connect_timeout=10) as connection:
            refuse_powerful_role(connection)
            row = connection.execute(_MAY_WORK).fetchone()
            note_missing_roles(connection)
    except psycopg.OperationalError as error:
        raise ConfigError(f"The database of DATABASE_WORKER_URL does not answer: {error}") from error
    if row is None or not row[0]:
        raise ConfigError(
            "This login cannot take jobs from the queue. Give DATABASE_WORKER_URL the login polyclinic_worker, "
            "and run `polyclinic db upgrade` if the database is new."
        )
