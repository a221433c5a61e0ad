"""Static files of core and plugins; a compressed twin made at build time is sent to those who accept it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response, request, send_from_directory
from werkzeug.exceptions import NotFound

from polyclinic.access.permissions import PUBLIC
from polyclinic.web.routes import declare


def install_static_files(app: Flask, plugin_folders: Mapping[str, Path]) -> None:
    """Serve `/static/<name>` from core and `/static/ext/<plugin>/<name>` from the plugins' `static` folders."""
    core = Path(str(app.root_path)) / "web" / "static"

    def serve(filename: str) -> Response:
        """Send one static file."""
        folder, name = core, filename
        if filename.startswith("ext/"):
            plugin_id, _, name = filename.removeprefix("ext/").partition("/")
            if plugin_id not in plugin_folders:
                raise NotFound
            folder = plugin_folders[plugin_id]
        return _send(folder, name)

    declare(serve, PUBLIC)
    app.add_url_rule("/static/<path:filename>", "static", serve, methods=["GET"])


def _send(folder: Path, name: str) -> Response:
    response = None
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        try:
            response = send_from_directory(folder, f"{name}.gz", conditional=True)
        except NotFound:
            response = None
        if response is not None:
            plain = send_from_directory(folder, name, conditional=False)
            response.headers["Content-Type"] = plain.headers["Content-Type"]
            response.headers["Content-Encoding"] = "gzip"
            plain.close()
    response = response or send_from_directory(folder, name, conditional=True)
    response.headers["Vary"] = "Accept-Encoding"
    return response
