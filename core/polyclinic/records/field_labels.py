"""The words for a place in a section's data: labels along a JSON pointer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def field_label(description: Mapping[str, Any], pointer: str) -> str:
    """Return the labels on the way to a field, for instance `Points 2, Pain before`; empty for the whole section."""
    fields = description.get("fields", ())
    words: list[str] = []
    for step in filter(None, pointer.split("/")):
        if step.isdigit():
            words[-1:] = [f"{words[-1]} {int(step) + 1}"] if words else []
            continue
        field = next((item for item in fields if item["name"] == step), None)
        words.append(str(field["label"]) if field else step.replace("_", " "))
        fields = field.get("fields", ()) if field else ()
    return ", ".join(words)
