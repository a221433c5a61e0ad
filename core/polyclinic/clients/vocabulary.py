"""The closed sets of the clients feature."""

from __future__ import annotations

from enum import StrEnum

MAX_REGIONS = 100
MAX_ANSWERS = 200
DUPLICATE_LIMIT = 10


class Channel(StrEnum):
    """How a client wishes to be reached for one purpose; empty = not asked yet."""

    NOT_ASKED = ""
    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POST = "post"
    NONE = "none"


class Answer(StrEnum):
    """An answer to a question of the health history."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


STRICTEST_FIRST = (Answer.YES, Answer.UNSURE, Answer.NO)


class DuplicateReason(StrEnum):
    """Why two clients may be one person."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    BIRTH_DATE = "birth_date"
