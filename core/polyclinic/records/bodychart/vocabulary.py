"""The closed sets of the body chart."""

from enum import StrEnum


class Side(StrEnum):
    """The client's own side, not the screen's."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class Zone(StrEnum):
    """A part of the body that a small screen zooms to before a mark is placed."""

    HEAD_NECK = "head_neck"
    SHOULDER_GIRDLE = "shoulder_girdle"
    ARM = "arm"
    TRUNK = "trunk"
    LOW_BACK_HIP = "low_back_hip"
    THIGH = "thigh"
    LEG_FOOT = "leg_foot"


class ZoneSide(StrEnum):
    """Which half of the view a zone box shows; the arms lie so far apart that each has its own box."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
