"""What a plugin's services raise; core turns them into answers."""

from polyclinic.kit.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound, PolyclinicError, Stale

__all__ = ["Conflict", "FieldError", "Invalid", "NotAllowed", "NotFound", "PolyclinicError", "Stale"]
