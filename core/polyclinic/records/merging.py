"""JSON Merge Patch (RFC 7396) and filling of blanks: pure functions over plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BLANK: tuple[Any, ...] = (None, "", [], {})


def merge_patch(target: Any, patch: Any) -> Any:
    """Return `target` changed by `patch`: objects merge, null removes, everything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def fill_blanks(typed: Mapping[str, Any], offered: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed, with `offered` only where nothing was: nobody's text is ever overwritten."""
    return {**typed, **{name: value for name, value in offered.items() if typed.get(name) in BLANK}}


def is_blank(data: Mapping[str, Any]) -> bool:
    """Tell whether a section holds nothing."""
    return all(value in BLANK for value in data.values())
