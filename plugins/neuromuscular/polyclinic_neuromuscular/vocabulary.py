"""Closed sets and limits of the neuromuscular protocol."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

PLUGIN_ID: Final = "neuromuscular"
SECTION_KEY: Final = "neuromuscular.protocol"
MODALITY: Final = "neuromuscular"

MAX_LEVEL: Final = 5
"""Top of the applied pressure scale; 0 is a resting hand."""
MAX_PAIN: Final = 10
"""Top of the client's pain scale."""
CHART_EXTENT: Final = 1000
"""A mark's x and y run from 0 to this, of the view's box."""
CAUTION_ABOVE: Final = 7
"""Pain under pressure above this eases the pressure (rule fb3)."""
STOP_FROM: Final = 8
"""Pain under pressure from this releases the pressure and pauses (rule fb4)."""
SENSITISED_PAIN_MAX: Final = 3
"""Pain under pressure that a sensitised client should not exceed."""
MAX_RAISES: Final = 3
"""Raises of the pressure on one point in one visit (rule fb5)."""


class ProtocolState(StrEnum):
    """Where the treatment stands."""

    TREATING = "treating"
    PAUSED = "paused"
    ENDED_EARLY = "ended_early"


class Side(StrEnum):
    """Side of the client's body."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class View(StrEnum):
    """View of the body chart that carries the mark."""

    FRONT = "front"
    BACK = "back"


class Answer(StrEnum):
    """Answer to one palpation criterion; a missing answer is None, never no."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    NOT_TESTED = "not_tested"


class PointClass(StrEnum):
    """What palpation found."""

    ACTIVE = "active"
    LATENT = "latent"
    TENDER_POINT = "tender_point"
    UNDETERMINED = "undetermined"


class Relation(StrEnum):
    """How a point relates to other points."""

    KEY = "key"
    SATELLITE = "satellite"
    ATTACHMENT = "attachment"
    CENTRAL = "central"
    PRIMARY = "primary"
    ASSOCIATED = "associated"


class Response(StrEnum):
    """How the point answered the treatment."""

    RELEASED = "released"
    EASED = "eased"
    NO_CHANGE = "no_change"
    WORSE = "worse"


class Signal(StrEnum):
    """What the client signals under pressure; `resume` is the therapist's entry that ends a pause."""

    MORE = "more"
    GOOD = "good"
    LESS = "less"
    STOP = "stop"
    RESUME = "resume"


class Sensation(StrEnum):
    """Quality of what the client feels under pressure."""

    ACHE = "ache"
    SHARP = "sharp"
    BURNING = "burning"
    PULLING = "pulling"
    WARMTH = "warmth"
    TINGLING = "tingling"
    NUMBNESS = "numbness"
    DIZZINESS = "dizziness"


STOPPING_SENSATIONS: Final = frozenset({Sensation.TINGLING, Sensation.NUMBNESS, Sensation.DIZZINESS})
"""Sensations that release the pressure whatever the number says (rule fb4)."""


class ProtocolRefused(ValueError):
    """An edit that the protocol does not allow; the text says what to do instead."""
