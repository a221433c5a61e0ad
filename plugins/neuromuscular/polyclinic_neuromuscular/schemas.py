"""The schema of a protocol section: lenient for a draft (`partial=True`), complete for signing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from polyclinic.sdk.forms import SectionSchema, WholeNumber, boolean, choice, group, repeater, text
from polyclinic_neuromuscular.choices import (
    condition_names,
    enum_names,
    muscle_names,
    region_names,
    technique_names,
    tool_names,
)
from polyclinic_neuromuscular.rules.classification import classify
from polyclinic_neuromuscular.vocabulary import (
    CHART_EXTENT,
    MAX_LEVEL,
    MAX_PAIN,
    Answer,
    PointClass,
    ProtocolState,
    Relation,
    Response,
    Sensation,
    Side,
    Signal,
    View,
)

MAX_HOLD_SECONDS = 3_600
MAX_REPEATS = 50
MAX_POINTS = 100
MAX_EVENTS = 1_000

NEEDED_ALWAYS = {
    "point_id": "The point needs an id. Add it from the chart or the list.",
    "muscle_id": "Choose a muscle.",
    "side": "Choose a side: left, right or midline.",
}
NEEDED_WHEN_TREATED = {
    "technique_id": "Choose a technique, or mark the point not treated.",
    "tool": "Choose a tool, or mark the point not treated.",
    "point_pressure": "Give the pressure on the point, 0 to 5, or mark the point not treated.",
    "pain_before": "Give the pain before, 0 to 10, or mark the point not treated.",
    "pain_after": "Give the pain after, 0 to 10, or mark the point not treated.",
}
MARK = ("view", "x", "y", "chart_version")


class OneOfCatalogue(validate.OneOf):
    """One of the catalogue's ids; the catalogue is read when first asked."""

    choices_text = ""
    labels_text = ""

    def __init__(self, read: Callable[[], Mapping[str, str]], *, error: str) -> None:
        self._read = read
        self.error = error

    @cached_property
    def choices(self) -> list[str]:  # type: ignore[override]
        """The ids."""
        return list(self._read())

    @cached_property
    def labels(self) -> list[str]:  # type: ignore[override]
        """The names, in the order of the ids."""
        return list(self._read().values())


def _of_catalogue(name: str, read: Callable[[], Mapping[str, str]]) -> fields.String:
    error = f"{name} is not in the catalogue. Choose one of the list."
    return fields.String(
        validate=OneOfCatalogue(read, error=error), allow_none=True, metadata={"label": name, "widget": "choice"}
    )


def _whole(name: str, bounds: tuple[int, int], *, widget: str = "number", unit: str = "") -> WholeNumber:
    """A whole number or None; the message names the field and its bounds."""
    error = f"{name} must be {bounds[0]} to {bounds[1]}"
    return WholeNumber(
        validate=validate.Range(*bounds, error=error),
        allow_none=True,
        error_messages={"invalid": f"{error}, a whole number"},
        metadata={"label": name, "widget": widget, "unit": unit},
    )


def _pressure(name: str) -> WholeNumber:
    return _whole(name, (0, MAX_LEVEL), widget="scale", unit="of 5")


def _pain(name: str) -> WholeNumber:
    return _whole(name, (0, MAX_PAIN), widget="scale", unit="of 10")


def _be_uuid(value: str) -> None:
    try:
        UUID(value)
    except ValueError:
        raise ValidationError("The id must be a UUID.") from None


def _be_moment(value: str) -> None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValidationError("The time must be written as in 2026-11-23T10:58:00+00:00.") from None
    if moment.tzinfo is None:
        raise ValidationError("The time must name its offset from UTC.")


def _identifier(name: str) -> fields.String:
    return fields.String(validate=_be_uuid, allow_none=True, metadata={"label": name, "widget": "text"})


class CriteriaSchema(SectionSchema):
    """Answers to the nine palpation criteria; None means not recorded."""

    _ANSWERS = {answer.value: answer.value.capitalize() for answer in (Answer.YES, Answer.NO, Answer.UNSURE)}
    _TESTED = {"yes": "Yes", "no": "No", "not_tested": "Not tested"}

    taut_band = choice("Taut band", _ANSWERS)
    hypersensitive_spot = choice("Hypersensitive spot in the band", _ANSWERS)
    referred_pain = choice("Referred sensation on pressure", _ANSWERS)
    familiar_pain = choice("Client recognises it as their symptom", _ANSWERS)
    local_twitch = choice("Local twitch response", _TESTED)
    jump_sign = choice("Jump sign (flinch)", _ANSWERS)
    nodule = choice("Palpable nodule", _ANSWERS)
    painful_limit_rom = choice("Painful limit on stretch", _ANSWERS)
    weakness = choice("Weakness without wasting", _ANSWERS)


class PointSchema(SectionSchema):
    """One point; complete with muscle, side, technique, tool, pressure and both pain scores, or not treated (S2)."""

    point_id = _identifier("Point id")
    muscle_id = _of_catalogue("Muscle", muscle_names)
    side = choice("Side", enum_names(Side))
    view = choice("View", enum_names(View))
    x = _whole("The mark's x", (0, CHART_EXTENT))
    y = _whole("The mark's y", (0, CHART_EXTENT))
    chart_version = _whole("Chart version", (1, 10_000))
    region_id = _of_catalogue("Region", region_names)
    criteria = group("Palpation", CriteriaSchema)
    classification = choice("Class by the palpation rule", enum_names(PointClass))
    classification_override = choice("Class by the therapist", enum_names(PointClass))
    override_reason = text("Reason for another class", maximum=500)
    relation = choice("Relation", enum_names(Relation))
    referral_region_ids = fields.List(
        fields.String(validate=OneOfCatalogue(region_names, error="Refers to: choose regions of the list.")),
        allow_none=True,
        validate=validate.Length(max=30),
        metadata={"label": "Refers to", "widget": "multichoice"},
    )
    technique_id = _of_catalogue("Technique", technique_names)
    tool = _of_catalogue("Tool", tool_names)
    site_override_reason = text("Reason for elbow work at this site", maximum=500)
    planned_pressure = _pressure("Planned pressure")
    planned_hold_seconds = _whole("Planned hold", (0, MAX_HOLD_SECONDS), widget="duration", unit="s")
    surround_pressure = _pressure("Pressure around the point")
    point_pressure = _pressure("Pressure")
    hold_seconds = _whole("Hold", (0, MAX_HOLD_SECONDS), widget="duration", unit="s")
    repeats = _whole("Repeats", (0, MAX_REPEATS))
    pain_before = _pain("Pain before")
    pain_after = _pain("Pain after")
    response = choice("Response", enum_names(Response))
    comment = text("Comment", maximum=1_000)
    carried_from = text("Copied from the visit on", maximum=40)
    not_treated = boolean("Not treated")

    @validates_schema
    def require_complete(self, data: dict[str, Any], *, partial: object, **_options: object) -> None:
        """Ask for everything a signed point needs; a draft may lack it."""
        if partial:
            return
        needed = NEEDED_ALWAYS if data.get("not_treated") else {**NEEDED_ALWAYS, **NEEDED_WHEN_TREATED}
        errors = {name: [message] for name, message in needed.items() if data.get(name) is None}
        if data.get("classification_override") and not (data.get("override_reason") or "").strip():
            errors["override_reason"] = ["Give the reason why the class differs from the rule."]
        if len({data.get(name) is None for name in MARK}) > 1:
            errors["view"] = ["A mark needs its view, x, y and chart version. Place it again on the chart."]
        if errors:
            raise ValidationError(errors)

    @post_load
    def classify_point(self, data: dict[str, Any], **_options: object) -> dict[str, Any]:
        """Write the class that follows from the criteria; what was sent is not trusted."""
        return {**data, "classification": classify(data.get("criteria") or {}).value}


class FeedbackEventSchema(SectionSchema):
    """One entry of the feedback log."""

    event_id = _identifier("Entry id")
    at = fields.String(validate=_be_moment, allow_none=True, metadata={"label": "At (UTC)", "widget": "text"})
    point_id = _identifier("Point id")
    signal = choice("Signal", enum_names(Signal))
    level_before = _pressure("Pressure before the signal")
    level_after = _pressure("Pressure after the signal")
    pain = _pain("Pain under pressure")
    pain_before = _pain("Pain before the signal")
    pain_after = _pain("Pain after the signal")
    sensation = choice("Sensation", enum_names(Sensation))
    note = text("Note", maximum=500)
    reason = text("Reason to resume", maximum=500)


class ProtocolSchema(SectionSchema):
    """A trigger-point protocol."""

    condition_id = _of_catalogue("Condition", condition_names)
    state = choice("State", enum_names(ProtocolState))
    pause_reason = text("Reason for the pause or early end", maximum=500)
    resume_reason = text("Reason to resume", maximum=500, help="Taken into the log when the treatment resumes.")
    points = repeater("Points", PointSchema, maximum=MAX_POINTS, widget="bodychart")
    feedback = repeater("Feedback", FeedbackEventSchema, maximum=MAX_EVENTS)

    @validates_schema
    def require_own_ids(self, data: dict[str, Any], **_options: object) -> None:
        """Refuse two points with one id: their pain scores could not be told apart."""
        ids = [point.get("point_id") for point in data.get("points") or () if point.get("point_id")]
        if len(ids) != len(set(ids)):
            raise ValidationError({"points": ["Two points have the same id. Remove one of them."]})
