"""What a plugin's services raise; core turns them into answers."""

from polyclinic.kit.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound, PolyclinicError

__all__ = ["Conflict", "FieldError", "Invalid", "NotAllowed", "NotFound", "PolyclinicError"]
