"""Where the core's migrations lie; apart from `migrating`, which loads Alembic."""

from __future__ import annotations

from pathlib import Path


def migrations_folder() -> Path:
    """Return the folder of the core's migrations: inside the installed package, else in the repository."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parents[1] / "migrations"
