"""A site for browsers: the application on a database of its own, served on loopback at a fixed time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from polyclinic.app import create_app
from polyclinic.kit import clock
from polyclinic.kit.config import Config
from polyclinic.kit.db import make_engine
from polyclinic.testing.databases import TestDatabase, drop
from polyclinic.testing.plugin import clone_two_worlds, in_organisation
from polyclinic.testing.worlds import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SITE_NOW = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)
"""What the server's clock shows: a Monday morning in London, before dawn in New York."""


@dataclass(frozen=True)
class Site:
    """A served application; `url` has no slash at its end."""

    url: str
    app: Flask
    database: TestDatabase
    engine: Engine
    world: World
    other_world: World
    cookies: dict[str, list[Any]] = field(default_factory=dict)
    """The cookies of those who signed in, by e-mail address."""


@contextmanager
def open_site(admin_url: str, populate: Callable[[World], None] | None = None) -> Iterator[Site]:
    """Serve two organisations on a fresh database; `populate` fills the first, in a transaction, before serving."""
    made, worlds = clone_two_worlds(admin_url)
    engine = make_engine(made.urls.app, pool_size=4, pool_timeout=5)
    try:
        app = create_app(site_config(made))
        if populate is not None:
            with committed(app, worlds[0]):
                populate(worlds[0])
        with serve(app) as url:
            yield Site(url, app, made, engine, *worlds)
        app.extensions["polyclinic_engine"].dispose()
    finally:
        engine.dispose()
        drop(made)


@contextmanager
def committed(app: Flask, world: World, at: datetime = SITE_NOW) -> Iterator[Session]:
    """Run what follows in a transaction of `world` on the site's database at a time, then commit."""
    factory = app.extensions["polyclinic_session"]
    with app.app_context(), clock.frozen(at), in_organisation(factory, world) as current:
        yield current


def site_config(database: TestDatabase) -> Config:
    """Return the configuration of a served application: plain HTTP, room for a whole suite of sign-ins and requests."""
    return Config(
        database_url=database.urls.app,
        owner_url=database.urls.owner,
        worker_url=database.urls.worker,
        secure_cookies=False,
        threads=8,
        requests_per_minute=100_000,
    )


@contextmanager
def serve(app: Flask, *, at: datetime = SITE_NOW) -> Iterator[str]:
    """Serve the application on a free port of loopback with its clock held at `at`; yield its address."""
    app.wsgi_app = _Frozen(app.wsgi_app, at)  # type: ignore[method-assign]
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Frozen:
    """Middleware: every request happens at one instant."""

    def __init__(self, application: WSGIApplication, at: datetime) -> None:
        self._application = application
        self._at = at

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        with clock.frozen(self._at):
            return list(self._application(environ, start_response))


class _Quiet(WSGIRequestHandler):
    """Keeps connections open, as the real server does, and does not log requests."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 -- werkzeug's name
        """Say nothing."""
