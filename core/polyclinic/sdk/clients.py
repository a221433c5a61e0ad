"""What happens to a client as a whole: merged, parted again, erased, exported."""

from polyclinic.plugins.client_changes import ClientErasure, ClientMerge, ExportPiece, Receipt

__all__ = ["ClientErasure", "ClientMerge", "ExportPiece", "Receipt"]
