"""What a plugin's page answers with: a page in core's frame, a fragment, a redirect, a file, a short message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import Response, request, send_file
from werkzeug.datastructures import MultiDict

from polyclinic.plugins.crossing import as_core
from polyclinic.plugins.documents import Document
from polyclinic.web import rendering
from polyclinic.web.forms import refuse_nul
from polyclinic.web.toasts import tell

SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_ODD_IN_FILENAMES = re.compile(r"[^\w .()\[\]+-]", re.UNICODE)

_plugin_id: ContextVar[str] = ContextVar("polyclinic_plugin_page")


@contextmanager
def answering_for(plugin_id: str) -> Iterator[None]:
    """Run a plugin's page: templates must be its own, relative addresses are below its pages."""
    token = _plugin_id.set(plugin_id)
    try:
        yield
    finally:
        _plugin_id.reset(token)


def render(template: str, **values: Any) -> str:
    """Return a full page: `template` is one of the plugin's own and extends `web/base.html`.

    Give it finished values: rows that load something while the page is made would not be allowed to.
    """
    _require_own(template)
    with as_core():
        return rendering.render(template, **values)


def render_fragment(template: str, **values: Any) -> str:
    """Return a part of a page, for a request of htmx; `template` is one of the plugin's own."""
    _require_own(template)
    with as_core():
        return rendering.render_fragment(template, **values)


def redirect(path: str) -> Response:
    """Lead to another page after a form was accepted; a path without a leading slash is below the plugin's pages.

    Raises `ValueError` for an address outside of this site.
    """
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or path.startswith(("//", "/\\")) or not path.isprintable():
        raise ValueError("a page leads to addresses of this site only")
    target = path if path.startswith("/") else f"/ext/{_plugin_id.get()}/{path}"
    return flask.make_response(flask.redirect(target, 303))


def query_arguments() -> MultiDict[str, str]:
    """Return the parameters of the page's address; `.getlist(name)` gives those that come several times."""
    return _clean(request.args.items(multi=True))


def form_arguments() -> MultiDict[str, str]:
    """Return the fields of a form as they were typed, for forms that no flat schema describes."""
    return _clean((name, value.replace("\r\n", "\n")) for name, value in request.form.items(multi=True))


def toast(text: str, *, tone: str = "good") -> None:
    """Show a short message with this answer or, after a redirect, on the page it leads to.

    `tone` is info, good, warn or bad.
    """
    tell(text, tone)


def send(document: Document, *, inline: bool = False) -> Response:
    """Answer with a file: to be kept (an attachment) or, with `inline=True`, shown in a sandbox."""
    name = _ODD_IN_FILENAMES.sub("_", document.filename).strip(" .") or "document"
    answer = send_file(
        BytesIO(document.content), mimetype=document.media_type, as_attachment=not inline, download_name=name
    )
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


def _clean(pairs: Iterable[tuple[str, str]]) -> MultiDict[str, str]:
    found = MultiDict(list(pairs))
    refuse_nul({name: found.getlist(name) for name in found})
    return found


def _require_own(template: str) -> None:
    plugin_id = _plugin_id.get()
    if not template.startswith(f"{plugin_id}/"):
        raise ValueError(f"pages of {plugin_id} show templates named {plugin_id}/..., not {template}")
