"""Static files of core and plugins; a compressed twin made at build time is sent to those who accept it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, send_from_directory
from werkzeug.exceptions import NotFound

from polyclinic.access.permissions import PUBLIC
from polyclinic.web.routes import declare

FOLDERS = "polyclinic_static_folders"
CORE = ""
"""The key of core's own folder; plugins stand under their ids."""


def install_static_files(app: Flask, plugin_folders: Mapping[str, Path]) -> None:
    """Serve `/static/<name>` from core and `/static/ext/<plugin>/<name>` from the plugins' `static` folders."""
    core = Path(str(app.root_path)) / "web" / "static"
    app.extensions[FOLDERS] = {CORE: core, **plugin_folders}

    def serve(filename: str) -> Response:
        """Send one static file."""
        folder, name = _place(app, filename)
        if folder is None:
            raise NotFound
        return _send(folder, name)

    declare(serve, PUBLIC)
    app.add_url_rule("/static/<path:filename>", "static", serve, methods=["GET"])


def content_digest(app: Flask, filename: str) -> str:
    """Return a short hash of a static file, core's or a plugin's, by the name in its address; "" for none."""
    folder, name = _place(app, filename)
    path = folder / name if folder else None
    return _hash(path) if path is not None and path.is_file() else ""


def _place(app: Flask, filename: str) -> tuple[Path | None, str]:
    """Return the folder and the name in it; no folder for a plugin that has none."""
    folders: Mapping[str, Path] = app.extensions[FOLDERS]
    if not filename.startswith("ext/"):
        return folders[CORE], filename
    plugin_id, _, name = filename.removeprefix("ext/").partition("/")
    return folders.get(plugin_id), name


@lru_cache(maxsize=512)
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


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
