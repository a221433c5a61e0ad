"""Liveness and readiness for process supervisors."""

from __future__ import annotations

from flask import Response, jsonify
from sqlalchemy import text

from polyclinic.kit.db import session
from polyclinic.web.page_blueprint import PageBlueprint

pages = PageBlueprint("health", url_prefix="/healthz")


@pages.public("/live", "GET", opens_transaction=False)
def live() -> Response:
    """Answer that the process runs."""
    return jsonify({"status": "ok"})


@pages.public("", "GET")
def ready() -> Response:
    """Answer that the database can be reached."""
    session().execute(text("SELECT 1"))
    return jsonify({"status": "ok"})
