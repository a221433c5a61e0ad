"""The protocol as a section of the treatment record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyclinic.sdk.sections import SectionType
from polyclinic_neuromuscular.actions import (
    add_point,
    apply_plan,
    end_early,
    log_feedback,
    mark_not_treated,
    remove_point,
    resume,
)
from polyclinic_neuromuscular.carrying import carry_forward
from polyclinic_neuromuscular.chart import marks
from polyclinic_neuromuscular.choices import editor_choices
from polyclinic_neuromuscular.measures import measure
from polyclinic_neuromuscular.rules.signing import check_protocol
from polyclinic_neuromuscular.schemas import ProtocolSchema
from polyclinic_neuromuscular.summary import summarize
from polyclinic_neuromuscular.views import protocol_view
from polyclinic_neuromuscular.vocabulary import MODALITY, SECTION_KEY

ACTIONS = {
    "add_point": add_point,
    "remove_point": remove_point,
    "mark_not_treated": mark_not_treated,
    "apply_plan": apply_plan,
    "log_feedback": log_feedback,
    "resume": resume,
    "end_early": end_early,
}


def protocol_choices() -> Mapping[str, Any]:
    """Give the options of the editor's selects and `view`, which turns data into what the templates show."""
    return editor_choices(protocol_view)


def protocol_section() -> SectionType:
    """Give the section `neuromuscular.protocol`, offered to services of the modality."""
    return SectionType(
        key=SECTION_KEY,
        version=1,
        title="Trigger-point protocol",
        schema=ProtocolSchema,
        applies_to=frozenset({MODALITY}),
        template="neuromuscular/protocol_edit.html",
        styles=("protocol.css",),
        choices=protocol_choices,
        summarize=summarize,
        marks=marks,
        measure=measure,
        check=check_protocol,
        carry_forward=carry_forward,
        actions=ACTIONS,
    )
