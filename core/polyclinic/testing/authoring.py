"""What the tests of a plugin do with it: switch it on and off, sign its sections, show its panels.

`enable(id)`, `disable(id)`  switch a plugin on (suggested roles, all scopes it asks for) or off; `clinic_id=` for one
`configure(id, name=value)`  set a plugin's settings, for the organisation or at `clinic_id=`
`actor(role)`      whoever acts in that role, with the permissions of the plugins that are on
`ctx(id, role)`    context manager: what a page of the plugin would get as `ctx`, with its database role
`sign_section(key, data)`  sign a record with the section -> what was stored; its findings are acknowledged
`archived_view(signed)`    the printed lines of the section, made without the plugin's code
`render_slot(slot, id)`    what the plugins show in a slot of core's pages, as the role sees it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from flask import Flask

from polyclinic.access.actor import Actor
from polyclinic.identity import rules
from polyclinic.plugins.calls import acting as acting_context
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin, PutSettings
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import Mark, Measurement, Moment
from polyclinic.plugins.print_view import PrintRow
from polyclinic.plugins.queries import role_permissions
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.services import disable_plugin, enable_plugin
from polyclinic.plugins.setting_queries import own_values
from polyclinic.plugins.setting_services import put_settings
from polyclinic.records.commands import SaveDraft, SignRecord
from polyclinic.records.content import SignedSection, SignedVersion
from polyclinic.records.core_sections.safety import NONE
from polyclinic.records.queries.records import get_record_row
from polyclinic.records.queries.versions import get_version
from polyclinic.records.services.checks import check_treatment_record
from polyclinic.records.services.saving import save_draft
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.records.vocabulary import SAFETY, SOAP
from polyclinic.testing.anchors import Factories
from polyclinic.testing.clients import PageClient
from polyclinic.testing.worlds import World

REASON = "Written for a test"
NOTE = {"complaint": "Stiff neck", "pain_before": 6, "pain_after": 3, "plan": "Again in a week"}

Switch: TypeAlias = Callable[..., None]


@dataclass(frozen=True)
class SignedForTest:
    """One section as it was signed; `data` are the stored ones, `findings` the codes that had to be confirmed."""

    record_id: UUID
    appointment_id: UUID
    section_key: str
    data: Mapping[str, Any]
    summary: str
    marks: tuple[Mark, ...]
    measurements: tuple[Measurement, ...]
    findings: tuple[str, ...]
    content_sha256: str


@pytest.fixture
def enable(app: Flask, db: Any, world: World) -> Switch:  # noqa: ARG001 -- the switch is part of the test's transaction
    """Return the function that switches a plugin on."""

    def switch_on(plugin_id: str, *, clinic_id: UUID | None = None) -> None:
        enable_plugin(world.actor(), EnablePlugin(plugin_id, clinic_id), registry=_registry(app))

    return switch_on


@pytest.fixture
def disable(app: Flask, db: Any, world: World) -> Switch:  # noqa: ARG001 -- the switch is part of the test's transaction
    """Return the function that switches a plugin off."""

    def switch_off(plugin_id: str, *, clinic_id: UUID | None = None) -> None:
        disable_plugin(world.actor(), DisablePlugin(plugin_id, clinic_id), registry=_registry(app))

    return switch_off


@pytest.fixture
def configure(app: Flask, db: Any, world: World) -> Callable[..., None]:  # noqa: ARG001 -- see `enable`
    """Return the function that sets a plugin's settings at a place, in JSON form; what it leaves out is unset there."""

    def put(plugin_id: str, *, clinic_id: UUID | None = None, **values: Any) -> None:
        _, row_version = own_values(world.id, plugin_id, clinic_id)
        put_settings(world.actor(), PutSettings(plugin_id, clinic_id, row_version, values))

    return put


@pytest.fixture
def actor(world: World, db: Any) -> Callable[..., Actor]:  # noqa: ARG001 -- permissions are read in the transaction
    """Return the function that gives an actor by role, as signing in would at this moment."""

    def find(role: str = "chain_administrator") -> Actor:
        return acting(world, role)

    return find


@pytest.fixture
def ctx(app: Flask, world: World, db: Any) -> Callable[..., AbstractContextManager[Ctx]]:  # noqa: ARG001 -- see `enable`
    """Return the context manager that gives a plugin's context as a page of it gets one."""

    def open_context(
        plugin_id: str, *, role: str = "chain_administrator", clinic_id: UUID | None = None
    ) -> AbstractContextManager[Ctx]:
        return acting_context(Ctx(acting(world, role), clinic_id, plugin_id), plugin_id)

    return open_context


@pytest.fixture
def sign_section(app: Flask, world: World, make: Factories) -> Callable[..., SignedForTest]:
    """Return the function that signs one section of a plugin in the record of a fresh visit."""

    def sign(key: str, data: Mapping[str, Any], **ids: Any) -> SignedForTest:
        modality = next(iter(sorted(_registry(app).sections[key].applies_to)), None)
        visit = make.appointment(status="started", modality=modality, **ids)
        record = make.record(visit.id)
        author = acting(world, "therapist")
        sections = {SOAP: NOTE, SAFETY: {"asked": NONE}, key: dict(data)}
        current = get_record_row(author, record.id)
        saved = save_draft(author, SaveDraft(record.id, current.row_version, sections, is_whole=True)).record
        findings = check_treatment_record(author, record.id).findings
        ticks = frozenset(finding.id for finding in findings)
        stored = sign_treatment_record(
            author, SignRecord(record.id, saved.row_version, ticks, override_reason=REASON, late_reason=REASON)
        )
        codes = tuple(finding.code for finding in findings)
        return _signed(visit.id, stored.signed, key, stored.content_sha256, codes)

    return sign


@pytest.fixture
def archived_view(world: World, db: Any) -> Callable[[SignedForTest], tuple[PrintRow, ...]]:  # noqa: ARG001 -- reads in it
    """Return the function that gives the printed lines of a signed section: they need no code of the plugin."""

    def read(signed: SignedForTest) -> tuple[PrintRow, ...]:
        version = get_version(acting(world, "therapist"), signed.record_id, 1)
        section = _section(version.signed, signed.section_key)
        return tuple(PrintRow(row["label"], row["value"], row.get("unit", "")) for row in section.print_view)

    return read


@pytest.fixture
def render_slot(app: Flask, browse: Callable[..., PageClient], db: Any) -> Callable[..., str]:  # noqa: ARG001 -- see `enable`
    """Return the function that renders the panels of a slot for one subject: empty where nothing may be seen."""

    def render(slot: str, subject_id: UUID, *, role: str = "chain_administrator", clinic_id: UUID | None = None) -> str:
        client = browse(role)
        place = f"&clinic={clinic_id}" if clinic_id else ""
        panels = [panel for plugin in _registry(app).active for panel in plugin.declarations.panels]
        wanted = sorted((panel.order, panel.key) for panel in panels if panel.slot == slot)
        answers = [client.get(f"/panels/{key}?subject={subject_id}{place}") for _, key in wanted]
        return "".join(answer.get_data(as_text=True) for answer in answers if answer.status_code == 200)

    return render


def acting(world: World, role: str) -> Actor:
    """Return the actor of a role with the permissions of the plugins that are on; runs in the test's transaction."""
    known = world.people[role].actor
    clinic_ids = [clinic.id for clinic in world.clinics]
    at = None if role == "chain_administrator" else world.clinic.id
    return replace(known, grants=rules.grants_of([(role, at)], clinic_ids, role_permissions(world.id)))


def _registry(app: Flask) -> PluginRegistry:
    registry: PluginRegistry = app.extensions["polyclinic_plugins"].registry
    return registry


def _section(version: SignedVersion, key: str) -> SignedSection:
    found = next((section for section in version.sections if section.section_key == key), None)
    if found is None:
        pytest.fail(f"The record was signed without {key}: core stores no section that nothing was entered into.")
    return found


def _signed(
    appointment_id: UUID, version: SignedVersion, key: str, content_sha256: str, findings: tuple[str, ...]
) -> SignedForTest:
    section = _section(version, key)
    measured = (value for value in version.measurements if value.section_key == key)
    return SignedForTest(
        record_id=version.record_id,
        appointment_id=appointment_id,
        section_key=key,
        data=section.data,
        summary=section.summary,
        marks=tuple(Mark(**mark) for mark in section.marks),
        measurements=tuple(
            Measurement(v.code, v.value, v.unit, Moment(v.moment), v.subject_id, v.region_id, v.side) for v in measured
        ),
        findings=findings,
        content_sha256=content_sha256,
    )
