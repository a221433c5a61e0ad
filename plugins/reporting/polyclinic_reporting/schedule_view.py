"""What the pages of schedules show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polyclinic.sdk.context import ClinicFact
from polyclinic.sdk.money import format_moment
from polyclinic.sdk.pages import FormState
from polyclinic.sdk.reports import ReportDefinition
from polyclinic_reporting.asking import Question
from polyclinic_reporting.cadence import Rhythm
from polyclinic_reporting.exports.report_table import Format
from polyclinic_reporting.periods import PRESET_TITLES, Preset
from polyclinic_reporting.queries.schedules import ScheduleRow
from polyclinic_reporting.vocabulary import CUSTOM

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
RHYTHMS = {Rhythm.DAILY: "Every day", Rhythm.WEEKLY: "Every week", Rhythm.MONTHLY: "Every month"}
TONES = {"active": "good", "paused": "neutral", "suspended": "bad"}


@dataclass(frozen=True)
class ListedSchedule:
    """One line of the list."""

    title: str
    url: str
    when: str
    period: str
    recipients: str
    state: str
    tone: str
    remark: str
    next_run: str
    id: str
    row_version: int


@dataclass(frozen=True)
class ScheduleForm:
    """The form of a schedule."""

    report: ReportDefinition
    action: str
    state: FormState
    stored: Mapping[str, Any]
    presets: Sequence[tuple[str, str]]
    rhythms: Sequence[tuple[str, str]]
    weekdays: Sequence[tuple[str, str]]
    hours: Sequence[tuple[str, str]]
    formats: Sequence[tuple[str, str]]
    clinics: Sequence[tuple[str, str]]

    def value(self, name: str) -> Any:
        """Return what was typed, or what is stored."""
        return self.state.value(name, self.stored.get(name, ""))

    @property
    def params_text(self) -> str:
        """Return the report's own questions in words."""
        asked = json.loads(self.value("params") or "{}")
        return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in asked.items())


def listed(schedule: ScheduleRow, titles: Mapping[str, str]) -> ListedSchedule:
    """Return a line of the list."""
    return ListedSchedule(
        title=titles.get(schedule.report_key, schedule.report_key),
        url=f"/ext/reporting/schedules/{schedule.id}",
        when=when_text(schedule),
        period=PRESET_TITLES[Preset(schedule.preset)],
        recipients=", ".join(schedule.recipients),
        state=schedule.state,
        tone=TONES[schedule.state],
        remark=schedule.remark,
        next_run=format_moment(schedule.next_run_at, schedule.zone) if schedule.state == "active" else "",
        id=str(schedule.id),
        row_version=schedule.row_version,
    )


def when_text(schedule: ScheduleRow) -> str:
    """Return when a schedule runs, in words."""
    at = f"at {schedule.hour:02d}:00"
    match Rhythm(schedule.rhythm):
        case Rhythm.DAILY:
            return f"Every day {at}"
        case Rhythm.WEEKLY:
            return f"Every {WEEKDAYS[schedule.day]} {at}"
        case Rhythm.MONTHLY:
            return f"Every month on day {schedule.day} {at}"


def form_for(
    report: ReportDefinition, clinics: Sequence[ClinicFact], state: FormState, stored: Mapping[str, Any], action: str
) -> ScheduleForm:
    """Return the form of a schedule, new or stored."""
    return ScheduleForm(
        report=report,
        action=action,
        state=state,
        stored=stored,
        presets=[(preset.value, PRESET_TITLES[preset]) for preset in Preset],
        rhythms=[(rhythm.value, title) for rhythm, title in RHYTHMS.items()],
        weekdays=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        hours=[(str(hour), f"{hour:02d}:00") for hour in range(24)],
        formats=[(kind.value, kind.value.upper()) for kind in Format],
        clinics=[(str(clinic.id), clinic.name) for clinic in clinics],
    )


def stored_of(schedule: ScheduleRow) -> dict[str, Any]:
    """Return a stored schedule as its form holds it."""
    return {
        **{name: getattr(schedule, name) for name in ("report_key", "preset", "format", "rhythm", "row_version")},
        "hour": str(schedule.hour),
        "weekday": str(schedule.day),
        "monthday": schedule.day or 1,
        "clinic_ids": [str(clinic_id) for clinic_id in schedule.clinic_ids],
        "params": json.dumps(dict(schedule.params)),
        "recipients": "\n".join(schedule.recipients),
    }


def stored_from(question: Question, email: str) -> dict[str, Any]:
    """Return a new schedule's form as the report's page asked; a fixed period becomes last month."""
    return {
        "report_key": question.report,
        "preset": Preset.LAST_MONTH.value if question.preset == CUSTOM else question.preset,
        "format": Format.XLSX.value,
        "rhythm": Rhythm.MONTHLY.value,
        "weekday": "0",
        "monthday": 1,
        "hour": "7",
        "clinic_ids": [str(clinic_id) for clinic_id in question.clinic_ids],
        "params": json.dumps(dict(question.params)),
        "recipients": email,
    }
