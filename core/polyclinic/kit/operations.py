"""Alembic's operations, imported by the first migration that runs: every other process starts faster without them."""

from __future__ import annotations

from typing import Any


class _Operations:
    def __getattr__(self, name: str) -> Any:
        from alembic import op  # noqa: PLC0415 -- slow import

        return getattr(op, name)


op = _Operations()
