"""Closed sets of the plugin machinery that the database stores."""

from __future__ import annotations

from enum import StrEnum


class EnablementState(StrEnum):
    """Whether a plugin is switched on at one place."""

    ENABLED = "enabled"
    DISABLED = "disabled"


class InstallationState(StrEnum):
    """What the database knows of a plugin of this server."""

    INSTALLED = "installed"
    BROKEN = "broken"
    """Its code or its migrations failed; the data are as they were before."""
    ARCHIVED = "archived"
    """Its code is gone, its data are kept."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"
    """The plugin, or the handler, was gone or switched off when its turn came."""
    DEAD = "dead"
    """Every try failed; an administrator may have it tried again."""
