"""Settings of gunicorn, by its own names; `polyclinic serve` and `deploy/gunicorn.conf.py` use them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from polyclinic.cli.gunicorn_logs import StructuredLogger

bind = os.environ.get("POLYCLINIC_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("POLYCLINIC_WORKERS", "2"))
threads = int(os.environ.get("POLYCLINIC_THREADS", "4"))
worker_class = "gthread"
# One build of the application for all workers. Nothing connects to the database before the fork (see post_fork).
preload_app = True
timeout = 30
graceful_timeout = 20
# Longer than a proxy keeps an idle connection, or it would send a request into a closing one.
keepalive = 75
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 -- heartbeat files, not data
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
accesslog = None if os.environ.get("POLYCLINIC_ACCESS_LOG", "1") == "0" else "-"
logger_class = StructuredLogger


def post_fork(server: Any, _worker: Any) -> None:
    """Give each worker a pool of its own, should anything have connected while the application was built."""
    server.app.wsgi().extensions["polyclinic_engine"].dispose(close=False)
