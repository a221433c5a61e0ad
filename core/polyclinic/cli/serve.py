"""`polyclinic serve`: the web application under gunicorn."""

from __future__ import annotations

import os
from typing import Any

import click
import psycopg
from gunicorn.app.base import Application
from werkzeug.middleware.proxy_fix import ProxyFix

from polyclinic.app import create_app
from polyclinic.cli.logs import configure_logs
from polyclinic.cli.parent import end_with_parent
from polyclinic.kit.config import Config, ConfigError
from polyclinic.kit.provision import refuse_powerful_role
from polyclinic.plugins.roles import note_missing_roles

SETTINGS = "python:polyclinic.cli.gunicorn_settings"


class Server(Application):  # type: ignore[misc]
    """gunicorn with our settings, without its command line."""

    def load_config(self) -> None:
        """Read the settings module."""
        self.load_config_from_module_name_or_filename(SETTINGS)

    def load(self) -> Any:
        """Build the application."""
        return make_application()


def make_application() -> Any:
    """Return the WSGI application configured by the environment; raises `ConfigError`.

    POLYCLINIC_TRUSTED_PROXIES says how many proxies in front of us set X-Forwarded-For and X-Forwarded-Proto.
    """
    app = create_app(Config.from_environment())
    proxies = int(os.environ.get("POLYCLINIC_TRUSTED_PROXIES", "0"))
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    return app


@click.command()
@click.option("--bind", help="Address and port, 127.0.0.1:8000 unless POLYCLINIC_BIND says otherwise.")
def serve(bind: str | None) -> None:
    """Serve pages and REST (settings come from the environment, see deploy/README.md)."""
    if bind:
        os.environ["POLYCLINIC_BIND"] = bind
    end_with_parent()
    try:
        config = Config.from_environment()
        configure_logs(as_json=config.log_json)
        check_login(config.database_url)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    Server().run()


def check_login(database_url: str) -> None:
    """Raise `ConfigError` when the database cannot be reached or its login could see past row security."""
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            refuse_powerful_role(connection)
            note_missing_roles(connection)
    except psycopg.OperationalError as error:
        raise ConfigError(f"The database of DATABASE_URL does not answer: {error}") from error
