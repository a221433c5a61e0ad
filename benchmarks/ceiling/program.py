"""The WSGI program: routing, one transaction per request, the product's headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from benchmarks.ceiling import booking, calendar, client_file, month, records
from benchmarks.ceiling.access import Caller, Refused, authenticate, read_token
from benchmarks.ceiling.database import Transaction
from polyclinic.kit.ids import new_id
from polyclinic.web.security_headers import CONTENT_SECURITY_POLICY

Environ: TypeAlias = Mapping[str, Any]
StartResponse: TypeAlias = Callable[[str, list[tuple[str, str]]], object]
Read: TypeAlias = Callable[[Caller, Mapping[str, str]], bytes]
Headers: TypeAlias = list[tuple[str, str]]

API = "/api/v1"
READS: Mapping[str, Read] = {
    f"{API}/appointments": calendar.show_day,
    f"{API}/appointments/week": calendar.show_week,
    f"{API}/clients": client_file.search,
    f"{API}/treatment-records": client_file.list_records,
    f"{API}/ext/reporting/month": month.show_month,
}
FIXED: Headers = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("Cache-Control", "no-store"),
]


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request."""
    request_id = str(new_id())
    try:
        token = read_token(environ.get("HTTP_AUTHORIZATION", ""))
        with Transaction(token.organisation_id) as transaction:
            caller = authenticate(transaction, token, request_id, environ["REMOTE_ADDR"])
            status, body, extra = _answer(caller, environ)
    except Refused as refusal:
        status, body, extra = refusal.status, b"{}", []
    head = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("X-Request-Id", request_id)]
    start_response(status, head + FIXED + extra)
    return [body]


def _answer(caller: Caller, environ: Environ) -> tuple[str, bytes, Headers]:
    path: str = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] == "GET":
        query = dict(parse_qsl(environ["QUERY_STRING"]))
        if path in READS:
            return "200 OK", READS[path](caller, query), []
        body, version = client_file.show(caller, path.rpartition("/")[2])
        return "200 OK", body, [("ETag", f'"{version}"')]
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    key = environ.get("HTTP_IDEMPOTENCY_KEY", "")
    caller.claim(key, ("POST", path, raw))
    if path == f"{API}/appointments":
        status, body, headers = booking.book(caller, raw)
    elif path.endswith("/sign"):
        record_id = path.split("/")[4]
        status, body, headers = records.sign(caller, record_id, int(environ["HTTP_IF_MATCH"].strip('"')), raw)
    else:
        status, body, headers = records.open_record(caller, raw)
    caller.store(key, int(status[:3]), headers, body)
    return status, body, list(headers.items())
