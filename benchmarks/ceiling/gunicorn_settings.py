"""The product's gunicorn settings without its application's hook and its logger."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from polyclinic.cli.gunicorn_settings import (
    accesslog,
    bind,
    control_socket_disable,
    forwarded_allow_ips,
    graceful_timeout,
    keepalive,
    preload_app,
    threads,
    timeout,
    worker_class,
    worker_tmp_dir,
    workers,
)
from polyclinic.cli.parent import end_with_parent
from polyclinic.kit.zones import use_pinned_zones

__all__ = [
    "accesslog",
    "bind",
    "control_socket_disable",
    "forwarded_allow_ips",
    "graceful_timeout",
    "keepalive",
    "logger_class",
    "preload_app",
    "threads",
    "timeout",
    "worker_class",
    "worker_tmp_dir",
    "workers",
]

logger_class = Logger


def on_starting(_server: Any) -> None:
    """End together with the benchmark; take time zones from where the product takes them."""
    end_with_parent()
    use_pinned_zones()
