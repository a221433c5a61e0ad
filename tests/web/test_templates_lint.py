"""Templates keep the strict content security policy, speak htmx 4, and name the CSS framework in the macros only."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "core" / "frontend"
WEB = ROOT / "core" / "polyclinic" / "web"
TEMPLATES = sorted(
    path
    for folder in ("core/polyclinic", "plugins")
    for path in (ROOT / folder).rglob("*.html")
    if not {"node_modules", "vendor"} & set(path.parts)
)
SCRIPTS = sorted((WEB / "static" / "js").glob("*.js"))

FORBIDDEN = {
    "a style attribute": r"(?<![\w-])style\s*=",
    "an inline event handler": r"(?i)<[^>]*\son[a-z]+\s*=\s*[\"']",
    "a script without src": r"(?i)<script(?![^>]*\ssrc=)",
    "a style element": r"(?i)<style\b",
    "hx-on": r"hx-on\b",
    "a js: or javascript: value": r"(?i)[\"'](?:js|javascript):",
    "the safe filter": r"\|\s*safe\b",
    "autoescape switched off": r"autoescape\s+false",
    "an address outside Polyclinic": r"(?i)(?:src|href)=[\"'](?:https?:)?//",
}
HTMX_ATTRIBUTES = {
    *("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-target", "hx-swap", "hx-trigger", "hx-select"),
    *("hx-include", "hx-indicator", "hx-push-url", "hx-swap-oob", "hx-sync", "hx-headers:inherited"),
}
HTMX_2_EVENTS = r"htmx:[a-z]+[A-Z]\w*"
PLUGIN_PREFIXES = {"neuromuscular": "nm-"}
MACRO_FILES = {WEB / "templates" / "_ui.html", *(WEB / "templates" / "ui").glob("*.html")}


def test_there_are_templates_to_judge() -> None:
    assert WEB / "templates" / "base.html" in TEMPLATES


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what: str) -> None:
    assert lines_with(FORBIDDEN[what]) == []


def test_htmx_attributes_are_the_ones_that_pages_may_use() -> None:
    found = {
        f"{name(path)}: {attribute}"
        for path in TEMPLATES
        for attribute in re.findall(r"(?<![\w/-])(?:data-)?hx-[a-z][a-z0-9:-]*", without_comments(path))
        if attribute not in HTMX_ATTRIBUTES and not attribute.startswith("hx-status:")
    }

    assert found == set()


def test_scripts_and_templates_use_the_event_names_of_htmx_4() -> None:
    found = [
        name(path) for path in [*TEMPLATES, *SCRIPTS] if re.search(HTMX_2_EVENTS, path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_classes_outside_the_macros_are_our_own() -> None:
    found = {
        f"{name(path)}: {token}"
        for path in TEMPLATES
        if path not in MACRO_FILES
        for token in class_names(without_comments(path))
        if not token.startswith(own_prefixes(path))
    }

    assert found == set()


def test_icons_that_templates_name_are_in_the_sprite() -> None:
    sprite = set(json.loads((FRONTEND / "assets.json").read_text(encoding="utf-8"))["icons"]["names"])
    call = r"(?:\b(?:icon|empty|icon_button|icon_link)\(|\bicon_name=|\"icon\": )\"([a-z0-9-]+)\""
    missing = {
        f"{name(path)}: {icon}"
        for path in TEMPLATES
        for icon in re.findall(call, path.read_text(encoding="utf-8"))
        if icon not in sprite
    }

    assert missing == set()


def test_lock_and_settings_of_npm_hold_no_address() -> None:
    text = "".join(
        (FRONTEND / file).read_text(encoding="utf-8") for file in ("package.json", "package-lock.json", ".npmrc")
    )

    assert re.findall(r"://|\"resolved\"|\"funding\"|^\s*registry\s*=", text, re.MULTILINE) == []


def test_packages_of_the_browser_are_pinned_exactly() -> None:
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    loose = {key: pin for key, pin in package["dependencies"].items() if not re.fullmatch(r"\d+\.\d+\.\d+", pin)}

    assert loose == {}


def test_every_locked_package_has_an_integrity_hash() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    unhashed = [
        path for path, entry in lock["packages"].items() if path and not entry["integrity"].startswith("sha512-")
    ]

    assert unhashed == []


def lines_with(pattern: str) -> list[str]:
    found = []
    for path in TEMPLATES:
        text = without_comments(path)
        found += [f"{name(path)}:{text.count(chr(10), 0, match.start()) + 1}" for match in re.finditer(pattern, text)]
    return found


def without_comments(path: Path) -> str:
    """Return the text with Jinja comments blanked, line numbers kept."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"\{#.*?#\}", lambda match: "\n" * match[0].count("\n"), text, flags=re.DOTALL)


def class_names(text: str) -> list[str]:
    """Return the literal class names; a name that goes on in an expression counts with its literal part."""
    values = re.findall(r"\sclass=\"((?:\{\{.*?\}\}|\{%.*?%\}|[^\"{])*)\"", text)
    return [token for value in values for token in re.sub(r"\{%.*?%\}", " ", re.sub(r"\{\{.*?\}\}", "", value)).split()]


def own_prefixes(path: Path) -> tuple[str, ...]:
    if not path.is_relative_to(ROOT / "plugins"):
        return ("pc-",)
    plugin = path.relative_to(ROOT / "plugins").parts[0]
    return ("pc-", PLUGIN_PREFIXES.get(plugin, f"{plugin}-"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
