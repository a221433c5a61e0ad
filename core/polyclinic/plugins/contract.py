"""The values that plugins hand to core: every type here is part of the public contract and re-exported by the SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

SectionData: TypeAlias = Mapping[str, Any]
"""JSON-serialisable content of one section: dict, list, str, int, bool and None only (decimals as strings)."""


class Severity(StrEnum):
    """How a finding acts on signing and booking."""

    INFO = "info"
    WARNING = "warning"
    ACKNOWLEDGE = "acknowledge"
    """Needs a tick that is stored with the record."""
    BLOCK = "block"
    """Needs the permission `treatment-records:override-block` and a reason."""


@dataclass(frozen=True)
class Finding:
    """One result of a check; `path` is a JSON pointer into the section's data, or empty."""

    code: str
    message: str
    severity: Severity
    path: str = ""


@dataclass(frozen=True)
class Mark:
    """One mark on the body chart; `x` and `y` are integers 0-1000 of the view's box, never pixels."""

    view: str
    x: int
    y: int
    chart_version: int
    region_id: str | None = None
    layer: str = "superficial"
    kind: str = "point"
    label: str = ""
    intensity: int | None = None
    subject_id: str | None = None


class Moment(StrEnum):
    """When in the visit a value was taken."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True)
class Measurement:
    """One scored value of a measure; null means unknown and is never sent as zero."""

    code: str
    value: Decimal
    unit: str
    moment: Moment
    subject_id: str | None = None
    region_id: str | None = None
    side: str | None = None


class Better(StrEnum):
    """Direction of improvement on a measure's scale."""

    LOWER = "lower"
    HIGHER = "higher"
    NONE = "none"


@dataclass(frozen=True)
class Measure:
    """A scale: code, unit, range, direction of improvement and the smallest change that matters (None = unknown)."""

    code: str
    title: str
    unit: str
    minimum: Decimal
    maximum: Decimal
    better: Better
    mcid: Decimal | None = None
    licence: str = "own"


@dataclass(frozen=True)
class ClientFlagFact:
    """A flag that holds for the client today; `region_ids` are base region ids the flag was recorded for."""

    code: str
    region_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClientFacts:
    """What a section check may know of the client and the visit; no names, no contact data."""

    birth_on: date | None
    flags: tuple[ClientFlagFact, ...]
    service_on: date
    therapist_modalities: tuple[str, ...] = ()
    registration_valid: bool = True


class SafetySeverity(StrEnum):
    """Severity of a contraindication, strongest first."""

    EMERGENCY = "emergency"
    ABSOLUTE = "absolute"
    LOCAL = "local"
    CAUTION = "caution"


class SafetyScope(StrEnum):
    """Where the pressure cap of a matched rule holds."""

    SYSTEMIC = "systemic"
    """On the whole body."""
    LOCAL = "local"
    """On the regions recorded with the flag; on the whole body when none was recorded."""


@dataclass(frozen=True)
class SafetyRule:
    """A contraindication as data; `pressure_cap` is on the applied pressure scale 0-5, None = no cap.

    `code` is the flag's code. `exclude_regions` are base region ids; with `exclude_recorded_site` the regions recorded
    with the flag are excluded too. Core combines rules so that one more answer can only tighten the result.
    """

    code: str
    title: str
    severity: SafetySeverity
    question: str
    action: str
    hard_stop: bool = False
    pressure_cap: int | None = None
    exclude_regions: tuple[str, ...] = ()
    exclude_recorded_site: bool = False
    exclude_techniques: tuple[str, ...] = ()
    clearance_required: bool = False
    recheck_days: int | None = None
    sources: tuple[str, ...] = ()
    scope: SafetyScope = SafetyScope.SYSTEMIC


class SafetyOutcome(StrEnum):
    """What the safety engine answers, weakest first."""

    ALLOW = "allow"
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True)
class SafetyReason:
    """One rule that matched: its code, how it acts here and what the therapist is told to do."""

    code: str
    title: str
    severity: SafetySeverity
    outcome: SafetyOutcome
    action: str


@dataclass(frozen=True)
class SafetyVerdict:
    """Answer of the safety engine for one application of pressure; `cap` is the effective pressure cap 0-5 or None."""

    outcome: SafetyOutcome
    cap: int | None
    reasons: tuple[SafetyReason, ...] = ()
    excluded_regions: frozenset[str] = frozenset()
    excluded_techniques: frozenset[str] = frozenset()
    clearance_required: bool = False


def _no_summary(_data: SectionData) -> str:
    return ""


def _no_marks(_data: SectionData) -> Sequence[Mark]:
    return ()


def _no_measurements(_data: SectionData) -> Sequence[Measurement]:
    return ()


def _no_findings(_data: SectionData, _facts: ClientFacts) -> Sequence[Finding]:
    return ()


def _nothing_carried(_data: SectionData) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class SectionType:
    """One part of a treatment record that core stores, signs and prints without understanding it.

    `schema` is a marshmallow Schema class with JSON-serialisable fields; `upcasters` maps a stored version to a pure
    function that lifts its data by one version; `applies_to` are service modalities (empty = any); `template` names a
    Jinja template of core macros, None = the form is generated from the schema.
    """

    key: str
    version: int
    title: str
    schema: type
    upcasters: Mapping[int, Callable[[SectionData], dict[str, Any]]] = field(default_factory=dict)
    applies_to: frozenset[str] = frozenset()
    repeatable: bool = False
    required: bool = False
    template: str | None = None
    choices: Callable[[], Mapping[str, Any]] | None = None
    """Extra values handed to `template` as `choices` (catalogues); called once per rendering."""
    scripts: tuple[str, ...] = ()
    """Names of static ES modules of the plugin that enhance the template."""
    styles: tuple[str, ...] = ()
    """Names of static style sheets of the plugin that its template needs; served under `/static/ext/<id>/`."""
    summarize: Callable[[SectionData], str] = _no_summary
    marks: Callable[[SectionData], Sequence[Mark]] = _no_marks
    measure: Callable[[SectionData], Sequence[Measurement]] = _no_measurements
    check: Callable[[SectionData, ClientFacts], Sequence[Finding]] = _no_findings
    carry_forward: Callable[[SectionData], dict[str, Any]] = _nothing_carried
    actions: Mapping[str, Callable[[SectionData, Mapping[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    """Named pure edits `(data, arguments) -> data` that the editor and REST offer on a draft (add a point)."""


@dataclass(frozen=True)
class Permission:
    """A permission `<plugin>.<noun>:<verb>`; suggested to roles, never granted silently."""

    key: str
    title: str
    suggested_roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class NavItem:
    """A link in the side bar; `path` is relative to the plugin's pages, `group` is main, plugins or settings."""

    label: str
    path: str
    permission: str
    icon: str = "plug"
    order: int = 100
    group: str = "plugins"


@dataclass(frozen=True)
class Panel:
    """A panel in a named slot; `render(ctx, subjects) -> {subject id: (template, values)}` gets a batch of ids."""

    slot: str
    key: str
    title: str
    permission: str
    render: Callable[..., Mapping[str, PanelContent]]
    lazy: bool = True
    order: int = 100


@dataclass(frozen=True)
class PanelContent:
    """What one panel shows for one subject: a template of the plugin and its values."""

    template: str
    values: Mapping[str, Any]


class Tone(StrEnum):
    """How a badge looks; the meaning is always in its words too."""

    NEUTRAL = "neutral"
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


@dataclass(frozen=True)
class Badge:
    """A short label beside a client; `title` explains it in a sentence."""

    label: str
    title: str
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True)
class ServiceFact:
    """The service that is booked or given; `modalities` are its tags."""

    service_id: UUID | None
    name: str
    duration_minutes: int | None = None
    modalities: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApiBlueprint:
    """REST routes of the plugin under `/api/v1/ext/<id>/`, made by `PluginRoutes.declaration()`."""

    blueprint: Any
    permissions: frozenset[str] = frozenset()
    """Every permission that a route asks for."""


@dataclass(frozen=True)
class PageRoutes:
    """Pages of the plugin under `/ext/<id>/`, made by `PluginPages.declaration()`."""

    blueprint: Any
    permissions: frozenset[str] = frozenset()
    """Every permission that a page asks for."""


@dataclass(frozen=True)
class ChartLayer:
    """Plugin knowledge for core's body chart: which structures (code, title) lie under which base regions."""

    key: str
    title: str
    structures: Mapping[str, str]
    by_region: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class DemoSections:
    """Believable section content for demo records: `make(rng, visit_number, previous) -> section data`."""

    section_key: str
    make: Callable[..., dict[str, Any]]
