"""Documents that a plugin makes."""

from polyclinic.plugins.documents import Document, DocumentTemplate

__all__ = ["Document", "DocumentTemplate"]
