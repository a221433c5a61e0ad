"""What core does with sections of plugins, each call isolated: load, summarise, measure, mark, print, act, carry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from polyclinic.kit.errors import Conflict, FieldError, Invalid, NotFound
from polyclinic.plugins.canonical import NotCanonicalError, canonical_json
from polyclinic.plugins.contract import (
    ClientFacts,
    Finding,
    Mark,
    Measurement,
    Moment,
    SafetyRule,
    SectionData,
)
from polyclinic.plugins.dispatch import Dispatcher, PluginFailed
from polyclinic.plugins.isolation import attempt
from polyclinic.plugins.print_view import print_view
from polyclinic.plugins.runtime import PluginRuntime, runtime
from polyclinic.plugins.sections import (
    CORE,
    DescribedSection,
    SectionCatalogue,
    load_lenient,
    load_strict,
    upcast,
)
from polyclinic.records.chart_places import refuse_marks_beside_the_body
from polyclinic.records.content import SignedMeasurement, SignedSection
from polyclinic.records.core_sections.safety import safety_section
from polyclinic.records.core_sections.soap import soap_section
from polyclinic.records.field_labels import field_label
from polyclinic.records.red_flags import red_flag_rules
from polyclinic.records.vocabulary import MAX_SECTION_BYTES, SAFETY, SOAP

T = TypeVar("T")

CORE_VERSION = "1"
"""Version of core's own sections, stored where a plugin's version stands."""
UNCHECKED = "This part could not be checked just now. It is saved as you typed it."


@dataclass(frozen=True)
class _Passed:
    error: Exception


@dataclass(frozen=True)
class SectionWork:
    """Core's sections and those of the loaded plugins, with the dispatcher that isolates them."""

    plugins: PluginRuntime

    @property
    def dispatcher(self) -> Dispatcher:
        """Return what isolates the plugins' code."""
        return self.plugins.dispatcher

    @cached_property
    def catalogue(self) -> SectionCatalogue:
        """Every section type that this process can edit and sign."""
        return SectionCatalogue.of((soap_section(), safety_section(), *self.plugins.registry.sections.values()))

    def offered(self, organisation_id: UUID, clinic_id: UUID, modality: str | None) -> tuple[DescribedSection, ...]:
        """Return what a record of this service holds: core's sections first, then those of enabled plugins."""
        own = (self.catalogue.get(SOAP), self.catalogue.get(SAFETY))
        added = self.plugins.sections_for(organisation_id, clinic_id, modality)
        return own + tuple(self.catalogue.get(section.key) for section in added)

    def safety_rules(self, organisation_id: UUID, clinic_id: UUID) -> tuple[SafetyRule, ...]:
        """Return core's red flags and the rules of the plugins that are on at the clinic, one for each code."""
        found = {rule.code: rule for rule in red_flag_rules()}
        for rule in self.plugins.safety_rules(organisation_id, clinic_id):
            found.setdefault(rule.code, rule)
        return tuple(found.values())

    def descriptions(self, keys: Iterable[str]) -> list[DescribedSection]:
        """Return the loaded section types of these keys, whose descriptions are stored with what is signed."""
        return [described for key in keys if (described := self.catalogue.find(key)) is not None]

    def load_draft(self, described: DescribedSection, data: SectionData) -> tuple[dict[str, Any], list[FieldError]]:
        """Return what is kept of a draft's section and what is wrong with it; never refuses for wrong content.

        Raises `Invalid` when the data cannot be kept at all: not JSON without loss, or too large.
        """
        key = described.section_type.key
        plain = _plain(key, data)
        outcome = attempt(lambda: load_lenient(described.section_type, plain))
        if isinstance(outcome.error, Invalid):
            raise Invalid(within(key, outcome.error.errors))
        if outcome.value is None:
            return plain, [FieldError(f"/sections/{key}", UNCHECKED, "could_not_check")]
        kept, errors = outcome.value
        return kept, within(key, errors)

    def load_signed(self, described: DescribedSection, data: SectionData) -> dict[str, Any]:
        """Return the data as they are signed; raises `Invalid` naming plugin, section and field."""
        section_type = described.section_type
        try:
            loaded = self._call(described, lambda: load_strict(section_type, data))
            refuse_marks_beside_the_body(self.marks(described, loaded))
        except Invalid as refused:
            raise Invalid(within(section_type.key, refused.errors, described)) from refused
        return loaded

    def check(self, described: DescribedSection, data: SectionData, facts: ClientFacts) -> tuple[Finding, ...]:
        """Return the section's findings; a check that fails becomes one that must be acknowledged."""
        return self.dispatcher.check_section(described.section_type, data, facts)

    def seal(self, described: DescribedSection, data: dict[str, Any]) -> SignedSection:
        """Return the section with everything that shows it without its plugin; raises `Conflict` when it cannot."""
        section_type = described.section_type
        return SignedSection(
            section_key=section_type.key,
            title=section_type.title,
            plugin_id=described.plugin_id,
            plugin_version=self._version(described.plugin_id),
            schema_version=section_type.version,
            schema_digest=described.digest,
            data=data,
            summary=str(self._call(described, lambda: section_type.summarize(data))),
            print_view=[dict(vars(row)) for row in print_view(described.description, data)],
            marks=self.marks(described, data),
        )

    def marks(self, described: DescribedSection, data: SectionData) -> list[dict[str, Any]]:
        """Return the section's marks on the body chart as plain data; raises `Conflict` when it cannot."""

        def marked() -> list[dict[str, Any]]:
            found: Sequence[Mark] = described.section_type.marks(data) or ()
            plain: list[dict[str, Any]] = json.loads(canonical_json([dict(vars(mark)) for mark in found]))
            return plain

        return self._call(described, marked)

    def shown_marks(self, described: DescribedSection, data: SectionData) -> list[dict[str, Any]]:
        """Return the marks of a draft, none when they cannot be made from what was typed so far."""
        try:
            return self.marks(described, data)
        except Conflict:
            return []

    def choices(self, described: DescribedSection) -> Mapping[str, Any]:
        """Return the extra values of a section's template, none when its plugin fails."""
        made = described.section_type.choices
        if made is None:
            return {}
        try:
            return self._call(described, made)
        except Conflict:
            return {}

    def measure(self, described: DescribedSection, data: SectionData) -> list[SignedMeasurement]:
        """Return the section's measurements; raises `Conflict` when it cannot."""
        key = described.section_type.key

        def measured() -> list[SignedMeasurement]:
            found: Sequence[Measurement] = described.section_type.measure(data) or ()
            return [
                SignedMeasurement(
                    key, m.code, Decimal(m.value), m.unit, Moment(m.moment).value, m.subject_id, m.region_id, m.side
                )
                for m in found
            ]

        return self._call(described, measured)

    def act(
        self, described: DescribedSection, action: str, data: SectionData, arguments: SectionData
    ) -> dict[str, Any]:
        """Return the data after one of the section's actions.

        Raises `NotFound` for an unknown action, and `Conflict` with the section's own words when it refuses (it does so
        by raising a `ValueError`) or with the plugin's name when it fails.
        """
        function = described.section_type.actions.get(action)
        if function is None:
            raise NotFound("action of this section")
        try:
            return self._call(described, lambda: dict(function(data, arguments)), passing=(ValueError,))
        except ValueError as refusal:
            raise Conflict(str(refusal)[:500], code="action_refused") from refusal

    def carry(self, stored: SignedSection, described: DescribedSection, service_on: str) -> dict[str, Any]:
        """Return what the next visit takes over from a signed section; nothing when it cannot be lifted or read."""
        section_type = described.section_type

        def carried() -> dict[str, Any]:
            lifted = upcast(section_type, stored.data, stored.schema_version)
            extra = {} if described.plugin_id == CORE else {"_service_on": service_on}
            return dict(section_type.carry_forward({**lifted, **extra}))

        try:
            return self._call(described, carried)
        except Conflict:
            return {}

    def lift(self, stored: SignedSection) -> dict[str, Any] | None:
        """Return signed data in the current form of their section, None when its plugin is gone, older or raises."""
        described = self.catalogue.find(stored.section_key)
        if described is None:
            return None
        return attempt(lambda: upcast(described.section_type, stored.data, stored.schema_version)).value

    def _call(
        self, described: DescribedSection, function: Callable[[], T], passing: tuple[type[Exception], ...] = (Invalid,)
    ) -> T:
        """Isolate a call of plugin code; errors of the types `passing` come through as they are."""

        def guarded() -> T | _Passed:
            try:
                return function()
            except passing as error:
                return _Passed(error)

        try:
            answer = self.dispatcher.safe_call(described.plugin_id, guarded)
        except PluginFailed as failed:
            raise Conflict(failed.detail, code=failed.code) from failed
        if isinstance(answer, _Passed):
            raise answer.error
        return answer

    def _version(self, plugin_id: str) -> str:
        plugin = self.plugins.registry.find(plugin_id)
        return plugin.version if plugin else CORE_VERSION


_held: dict[str, SectionWork] = {}


def section_work() -> SectionWork:
    """Return the work on the process's plugins; made anew when the composition root hands in another runtime."""
    held = _held.get("work")
    if held is None or held.plugins is not runtime():
        held = _held["work"] = SectionWork(runtime())
    return held


def within(key: str, errors: Iterable[FieldError], described: DescribedSection | None = None) -> list[FieldError]:
    """Return the errors with pointers from the record's root; with `described` the text names section and field."""
    return [
        FieldError(
            f"/sections/{key}{error.pointer.rstrip('/')}",
            _worded(described, error) if described else error.detail,
            error.code,
        )
        for error in errors
    ]


_MISSING = "Missing data for required field."


def _worded(described: DescribedSection, error: FieldError) -> str:
    owner = "" if described.plugin_id == CORE else f" ({described.plugin_id})"
    label = field_label(described.description, error.pointer)
    where = f"{described.section_type.title}{owner}: {label}".removesuffix(": ")
    return f"{where} is missing." if error.detail == _MISSING else f"{where}: {error.detail}"


def _plain(key: str, data: SectionData) -> dict[str, Any]:
    try:
        text = canonical_json(dict(data))
    except NotCanonicalError as error:
        raise Invalid([FieldError(f"/sections/{key}", str(error), "not_canonical")]) from error
    if len(text) > MAX_SECTION_BYTES:
        limit = MAX_SECTION_BYTES // 1024
        raise Invalid(
            [FieldError(f"/sections/{key}", f"This part is larger than {limit} KiB. Shorten it.", "too_large")]
        )
    plain: dict[str, Any] = json.loads(text)
    return plain
