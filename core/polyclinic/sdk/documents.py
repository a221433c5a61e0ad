"""Documents that a plugin makes, and the writer of PDF files."""

from polyclinic.kit.pdf import PdfAlign, PdfColumn, PdfWriter
from polyclinic.plugins.documents import Document, DocumentTemplate

__all__ = ["Document", "DocumentTemplate", "PdfAlign", "PdfColumn", "PdfWriter"]
