"""A visit to record: a therapist who signs in, a client, a service of the modality `sample` and its sample plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Text

from polyclinic.access.actor import Actor
from polyclinic.clients.models import Client, ClientClinic, ClientFlag
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.ids import new_id
from polyclinic.plugins import specs
from polyclinic.plugins.contract import (
    ClientFacts,
    Finding,
    Mark,
    Measurement,
    Moment,
    SafetyRule,
    SafetySeverity,
    SectionType,
    Severity,
)
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.fields import SectionSchema, repeater, scale_0_10, text
from polyclinic.plugins.models import PluginEnablement
from polyclinic.plugins.policies import policies_of
from polyclinic.plugins.queries import is_enabled
from polyclinic.plugins.registry import Declarations, LoadedPlugin, PluginRegistry, PluginState
from polyclinic.plugins.runtime import PluginRuntime, runtime, use_runtime
from polyclinic.records.commands import OpenRecord, SaveDraft, SignRecord
from polyclinic.records.queries.records import RecordRow, get_record_row
from polyclinic.records.queries.versions import StoredVersion
from polyclinic.records.services.opening import open_treatment_record
from polyclinic.records.services.saving import save_draft
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.scheduling.commands import CreateService
from polyclinic.scheduling.models import Appointment
from polyclinic.scheduling.services.catalogue import create_service
from polyclinic.testing.databases import TestDatabase
from polyclinic.testing.worlds import Person, World
from polyclinic.therapists.commands import CreateRegistration, CreateTherapist
from polyclinic.therapists.services.profiles import create_therapist
from polyclinic.therapists.services.registrations import create_registration

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
MODALITY = "sample"
SAFE = {"asked": "none"}
SOAP_NOTE = {"complaint": "Stiff neck since Friday", "pain_before": 7, "pain_after": 3, "plan": "Again in a week"}


class PointSchema(SectionSchema):
    """One point."""

    point_id = text("Point id", maximum=60)
    view = text("View", maximum=10)
    region_id = text("Region", maximum=60)
    pain = scale_0_10("Pain", required=True)


class SampleSchema(SectionSchema):
    """A section with points."""

    note = text("Note", maximum=200)
    points = repeater("Points", PointSchema)


def add_point(data: Any, arguments: Any) -> dict[str, Any]:
    if arguments.get("refuse"):
        raise ValueError("No more points today.")
    if arguments.get("break"):
        raise RuntimeError("broken")
    names = ("point_id", "view", "region_id", "pain")
    point = {name: arguments[name] for name in names if arguments.get(name) is not None}
    return {**data, "points": [*(data.get("points") or ()), point]}


def check_sample(data: Any, facts: ClientFacts) -> list[Finding]:
    codes = {flag.code for flag in facts.flags}
    note = data.get("note")
    found = [Finding("sample.confirm", "Confirm the note.", Severity.ACKNOWLEDGE, "/note")] if note == "confirm" else []
    if note == "too much" or "sample_block" in codes:
        found.append(Finding("sample.too_much", "Too much pressure.", Severity.BLOCK, "/note"))
    return found


SECTION = SectionType(
    key="sample.points",
    version=1,
    title="Sample points",
    schema=SampleSchema,
    applies_to=frozenset({MODALITY}),
    summarize=lambda data: f"{len(data.get('points') or ())} points. {data.get('note') or ''}".strip(),
    marks=lambda data: [
        Mark(point["view"], 500, 300, 1, point.get("region_id"), label=str(number), intensity=point["pain"])
        for number, point in enumerate(data.get("points") or (), start=1)
        if point.get("view") and point.get("pain") is not None
    ],
    measure=lambda data: [
        Measurement(
            "nrs11", Decimal(point["pain"]), "of 10", Moment.AFTER, point.get("point_id"), point.get("region_id")
        )
        for point in data.get("points") or ()
    ],
    check=check_sample,
    carry_forward=lambda data: {
        "points": [{"point_id": p.get("point_id"), "region_id": p.get("region_id")} for p in data.get("points") or ()]
    },
    actions={"add_point": add_point},
)
RULE = SafetyRule(
    "thin_blood", "Blood thinners", SafetySeverity.CAUTION, "Any?", "Light pressure only.", pressure_cap=2
)


def runtime_with(*sections: SectionType, rules: tuple[SafetyRule, ...] = (RULE,)) -> PluginRuntime:
    """Return a runtime whose only plugin `sample` declares these sections."""
    declared = Declarations(sections=sections, safety_rules=rules)
    plugin = LoadedPlugin("sample", "1.4.2", PluginState.INSTALLED, declarations=declared)
    policies = policies_of(specs)
    nothing = MappingProxyType(dict.fromkeys(policies, ()))
    registry = PluginRegistry((plugin,), MappingProxyType(policies), nothing)
    return PluginRuntime(registry, Dispatcher(registry, is_enabled))


@pytest.fixture(autouse=True)
def now() -> Iterator[datetime]:
    with clock.frozen(NOW):
        yield NOW


@pytest.fixture
def plugins() -> Iterator[Callable[..., None]]:
    """Use the sample plugin; call the value with other sections to replace it (none = plugin gone)."""
    before = runtime()

    def use(*sections: SectionType) -> None:
        use_runtime(runtime_with(*sections))

    use(SECTION)
    yield use
    use_runtime(before)


def install_sample(database: TestDatabase) -> None:
    """Record the sample plugin as installed, as `db upgrade` would."""
    with psycopg.connect(database.urls.owner, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO plugin_installation (plugin_id, version, contract_version, state) "
            "VALUES ('sample', '1.4.2', '1.0', 'installed') ON CONFLICT DO NOTHING"
        )


@pytest.fixture(scope="session")
def installed(database: TestDatabase) -> Iterator[None]:
    install_sample(database)
    yield
    with psycopg.connect(database.urls.owner, autocommit=True) as owner:
        owner.execute("DELETE FROM plugin_enablement WHERE plugin_id = 'sample'")
        owner.execute("DELETE FROM plugin_installation WHERE plugin_id = 'sample'")


@dataclass(frozen=True)
class Practice:
    """Where the tests of this folder record: a therapist, a client and a service at the world's first clinic."""

    world: World
    person: Person
    therapist_id: UUID
    client_id: UUID
    service_id: UUID
    plain_service_id: UUID
    complete: dict[str, Any] = field(default_factory=lambda: {"core.soap": SOAP_NOTE, "core.safety": SAFE})

    @property
    def actor(self) -> Actor:
        return self.person.actor

    def sections(self, record: RecordRow) -> Any:
        """Return the draft's sections as they are stored."""
        draft = get_record_row(self.actor, record.id).draft
        return draft.sections if draft else None

    def visit(self, at: datetime = NOW - timedelta(hours=1), **changes: Any) -> UUID:
        """Create an appointment and return its id."""
        values: dict[str, Any] = {
            "organisation_id": self.world.id,
            "id": new_id(),
            "clinic_id": self.world.clinic.id,
            "client_id": self.client_id,
            "therapist_id": self.therapist_id,
            "service_id": self.service_id,
            "starts_at": at,
            "ends_at": at + timedelta(hours=1),
            "time_zone": "Europe/London",
            "local_start": at.replace(tzinfo=None),
            "status": "started",
        } | changes
        session().add(Appointment(**values))
        session().flush()
        return values["id"]

    def open(self, at: datetime = NOW - timedelta(hours=1), **changes: Any) -> RecordRow:
        """Open the record of a new visit."""
        return open_treatment_record(self.actor, OpenRecord(self.visit(at, **changes)))

    def save(self, record: RecordRow, actor: Actor | None = None, **sections: Any) -> RecordRow:
        """Save sections given as `core_soap={...}`."""
        patch = {key.replace("_", ".", 1): data for key, data in sections.items()}
        return save_draft(actor or self.actor, SaveDraft(record.id, record.row_version, patch)).record

    def sign(self, record: RecordRow, actor: Actor | None = None, **changes: Any) -> StoredVersion:
        """Sign the draft."""
        return sign_treatment_record(actor or self.actor, SignRecord(record.id, record.row_version, **changes))

    def signed(self, at: datetime = NOW - timedelta(hours=1), **sections: Any) -> RecordRow:
        """Open, fill and sign the record of a new visit; return its envelope as it was before signing."""
        content: dict[str, Any] = {"core_soap": SOAP_NOTE, "core_safety": SAFE} | sections
        record = self.save(self.open(at), None, **content)
        self.sign(record, late_reason="Written up the next week" if NOW - at > timedelta(hours=24) else "")
        return record

    def flag(self, code: str, severity: str = "caution") -> None:
        """Raise a flag of the client."""
        session().add(
            ClientFlag(
                organisation_id=self.world.id,
                id=new_id(),
                client_id=self.client_id,
                code=code,
                label=code,
                note="",
                severity=severity,
                region_ids=[],
            )
        )
        session().flush()


def make_client(world: World, given_name: str, family_name: str, clinic_id: UUID) -> UUID:
    """Create a client known at a clinic."""
    client_id = new_id()
    texts = {name for name, column in Client.__table__.columns.items() if isinstance(column.type, Text)}
    session().add(
        Client(
            organisation_id=world.id,
            id=client_id,
            birth_on=date(1985, 4, 1),
            **(dict.fromkeys(texts, "") | {"given_name": given_name, "family_name": family_name}),
        )
    )
    session().flush()
    session().add(ClientClinic(organisation_id=world.id, id=new_id(), client_id=client_id, clinic_id=clinic_id))
    session().flush()
    return client_id


def make_practice(world: World, person: Person | None = None, clinic_id: UUID | None = None) -> Practice:
    """Fill the running transaction's organisation."""
    admin, who, at = world.actor(), person or world.people["therapist"], clinic_id or world.clinic.id
    therapist = create_therapist(admin, CreateTherapist("Ana Ruiz", (at,), (MODALITY,), who.member.id))
    create_registration(
        admin, CreateRegistration(therapist.id, "Council", "A-1", MODALITY, date(2020, 1, 1), date(2026, 11, 30))
    )
    session().add(
        PluginEnablement(
            organisation_id=world.id,
            id=new_id(),
            plugin_id="sample",
            state="enabled",
            granted_scopes=[],
            changed_at=clock.now(),
        )
    )
    session().flush()
    sample = create_service(admin, CreateService("Sample 60", 60, MODALITY))
    plain = create_service(admin, CreateService("Massage 60", 60))
    client_id = make_client(world, "Tom", "Hale", at)
    return Practice(world, who, therapist.id, client_id, sample.id, plain.id)


@pytest.fixture
def practice(installed: None, plugins: Any, db: Any, world: World) -> Practice:
    return make_practice(world)


def with_permissions(actor: Actor, *permissions: str) -> Actor:
    """Return the actor with further permissions at its clinics."""
    return replace(actor, grants={**actor.grants, **dict.fromkeys(permissions, frozenset(actor.clinic_ids))})
