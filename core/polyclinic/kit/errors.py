"""The errors that services raise; the web edge alone maps them to answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class PolyclinicError(Exception):
    """Something the caller can be told: what happened and what to do about it."""

    code = "error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotSignedIn(PolyclinicError):
    """No valid credential came with the request."""

    code = "not_signed_in"


class NotAllowed(PolyclinicError):
    """The actor sees the thing but lacks the permission."""

    code = "not_allowed"

    def __init__(self, detail: str, *, permission: str = "") -> None:
        super().__init__(detail)
        self.permission = permission


class NotFound(PolyclinicError):
    """There is no such thing within the actor's scope."""

    code = "not_found"

    def __init__(self, noun: str) -> None:
        super().__init__(f"There is no such {noun} here, or it lies outside your clinics.")


class Malformed(PolyclinicError):
    """The request could not be read at all."""

    code = "malformed"


class TooLarge(PolyclinicError):
    """The request is larger than the limit."""

    code = "too_large"


@dataclass(frozen=True)
class FieldError:
    """One wrong input: a JSON pointer, a stable code and a message that names the remedy."""

    pointer: str
    detail: str
    code: str = "invalid"


class Invalid(PolyclinicError):
    """Input that was read but cannot be accepted; carries one error per field."""

    code = "invalid"

    def __init__(self, errors: Mapping[str, str] | Sequence[FieldError], detail: str = "") -> None:
        if isinstance(errors, Mapping):
            self.errors = tuple(FieldError(pointer=_pointer(field), detail=text) for field, text in errors.items())
        else:
            self.errors = tuple(errors)
        super().__init__(detail or "Some fields need a correction: " + "; ".join(e.detail for e in self.errors))


class Conflict(PolyclinicError):
    """The state of something else forbids this change."""

    code = "conflict"

    def __init__(self, detail: str, *, code: str = "conflict", conflicts: Sequence[BookingConflict] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True)
class BookingConflict:
    """One reason why a time cannot be booked; `ref` is given only within the actor's clinics."""

    code: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    detail: str = ""
    ref: str | None = None


class Stale(PolyclinicError):
    """The row changed since it was read; `row_version` is the current one, `current` what it holds now."""

    code = "stale"

    def __init__(self, detail: str, *, row_version: int, current: Any = None) -> None:
        super().__init__(detail)
        self.row_version = row_version
        self.current = current


class VersionMissing(PolyclinicError):
    """A change came without the version it is based on."""

    code = "version_missing"


class TooMany(PolyclinicError):
    """The caller exceeded a rate limit; `retry_after` is in seconds."""

    code = "too_many_requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(PolyclinicError):
    """The database or another part cannot answer at the moment; `retry_after` is in seconds."""

    code = "unavailable"

    def __init__(
        self, detail: str = "The service is busy. Nothing was changed; try again.", *, retry_after: int = 2
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


def _pointer(field: str) -> str:
    return field if field.startswith("/") else "/" + field.replace(".", "/")
