"""Configuration from the environment; every setting has a documented default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class ConfigError(Exception):
    """A setting is missing or cannot be used; the text names the variable and the remedy."""


@dataclass(frozen=True)
class Config:
    """All settings of one process."""

    database_url: str
    """DATABASE_URL: the application's own login (role `polyclinic_app`)."""
    owner_url: str = ""
    """DATABASE_OWNER_URL: the owner's login, for migrations only."""
    worker_url: str = ""
    """DATABASE_WORKER_URL: the job worker's login (role `polyclinic_worker`); default: DATABASE_URL."""
    is_demo: bool = False
    """POLYCLINIC_DEMO=1: demo data, demo passwords and plain-http cookies are accepted."""
    secure_cookies: bool = True
    """POLYCLINIC_SECURE_COOKIES=0 allows cookies over plain http (demo and tests)."""
    threads: int = 4
    """POLYCLINIC_THREADS: request threads of one process = size of its connection pool."""
    pool_timeout_seconds: float = 1.0
    """POLYCLINIC_POOL_TIMEOUT: wait for a free connection before answering 503."""
    max_body_bytes: int = 2 * 1024 * 1024
    """POLYCLINIC_MAX_BODY_BYTES: larger requests are answered 413."""
    idle_minutes: int = 15
    """POLYCLINIC_IDLE_MINUTES: a session ends after this time without use."""
    session_hours: int = 12
    """POLYCLINIC_SESSION_HOURS: a session ends after this time in any case."""
    log_json: bool = True
    """POLYCLINIC_LOG=text gives readable logs instead of JSON lines."""
    requests_per_minute: int = 3000
    """POLYCLINIC_REQUESTS_PER_MINUTE: rate limit of one API key, per worker process."""
    disabled_plugins: frozenset[str] = field(default_factory=frozenset)
    """POLYCLINIC_DISABLED_PLUGINS: comma-separated ids that are not loaded at all."""
    static_root: Path | None = None

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> Config:
        """Read the configuration; raises `ConfigError` when DATABASE_URL is missing or a number is none."""
        env = os.environ if environment is None else environment
        url = env.get("DATABASE_URL", "")
        if not url:
            raise ConfigError(
                "DATABASE_URL is not set. Give the address of a PostgreSQL 17+ database, or run `make demo`."
            )
        return Config(
            database_url=url,
            owner_url=env.get("DATABASE_OWNER_URL", ""),
            worker_url=env.get("DATABASE_WORKER_URL", url),
            is_demo=_flag(env, "POLYCLINIC_DEMO", default=False),
            secure_cookies=_flag(env, "POLYCLINIC_SECURE_COOKIES", default=True),
            threads=_number(env, "POLYCLINIC_THREADS", 4),
            pool_timeout_seconds=float(_number(env, "POLYCLINIC_POOL_TIMEOUT", 1)),
            max_body_bytes=_number(env, "POLYCLINIC_MAX_BODY_BYTES", 2 * 1024 * 1024),
            idle_minutes=_number(env, "POLYCLINIC_IDLE_MINUTES", 15),
            session_hours=_number(env, "POLYCLINIC_SESSION_HOURS", 12),
            log_json=env.get("POLYCLINIC_LOG", "json") != "text",
            requests_per_minute=_number(env, "POLYCLINIC_REQUESTS_PER_MINUTE", 3000),
            disabled_plugins=frozenset(filter(None, env.get("POLYCLINIC_DISABLED_PLUGINS", "").split(","))),
        )


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    return default if value == "" else value in {"1", "true", "yes", "on"}


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "").strip()
    if not value:
        return default
    if not value.isdigit() or int(value) == 0:
        raise ConfigError(f"{name} must be a whole number above 0, not {value!r}.")
    return int(value)
