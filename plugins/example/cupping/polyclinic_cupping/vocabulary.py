"""The words of the modality: sites on the body chart, suction, reactions of the skin."""

from dataclasses import dataclass
from enum import StrEnum

CHART_VERSION = 1


@dataclass(frozen=True)
class Site:
    """A place for a cup: its name and its mark on core's body chart."""

    name: str
    x: int
    y: int


SITES = {
    "upper_shoulder-left": Site("Top of shoulder, left", 391, 178),
    "upper_shoulder-right": Site("Top of shoulder, right", 609, 178),
    "thoracic_upper-left": Site("Upper back, left", 460, 222),
    "thoracic_upper-right": Site("Upper back, right", 540, 222),
    "thoracic_mid-left": Site("Middle back, left", 443, 287),
    "thoracic_mid-right": Site("Middle back, right", 557, 287),
    "lumbar-left": Site("Low back, left", 444, 392),
    "lumbar-right": Site("Low back, right", 556, 392),
    "buttock-left": Site("Buttock, left", 388, 485),
    "buttock-right": Site("Buttock, right", 612, 485),
}
"""By region of the chart's back view."""


class Suction(StrEnum):
    """How strongly a cup draws."""

    LIGHT = "light"
    MEDIUM = "medium"
    STRONG = "strong"


class Reaction(StrEnum):
    """What the skin shows when the cup comes off."""

    NONE = "none"
    PINK = "pink"
    RED = "red"
    DARK = "dark"
    BLISTER = "blister"
