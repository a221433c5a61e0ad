"""Mark functions as hook implementations."""

from polyclinic.plugins.markers import CONTRACT_VERSION, hookimpl

__all__ = ["CONTRACT_VERSION", "hookimpl"]
