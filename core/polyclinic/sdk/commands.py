"""Commands of a plugin, under `polyclinic ext <plugin id>`."""

from polyclinic.plugins.command_context import acting_for

__all__ = ["acting_for"]
