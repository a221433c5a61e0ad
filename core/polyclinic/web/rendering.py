"""Pages: templates by feature prefix, the shell's view object, asset addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias, cast

from flask import Flask, current_app, g, render_template, request, url_for
from flask_babel import get_locale  # type: ignore[import-untyped]
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader

from polyclinic.kit.money import DEFAULT_LOCALE, format_money
from polyclinic.web.actor import SignIn, current_sign_in
from polyclinic.web.compiled_templates import compiled_templates
from polyclinic.web.static_files import content_digest
from polyclinic.web.toasts import take_toasts

FEATURES = (
    "web",
    "organisation",
    "identity",
    "therapists",
    "clients",
    "scheduling",
    "records",
    "client_file",
    "extensions",
    "administration",
)


@dataclass(frozen=True)
class ShellClinic:
    """One entry of the clinic switcher."""

    id: str
    name: str


@dataclass(frozen=True)
class ShellLink:
    """One link of the side bar."""

    group: str
    label: str
    url: str
    icon: str
    is_current: bool


@dataclass(frozen=True)
class Shell:
    """What the frame around every signed-in page shows."""

    organisation_name: str
    clinics: Sequence[ShellClinic]
    clinic_id: str | None
    navigation: Sequence[ShellLink]
    user_name: str
    user_initials: str
    unsigned_count: int
    theme: str
    csrf_token: str
    path: str
    environment: str
    permissions: frozenset[str] = field(default_factory=frozenset)


ShellBuilder: TypeAlias = Callable[[SignIn], Shell]


def install_templates(app: Flask, extra: dict[str, Path]) -> None:
    """Serve templates as `<feature or plugin>/<name>`; a plugin cannot shadow a template of core."""
    root = resources.files("polyclinic")
    loaders = {name: FileSystemLoader(str(root / name / "templates")) for name in FEATURES}
    loaders |= {name: FileSystemLoader(str(path)) for name, path in extra.items() if name not in loaders}
    app.jinja_loader = ChoiceLoader([PrefixLoader(loaders)])
    app.jinja_env.bytecode_cache = compiled_templates()
    app.jinja_env.globals["asset_url"] = asset_url
    app.jinja_env.filters["money"] = money_words


def asset_url(name: str) -> str:
    """Return the address of a static file with its content hash, so that it may be cached for ever.

    A plugin's file is named `ext/<plugin>/<name>`.
    """
    return url_for("static", filename=name, v=content_digest(current_app, name) or None)


def money_words(minor: int, currency: str) -> str:
    """Return an amount in the page's language; the filter `money` of templates."""
    return format_money(minor, currency, str(get_locale() or DEFAULT_LOCALE))


def initials(name: str) -> str:
    """Return up to two initials of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def is_htmx() -> bool:
    """Tell whether the request wants a fragment."""
    return request.headers.get("HX-Request") == "true"


def render(template: str, **values: Any) -> str:
    """Return a full page inside the shell (signed in) or on its own (signed out)."""
    sign_in = current_sign_in()
    shell = None
    if sign_in is not None:
        builder = cast("ShellBuilder", current_app.extensions["polyclinic_shell_builder"])
        shell = builder(sign_in)
    messages = [*values.pop("messages", ()), *take_toasts()]
    return render_template(template, shell=shell, theme=_theme(sign_in), messages=messages, **values)


def render_fragment(template: str, **values: Any) -> str:
    """Return a part of a page."""
    sign_in = current_sign_in()
    return render_template(template, csrf_token=sign_in.csrf_token if sign_in else "", **values)


def render_problem(status: int, title: str, detail: str, messages: Sequence[str]) -> str:
    """Return an error page or fragment; needs no database, because that may be what failed."""
    template = "web/error_fragment.html" if is_htmx() else "web/error.html"
    return render_template(
        template,
        shell=None,
        theme=_theme(current_sign_in()),
        status=status,
        title=title,
        detail=detail,
        messages=messages,
        request_id=g.get("request_id", ""),
    )


def _theme(sign_in: SignIn | None) -> str:
    return sign_in.theme if sign_in else request.cookies.get("theme", "auto")
