"""What therapists write in the benchmark: about 300 characters and one treated point, the same in every run."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

_WORDS = (
    *("tender", "band", "upper", "shoulder", "eased", "slowly", "under", "steady", "pressure", "client", "reports"),
    *("less", "pull", "when", "turning", "head", "left", "right", "range", "better", "after", "second", "hold"),
)
_MUSCLES = ("trapezius_upper", "digastric")
_REGIONS = {"trapezius_upper": "upper_shoulder-right", "digastric": "jaw-right"}
SOAP_CHARACTERS = 300
MODALITY = "neuromuscular"
PROTOCOL = "neuromuscular.protocol"


def sections_of(number: int) -> dict[str, dict[str, Any]]:
    """Return the sections of one record: notes, red flags and the protocol with region, tool, pressure and pain."""
    draw = random.Random(number)
    before = draw.randint(4, 8)
    after = draw.randint(1, before)
    return {
        "core.soap": {
            "complaint": _text(draw, 60),
            "pain_before": before,
            "pain_after": after,
            "objective": _text(draw, SOAP_CHARACTERS - 160),
            "plan": _text(draw, 100),
        },
        "core.safety": {"asked": "none"},
        PROTOCOL: {
            "condition_id": "jaw_pain",
            "state": "treating",
            "points": [_point(draw, before, after)],
            "feedback": [],
        },
    }


def _point(draw: random.Random, before: int, after: int) -> dict[str, Any]:
    muscle = draw.choice(_MUSCLES)
    return {
        "point_id": str(UUID(int=draw.getrandbits(128), version=4)),
        "muscle_id": muscle,
        "side": "right",
        "region_id": _REGIONS[muscle],
        "technique_id": "pressure_release",
        "tool": "fingers",
        "point_pressure": draw.randint(1, 3),
        "hold_seconds": 30,
        "repeats": 2,
        "pain_before": before,
        "pain_after": after,
        "response": "released",
        "not_treated": False,
    }


def _text(draw: random.Random, characters: int) -> str:
    words: list[str] = []
    while sum(map(len, words)) + len(words) < characters:
        words.append(draw.choice(_WORDS))
    return " ".join(words)[:characters].strip().capitalize()
