"""The only place where errors become answers: RFC 9457 problem JSON for the API, a page or a fragment for people."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, make_response, redirect, request, url_for
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from polyclinic.kit import errors
from polyclinic.kit.schema import instant
from polyclinic.plugins.dispatch import PluginFailed
from polyclinic.web.edge import answer_for
from polyclinic.web.rendering import is_htmx, render_problem

log = structlog.get_logger()

STATUS: dict[type[errors.PolyclinicError], tuple[int, str]] = {
    errors.Malformed: (400, "The request could not be read"),
    errors.NotSignedIn: (401, "Not signed in"),
    errors.NotAllowed: (403, "Not allowed"),
    errors.NotFound: (404, "Not found"),
    errors.Conflict: (409, "Conflict"),
    errors.Stale: (412, "Changed in the meantime"),
    errors.TooLarge: (413, "Too large"),
    errors.Invalid: (422, "Some fields need a correction"),
    errors.VersionMissing: (428, "The version is missing"),
    errors.TooMany: (429, "Too many requests"),
    errors.Unavailable: (503, "Busy"),
    PluginFailed: (500, "A plugin failed"),
}
TOO_LARGE = 413
DRAINED_BYTES = 32 * 1024 * 1024
"""How much of a refused body is read before the answer; a larger one ends with a closed connection."""
TITLES = {400: "The request could not be read", 404: "Not found", 405: "Method not allowed", 413: "Too large"}
HINTS = {
    404: "There is nothing at this address, or it lies outside your clinics.",
    405: "This address does not answer that method.",
    413: "The request is larger than the limit. Nothing was saved; shorten the text and send it again.",
}


def register_error_handlers(app: Flask) -> None:
    """Answer every error, known and unknown, in the form the caller reads."""
    app.register_error_handler(errors.PolyclinicError, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def is_api() -> bool:
    """Tell whether the request belongs to the REST API."""
    return request.path.startswith("/api/")


def problem(status: int, title: str, detail: str, code: str, **extra: Any) -> Response:
    """Return an `application/problem+json` answer (RFC 9457)."""
    body = {
        "type": f"/api/docs/problems#{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "request_id": g.get("request_id"),
    } | extra
    return Response(orjson.dumps(body), status=status, content_type="application/problem+json")


def _known(error: errors.PolyclinicError) -> Response:
    status, title = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if status == TOO_LARGE:
        _read_to_the_end()
    if is_api():
        return _with_headers(problem(status, title, error.detail, error.code, **_extra(error)), error)
    if isinstance(error, errors.NotSignedIn):
        return _to_sign_in()
    return _with_headers(make_response(render_problem(status, title, error.detail, _messages(error)), status), error)


def _read_to_the_end() -> None:
    """Read what is left of a body that is too large: a client still sending it would lose the answer otherwise."""
    stream, left = request.environ.get("wsgi.input"), min(request.content_length or 0, DRAINED_BYTES)
    with suppress(OSError):
        while stream is not None and left > 0 and (chunk := stream.read(min(65_536, left))):
            left -= len(chunk)


def _extra(error: errors.PolyclinicError) -> dict[str, Any]:
    if isinstance(error, errors.Invalid):
        return {"errors": [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in error.errors]}
    if isinstance(error, errors.Conflict) and error.conflicts:
        return {
            "conflicts": [
                {
                    "code": c.code,
                    "kind": c.kind,
                    "starts_at": instant(c.starts_at),
                    "ends_at": instant(c.ends_at),
                    "detail": c.detail,
                    "ref": c.ref,
                }
                for c in error.conflicts
            ]
        }
    if isinstance(error, errors.NotAllowed):
        return {"permission": error.permission}
    return {}


def _messages(error: errors.PolyclinicError) -> list[str]:
    if isinstance(error, errors.Invalid):
        return [e.detail for e in error.errors]
    if isinstance(error, errors.Conflict):
        return [c.detail for c in error.conflicts if c.detail]
    return []


def _with_headers(response: Response, error: errors.PolyclinicError) -> Response:
    if isinstance(error, errors.TooMany | errors.Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Conflict) and error.code == "locked":
        response.headers["Retry-After"] = "1"
    if isinstance(error, errors.Stale):
        response.headers["ETag"] = f'"{error.row_version}"'
    if isinstance(error, errors.NotSignedIn):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _to_sign_in() -> Response:
    if is_htmx():
        answer = make_response("", 401)
        answer.headers["HX-Redirect"] = url_for("sign_in.show_sign_in", next=request.path)
        return answer
    target = request.full_path.rstrip("?") if request.method == "GET" else "/today"
    return make_response(redirect(url_for("sign_in.show_sign_in", next=target)))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status == TOO_LARGE:
        _read_to_the_end()
    title = TITLES.get(status, error.name)
    detail = HINTS.get(status, error.description or "")
    code = error.name.lower().replace(" ", "_")
    if 300 <= status < 400:
        return make_response(error.get_response())
    page = problem(status, title, detail, code) if is_api() else _page(status, title, detail)
    if isinstance(error, MethodNotAllowed):
        page.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return page


def _page(status: int, title: str, detail: str) -> Response:
    return make_response(render_problem(status, title, detail, []), status)


def _unknown(error: Exception) -> Response:
    told = answer_for(error)
    if isinstance(told, errors.PolyclinicError):  # sign-in or a refusal's audit row met no database
        return _known(told)
    # The last net: the log has the trace, the reader gets the request id and no inner detail.
    log.error("unhandled_error", exc_info=error, request_id=g.get("request_id"), path=request.path)
    detail = "Something broke on our side. Nothing was saved by this request. Quote the request id when you report it."
    if is_api():
        return problem(500, "Internal error", detail, "internal_error")
    return make_response(render_problem(500, "Something broke on our side", detail, []), 500)
