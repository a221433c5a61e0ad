"""Background work of a plugin."""

from polyclinic.plugins.work import Job

__all__ = ["Job"]
