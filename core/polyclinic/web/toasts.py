"""Short messages about what has just been done: in this page, with this fragment, or on the page it leads to."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

import orjson
from flask import Response, after_this_request, current_app, g, request

from polyclinic.web.actor import current_sign_in

COOKIE = "toast"
MAX_LENGTH = 300
TONES = ("info", "good", "warn", "bad")
SECONDS = 60


@dataclass(frozen=True)
class Toast:
    """One message and how it looks; its meaning is in the words."""

    text: str
    tone: str = "good"


def tell(text: str, tone: str = "good") -> None:
    """Show a message with this answer, or on the next page when this answer leads to one.

    Raises `ValueError` for a tone other than info, good, warn and bad.
    """
    if tone not in TONES:
        raise ValueError(f"a toast's tone is one of {', '.join(TONES)}")
    if "toasts" not in g:
        g.toasts = []
        after_this_request(_attach)
    g.toasts.append(Toast(text[:MAX_LENGTH], tone))


def take_toasts() -> list[Toast]:
    """Return the messages for the page that is being made: its own and the one that a redirect brought."""
    own = [*_carried(), *g.get("toasts", ())]
    g.toasts_shown = True
    return own


def _attach(response: Response) -> Response:
    """Hand on what the page did not show: to the script with a fragment, in a cookie with a redirect."""
    if g.get("toasts_shown"):
        return response
    told = Toast(" ".join(toast.text for toast in g.toasts)[:MAX_LENGTH], g.toasts[-1].tone)
    if 300 <= response.status_code < 400:
        secure = current_app.config["POLYCLINIC"].secure_cookies
        value = _sealed(orjson.dumps(asdict(told)))
        response.set_cookie(COOKIE, value, max_age=SECONDS, secure=secure, httponly=True, samesite="Lax")
    elif request.headers.get("HX-Request") == "true":
        # A header holds ASCII only; JSON can say the rest.
        plain = orjson.dumps({"toast": asdict(told)}).decode()
        response.headers["HX-Trigger"] = "".join(c if c.isascii() else _escaped(c) for c in plain)
    return response


def _carried() -> list[Toast]:
    value = request.cookies.get(COOKIE)
    if value is None:
        return []
    after_this_request(_forget)
    payload, _, _ = value.partition(".")
    try:
        raw = urlsafe_b64decode(payload)
        if not hmac.compare_digest(_sealed(raw), value):
            return []
        return [Toast(**orjson.loads(raw))]
    except ValueError:
        return []


def _forget(response: Response) -> Response:
    if not any(set_.startswith(f"{COOKIE}=") for set_ in response.headers.getlist("Set-Cookie")):
        response.delete_cookie(COOKIE)
    return response


def _sealed(payload: bytes) -> str:
    """Return the payload with a seal that only this sign-in's own answers can bear."""
    sign_in = current_sign_in()
    seal = hmac.new((sign_in.csrf_token if sign_in else "").encode(), payload, hashlib.sha256).hexdigest()
    return f"{urlsafe_b64encode(payload).decode()}.{seal}"


def _escaped(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"
