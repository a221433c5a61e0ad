"""Schema base and field helpers for forms of sections, settings and reports, and forms made from such schemas."""

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
from polyclinic.plugins.forms import FormField
from polyclinic.plugins.schema_forms import read_schema_form, schema_form

__all__ = [
    "Choices",
    "FieldOptions",
    "FormField",
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
    "read_schema_form",
    "repeater",
    "scale_0_10",
    "schema_form",
    "text",
]
