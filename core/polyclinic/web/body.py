"""Read a JSON body: size, depth and characters are limited before any schema sees it."""

from __future__ import annotations

from typing import Any

import orjson
from flask import current_app, g, request

from polyclinic.kit.errors import Malformed, TooLarge

MAX_DEPTH = 32


def read_json() -> Any:
    """Return the parsed body; raises `Malformed` or `TooLarge`, never a server error."""
    limit = current_app.config["POLYCLINIC"].max_body_bytes
    if (request.content_length or 0) > limit:
        raise TooLarge(f"The request is larger than {limit // 1024} KiB. Nothing was saved; send less at a time.")
    if request.mimetype not in {"application/json", "application/merge-patch+json"}:
        raise Malformed("Send the body as application/json.")
    # Kept: a request that is tried again after a conflict in the database reads its body once more.
    raw = g.raw_body = request.get_data(cache=True)
    if not raw:
        raise Malformed("The body is empty. Send a JSON object.")
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed("The body is not valid JSON, or nested too deeply (32 levels at most).") from error
    if _depth_exceeds(parsed, MAX_DEPTH):
        raise Malformed("The body is nested too deeply: 32 levels at most.")
    if b"\\u0000" in raw:
        raise Malformed("The body holds a NUL character (\\u0000), which cannot be stored. Remove it.")
    return parsed


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for item in level if isinstance(item, dict | list) for child in _children(item)]
        if not level:
            return False
    return any(isinstance(item, dict | list) for item in level)


def _children(item: dict[str, Any] | list[Any]) -> Any:
    return item.values() if isinstance(item, dict) else item
