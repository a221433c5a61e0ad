"""The way into core needs the actor's permission and the scope that the organisation granted, at the same clinic."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from polyclinic.facade.core import CoreFacade
from polyclinic.kit.errors import NotAllowed, NotFound
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.sections import CORE
from polyclinic.testing.worlds import without
from tests.facade.conftest import SCOPES

DAY = datetime(2026, 11, 23, tzinfo=UTC)
CALLS = {
    "organisation": ("organisation:read", lambda core, _: core.organisation()),
    "clinics.list": ("clinics:read", lambda core, _: core.clinics.list()),
    "clinics.get": ("clinics:read", lambda core, i: core.clinics.get(i)),
    "therapists.get_many": ("therapists:read", lambda core, i: core.therapists.get_many([i])),
    "therapists.list": ("therapists:read", lambda core, _: core.therapists.list()),
    "therapists.registration": (
        "therapists:read",
        lambda core, i: core.therapists.registration(i, "massage", date(2026, 1, 1)),
    ),
    "therapists.of_member": ("therapists:read", lambda core, i: core.therapists.of_member(i)),
    "clients.get_many": ("clients:read", lambda core, i: core.clients.get_many([i])),
    "clients.find": ("clients:read", lambda core, _: core.clients.find("tom")),
    "services.get_many": ("services:read", lambda core, i: core.services.get_many([i])),
    "services.list": ("services:read", lambda core, _: core.services.list()),
    "appointments.get_many": ("appointments:read", lambda core, i: core.appointments.get_many([i])),
    "appointments.list": (
        "appointments:read",
        lambda core, _: core.appointments.list(clinic_id=None, starts_from=DAY, starts_before=DAY.replace(day=24)),
    ),
    "appointments.of_client": ("appointments:read", lambda core, i: core.appointments.of_client(i)),
    "appointments.free_times": (
        "appointments:read",
        lambda core, i: core.appointments.free_times(
            clinic_id=i, service_id=i, therapist_id=i, first_on=date(2026, 1, 1), last_on=date(2026, 1, 1)
        ),
    ),
    "appointments.book": (
        "appointments:write",
        lambda core, i: core.appointments.book(clinic_id=i, client_id=i, therapist_id=i, service_id=i, starts_at=DAY),
    ),
    "appointments.complete": ("appointments:write", lambda core, i: core.appointments.complete(i, row_version=1)),
    "records.of_appointments": ("treatment-records:read", lambda core, i: core.records.of_appointments([i])),
    "records.get_many": ("treatment-records:read", lambda core, i: core.records.get_many([i])),
    "members.get_many": ("members:read", lambda core, i: core.members.get_many([i])),
    "members.list": ("members:read", lambda core, _: core.members.list()),
}


@pytest.mark.parametrize("name", CALLS)
def test_call_without_its_scope_is_refused_naming_it(name, core, grant, world):
    scope, call = CALLS[name]
    grant(*(other for other in SCOPES if other != scope))

    with pytest.raises(NotAllowed, match=f"was not granted the scope {scope}") as refusal:
        call(core(), world.clinic.id)

    assert refusal.value.permission == scope


@pytest.mark.parametrize("name", [name for name in CALLS if name != "organisation"])
def test_call_without_the_actors_permission_is_refused(name, core, grant, world):
    scope, call = CALLS[name]
    grant(*SCOPES)
    actor = without(world.actor(), scope)

    with pytest.raises((NotAllowed, NotFound)) as refusal:
        call(core(actor), world.clinic.id)

    assert getattr(refusal.value, "permission", scope) == scope


def test_scope_granted_at_one_clinic_opens_that_clinic_only(core, grant, world):
    grant("clinics:read", clinic_id=world.clinic.id)
    grant(clinic_id=world.other_clinic.id)

    found = core().clinics.list()

    assert [clinic.id for clinic in found] == [world.clinic.id]
    with pytest.raises(NotFound):
        core().clinics.get(world.other_clinic.id)


def test_scope_of_a_plugin_that_is_off_opens_nothing(core, grant):
    grant("clinics:read", state="disabled")

    with pytest.raises(NotAllowed, match="was not granted the scope clinics:read"):
        core().clinics.list()


def test_core_itself_needs_no_scope(db, world):
    found = CoreFacade(Ctx(world.actor(), plugin_id=CORE)).clinics.list()

    assert [clinic.id for clinic in found] == [clinic.id for clinic in world.clinics]


def test_other_organisations_rows_are_left_out(core, grant, world, other_world):
    grant(*SCOPES)
    foreign = other_world.people["therapist"].member.id

    assert core().members.get_many([foreign, world.people["therapist"].member.id]).keys() == {
        world.people["therapist"].member.id
    }
    with pytest.raises(NotFound):
        core().clinics.get(other_world.clinic.id)


def test_facade_without_reports_says_so(core):
    with pytest.raises(RuntimeError, match="without reports"):
        core().reports.list()
