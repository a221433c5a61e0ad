"""What the editor page shows: ready values, so that its templates decide nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from polyclinic.access.actor import Actor
from polyclinic.clients.header import ClientHeader, header_of
from polyclinic.kit import clock
from polyclinic.kit.errors import FieldError
from polyclinic.plugins.contract import SectionData, Severity
from polyclinic.plugins.forms import FormField, build_form
from polyclinic.plugins.sections import CORE, DescribedSection
from polyclinic.records.chart_view import ChartView, chart_view
from polyclinic.records.checking import CheckFinding, find_findings
from polyclinic.records.core_sections.safety import ANSWERS, OUTCOMES, red_flags_of
from polyclinic.records.core_sections.soap import AFTERCARE, onset_of
from polyclinic.records.merging import is_blank
from polyclinic.records.queries.records import RecordRow
from polyclinic.records.red_flags import red_flag_rules
from polyclinic.records.rules import is_chronic
from polyclinic.records.section_work import SectionWork
from polyclinic.records.services.drafts import warnings_of
from polyclinic.records.services.signing import AMEND, SIGN
from polyclinic.records.visit_facts import VisitFacts, gather_visit
from polyclinic.records.vocabulary import SAFETY, SOAP

ADD_POINT = "add_point"


@dataclass(frozen=True)
class SectionFacts:
    """What a section's template may show of client and visit; `pressure_cap` 0-5 or None."""

    client: Any
    pressure_cap: int | None


@dataclass(frozen=True)
class SectionForm:
    """One plugin section in the editor: its own template with values, or the generated form's fields."""

    key: str
    title: str
    plugin_id: str
    template: str | None
    prefix: str
    data: SectionData
    errors: Mapping[str, str]
    choices: Mapping[str, Any]
    facts: SectionFacts
    fields: tuple[FormField, ...] = ()

    @property
    def element_id(self) -> str:
        """An id for the page."""
        return "section-" + self.key.replace(".", "-")

    def generated(self, fields: tuple[FormField, ...]) -> SectionForm:
        """Return the same section with the generated form."""
        return replace(self, template=None, fields=fields)


@dataclass(frozen=True)
class EditorView:
    """The editor page."""

    record: RecordRow
    client: ClientHeader
    therapist_name: str
    zone: ZoneInfo
    soap: SectionData
    soap_errors: Mapping[str, str]
    safety: SectionData
    safety_errors: Mapping[str, str]
    is_chronic: bool | None
    sections: Sequence[SectionForm]
    section_keys: Sequence[str]
    chart: ChartView
    findings: Sequence[CheckFinding]
    pressure_cap: int | None
    can_sign: bool
    saved_at: datetime
    styles: Sequence[str]
    scripts: Sequence[str]
    notice: str = ""
    notice_tone: str = "warn"

    @property
    def is_amendment(self) -> bool:
        """Whether the draft amends a signed version."""
        return self.record.draft is not None and self.record.draft.based_on_version is not None

    @property
    def stops(self) -> Sequence[CheckFinding]:
        """What speaks against treating: shown first, above everything that is typed."""
        return [finding for finding in self.findings if finding.severity is Severity.BLOCK]

    @property
    def hints(self) -> Sequence[CheckFinding]:
        """What is to be heeded or confirmed."""
        return [finding for finding in self.findings if finding.severity is not Severity.BLOCK]

    @property
    def url(self) -> str:
        """The page's address."""
        return f"/treatment-records/{self.record.id}"

    @property
    def aftercare_options(self) -> Sequence[tuple[str, str]]:
        """The ticks of aftercare."""
        return list(AFTERCARE.items())

    @property
    def red_flag_answers(self) -> Sequence[tuple[str, str]]:
        """The two answers to the red-flag question."""
        return list(ANSWERS.items())

    @property
    def red_flag_options(self) -> Sequence[tuple[str, str, str]]:
        """What can be answered yes, each with its question."""
        return [(rule.code, rule.title, rule.question) for rule in red_flag_rules()]

    @property
    def outcome_options(self) -> Sequence[tuple[str, str]]:
        """How a visit can end."""
        return list(OUTCOMES.items())

    @property
    def has_red_flags(self) -> bool:
        """Whether something was answered yes, so that the details stay open."""
        return self.safety.get("asked") == "some" or bool(red_flags_of(self.safety))


def editor_view(
    actor: Actor,
    work: SectionWork,
    record: RecordRow,
    sections: Mapping[str, dict[str, Any]],
    errors: Iterable[FieldError] = (),
) -> EditorView:
    """Return the editor of a draft that shows `sections` (the stored ones, or what was typed and could not be kept)."""
    visit = gather_visit(actor, work, record, sections)
    described = _shown(actor, work, record, sections)
    by_section = _by_section([*errors, *warnings_of(work, sections)])
    plugin_sections = [item for item in described if item.plugin_id != CORE]
    facts = SectionFacts(visit.facts, visit.verdict.cap)
    forms = [_form(work, item, sections, by_section, facts) for item in plugin_sections]
    live = [(item, dict(sections[item.section_type.key])) for item in described if _has_content(sections, item)]
    draft = record.draft
    return EditorView(
        record=record,
        client=header_of(visit.client, visit.flags, record.service_on),
        therapist_name=record.therapist_name,
        zone=ZoneInfo(record.time_zone),
        soap=sections.get(SOAP, {}),
        soap_errors=by_section.get(SOAP, {}),
        safety=sections.get(SAFETY, {}),
        safety_errors=by_section.get(SAFETY, {}),
        is_chronic=is_chronic(onset_of(sections.get(SOAP, {})), record.service_on),
        sections=forms,
        section_keys=[item.section_type.key for item in described],
        chart=chart_view(_marks(work, live), _placers(plugin_sections)),
        findings=find_findings(work, visit, live),
        pressure_cap=visit.verdict.cap,
        can_sign=_can_sign(actor, visit),
        saved_at=draft.updated_at if draft else clock.now(),
        styles=[f"ext/{item.plugin_id}/{name}" for item in plugin_sections for name in item.section_type.styles],
        scripts=[f"ext/{item.plugin_id}/{name}" for item in plugin_sections for name in item.section_type.scripts],
    )


def generated_fields(
    described: DescribedSection, data: SectionData, errors: Mapping[str, str]
) -> tuple[FormField, ...]:
    """Return the generated form of a section."""
    return build_form(described.description, described.section_type.key, data, errors)


def _shown(actor: Actor, work: SectionWork, record: RecordRow, sections: Mapping[str, Any]) -> list[DescribedSection]:
    offered = list(work.offered(actor.organisation_id, record.clinic_id, record.modality))
    known = {item.section_type.key for item in offered}
    return offered + work.descriptions(key for key in sections if key not in known)


def _form(
    work: SectionWork,
    described: DescribedSection,
    sections: Mapping[str, Any],
    errors: Mapping[str, Mapping[str, str]],
    facts: SectionFacts,
) -> SectionForm:
    section_type = described.section_type
    data, own = sections.get(section_type.key, {}), errors.get(section_type.key, {})
    template = section_type.template
    return SectionForm(
        key=section_type.key,
        title=section_type.title,
        plugin_id=described.plugin_id,
        template=template,
        prefix=f"{section_type.key}:",
        data=data,
        errors=own,
        choices=work.choices(described),
        facts=facts,
        fields=() if template else generated_fields(described, data, own),
    )


def _by_section(errors: Iterable[FieldError]) -> dict[str, dict[str, str]]:
    """Return messages by section key and by pointer within the section."""
    found: dict[str, dict[str, str]] = {}
    for error in errors:
        _, root, key, *rest = [*error.pointer.split("/", 3), "", "", ""][:4]
        if root == "sections":
            found.setdefault(key, {}).setdefault(f"/{rest[0]}" if rest and rest[0] else "", error.detail)
    return found


def _has_content(sections: Mapping[str, Any], described: DescribedSection) -> bool:
    return not is_blank(sections.get(described.section_type.key) or {})


def _marks(work: SectionWork, live: Sequence[tuple[DescribedSection, SectionData]]) -> list[dict[str, Any]]:
    return [mark for described, data in live for mark in work.shown_marks(described, data)]


def _placers(described: Sequence[DescribedSection]) -> list[tuple[str, str]]:
    """Return the buttons that add a point: value and label."""
    return [
        (f"{item.section_type.key}:{ADD_POINT}:", item.section_type.title)
        for item in described
        if ADD_POINT in item.section_type.actions
    ]


def _can_sign(actor: Actor, visit: VisitFacts) -> bool:
    draft = visit.record.draft
    may_amend = draft is None or draft.based_on_version is None or actor.can(AMEND, visit.record.clinic_id)
    is_own = visit.record.therapist_member_id is not None and visit.record.therapist_member_id == actor.member_id
    return is_own and may_amend and actor.can(SIGN, visit.record.clinic_id)
