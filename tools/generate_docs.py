"""Writes the generated documents anew: the plugin reference and the OpenAPI description; --check only compares."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from polyclinic.app import create_app
from polyclinic.cli.event_reference import event_reference
from polyclinic.cli.plugin_reference import hook_reference, sdk_reference
from polyclinic.kit.config import Config
from polyclinic.plugins.published import data_dictionary
from polyclinic.web import openapi

DOCS = Path(__file__).resolve().parent.parent / "docs"


def openapi_description() -> str:
    """Returns the OpenAPI document of core and the first-party plugins as stable JSON."""
    app = create_app(Config(database_url="postgresql://polyclinic_app@/polyclinic"))
    with app.app_context():
        return json.dumps(openapi.document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "plugins/hooks.md": hook_reference,
    "plugins/sdk.md": sdk_reference,
    "plugins/views.md": data_dictionary,
    "plugins/events.md": event_reference,
    "api/openapi.json": openapi_description,
}


def main(arguments: list[str]) -> int:
    """Returns 1 when --check finds a page out of date."""
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name}: {'out of date, run make docs' if '--check' in arguments else 'written'}")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
