"""Schema base and field helpers for section forms."""

from polyclinic.plugins.fields import (
    Choices,
    FieldOptions,
    SectionSchema,
    WholeNumber,
    boolean,
    choice,
    date,
    decimal,
    duration_seconds,
    group,
    multichoice,
    number,
    pressure_0_5,
    repeater,
    scale_0_10,
    text,
)

__all__ = [
    "Choices",
    "FieldOptions",
    "SectionSchema",
    "WholeNumber",
    "boolean",
    "choice",
    "date",
    "decimal",
    "duration_seconds",
    "group",
    "multichoice",
    "number",
    "pressure_0_5",
    "repeater",
    "scale_0_10",
    "text",
]
