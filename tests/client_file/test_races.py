"""Merges meet bookings and other merges: one wins, nothing is left with the client that went."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg
import pytest

from polyclinic.clients.commands import CreateClient
from polyclinic.clients.services.clients import create_client
from polyclinic.kit.db import make_session_factory
from polyclinic.kit.ids import new_id
from polyclinic.scheduling.commands import CreateService
from polyclinic.scheduling.services.catalogue import create_service
from polyclinic.testing.clients import RestClient
from polyclinic.testing.plugin import in_organisation
from polyclinic.therapists.commands import CreateTherapist
from polyclinic.therapists.services.profiles import create_therapist

ROUNDS = 5
STRAY = """
SELECT count(*) FROM appointment a JOIN client c ON c.organisation_id = a.organisation_id AND c.id = a.client_id
 WHERE c.merged_into_id IS NOT NULL
"""


@pytest.fixture
def office(live):
    """Return POST as the chain administrator, and what a booking needs."""
    admin = live.world.actor()
    with live.app.app_context(), in_organisation(make_session_factory(live.engine), live.world):
        clinic_id = live.world.clinic.id
        therapist = create_therapist(admin, CreateTherapist("Ana Ruiz", (clinic_id,)))
        service = create_service(admin, CreateService("Massage", 30))
        clients = [create_client(admin, CreateClient(clinic_id, f"Zoe {n}")).id for n in range(2 * ROUNDS)]

    def send(path, body=None):
        rest = RestClient(live.app, live.world.people["chain_administrator"].token)
        return rest.post(path, body, key=str(new_id()))

    return live, send, (clinic_id, therapist.id, service.id), clients


def together(*acts):
    """Run the acts at the same moment and return what they return."""
    barrier = Barrier(len(acts))

    def start(act):
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(start, acts))


def stray(live):
    with psycopg.connect(live.database.admin_url, dbname=live.database.name) as connection:
        return connection.execute(STRAY).fetchone()[0]


def test_booking_for_a_client_who_is_being_merged_ends_with_the_survivor_or_is_refused(office):
    live, send, (clinic_id, therapist_id, service_id), clients = office
    start = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=3)
    answers, bodies = [], []
    for number in range(ROUNDS):
        goes, stays = clients[2 * number], clients[2 * number + 1]
        body = {
            "clinic_id": str(clinic_id),
            "client_id": str(goes),
            "therapist_id": str(therapist_id),
            "service_id": str(service_id),
            "starts_at": (start + timedelta(hours=number)).isoformat(),
            "overbook_reason": "Outside of hours",
        }
        merge = {"into_client_id": str(stays), "reason": "Registered twice"}
        booked, merged = together(
            lambda body=body: send("/api/v1/appointments", body),
            lambda goes=goes, merge=merge: send(f"/api/v1/clients/{goes}/merge", merge),
        )
        answers.append((booked.status_code, merged.status_code))
        bodies.append(booked.get_json())

    assert {merged for _, merged in answers} == {201}
    assert {booked for booked, _ in answers} <= {201, 409}, bodies
    assert stray(live) == 0


def test_of_two_merges_in_opposite_directions_one_wins(office):
    _, send, _, clients = office
    first, second = clients[:2]
    answers = together(
        lambda: send(f"/api/v1/clients/{first}/merge", {"into_client_id": str(second), "reason": "Twice"}),
        lambda: send(f"/api/v1/clients/{second}/merge", {"into_client_id": str(first), "reason": "Twice"}),
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]


def test_merge_is_undone_once_by_two_at_the_same_time(office):
    _, send, _, clients = office
    body = {"into_client_id": str(clients[1]), "reason": "Registered twice"}
    made = send(f"/api/v1/clients/{clients[0]}/merge", body).get_json()
    address = f"/api/v1/client-merges/{made['id']}/undo"

    answers = together(lambda: send(address), lambda: send(address))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
