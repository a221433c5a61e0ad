"""Blueprints of pages: every route declares a permission, forms carry a CSRF token, views get the proven sign-in."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from polyclinic.kit.errors import NotAllowed
from polyclinic.web import edge
from polyclinic.web.actor import SignIn, cookie_credential
from polyclinic.web.routes import declare

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class PageBlueprint:
    """Registers HTML views on a Flask blueprint; `view(sign_in, **url arguments)` returns a page or a redirect."""

    def __init__(self, name: str, url_prefix: str = "", *, gate: edge.Gate | None = None) -> None:
        self.blueprint = Blueprint(name, __name__, url_prefix=url_prefix)
        self._gate = gate

    def get(self, rule: str, *, permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view for GET."""
        return self._route(rule, "GET", permission)

    def post(self, rule: str, *, permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view for POST; the form's CSRF token is checked before it runs."""
        return self._route(rule, "POST", permission)

    def public(
        self, rule: str, *methods: str, opens_transaction: bool = True
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view that needs no sign-in (it must stand on the public list).

        With `opens_transaction=False` the view needs no database, or opens scopes of its own.
        """

        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(view)
            def answer(**arguments: Any) -> ResponseReturnValue:
                if request.method not in SAFE_METHODS:
                    check_same_origin()
                if not opens_transaction:
                    return view(**arguments)  # type: ignore[no-any-return]
                return edge.public(lambda: view(**arguments))

            declare(answer, "public")
            self.blueprint.add_url_rule(rule, view.__name__, answer, methods=list(methods))
            return view

        return register

    def _route(self, rule: str, method: str, permission: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(view)
            def answer(**arguments: Any) -> ResponseReturnValue:
                def serve(sign_in: SignIn) -> ResponseReturnValue:
                    if method not in SAFE_METHODS:
                        check_csrf(sign_in)
                    return view(sign_in, **arguments)  # type: ignore[no-any-return]

                return edge.run(serve, permission=permission, credential=cookie_credential, gate=self._gate)

            declare(answer, permission)
            self.blueprint.add_url_rule(rule, view.__name__, answer, methods=[method])
            return view

        return register


def check_csrf(sign_in: SignIn) -> None:
    """Raise `NotAllowed` unless the form or header carries this session's token."""
    check_same_origin()
    token = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not secrets.compare_digest(token.encode(), sign_in.csrf_token.encode()):
        raise NotAllowed("This form has expired. Reload the page; what you typed stays in the form.", permission="csrf")


def check_same_origin() -> None:
    """Raise `NotAllowed` when a browser says that another site sent this form."""
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"} or (
        origin is not None and origin != "null" and urlsplit(origin).netloc != request.host
    ):
        raise NotAllowed("This form was sent from another site.", permission="csrf")
