"""Default deny: a route without a declared permission keeps the app from starting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from polyclinic.access.permissions import PUBLIC, SIGNED_IN

PUBLIC_ENDPOINTS = frozenset(
    {
        "static",
        "sign_in.show_sign_in",
        "sign_in.submit_sign_in",
        "health.live",
        "health.ready",
        "api_docs.show_docs",
        "api_docs.show_group",
        "api_docs.show_openapi",
        "api_docs.show_problems",
        "shell.set_public_theme",
        "shell.root",
    }
)


class UndeclaredRoute(Exception):
    """A route has no permission and is not on the public list."""


def declare(view: Callable[..., Any], permission: str) -> None:
    """Remember which permission a view function needs."""
    view.permission = permission  # type: ignore[attr-defined]


def permission_of(app: Flask, endpoint: str) -> str | None:
    """Return the permission that an endpoint declares."""
    if endpoint == "static":
        return PUBLIC
    return getattr(app.view_functions[endpoint], "permission", None)


def check_routes(app: Flask, permissions: frozenset[str]) -> None:
    """Raise `UndeclaredRoute` for any route that declares no known permission or is public without being listed."""
    for rule in app.url_map.iter_rules():
        permission = permission_of(app, rule.endpoint)
        if permission == PUBLIC and rule.endpoint in PUBLIC_ENDPOINTS:
            continue
        if permission != SIGNED_IN and permission not in permissions:
            raise UndeclaredRoute(
                f"The route {rule.rule} ({rule.endpoint}) declares {permission or 'no permission'}. "
                "Give it a registered permission, or add it to the public list in web/routes.py."
            )
