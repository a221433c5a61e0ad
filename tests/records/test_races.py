"""Several at once: one signature, one record of a visit, no lost edit."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import sessionmaker

from polyclinic.kit.db import install_tenant_setting, transaction
from polyclinic.testing.clients import RestClient
from tests.records.conftest import SAFE, SOAP_NOTE, install_sample, make_practice

BASE = "/api/v1/treatment-records"
RACERS = 8
LATE = {"late_reason": "The clock of a thread is the real one"}


@pytest.fixture
def desk(live, plugins):
    """Return a committed practice with a REST client of its therapist and its visit."""
    install_sample(live.database)
    factory = sessionmaker(live.engine, expire_on_commit=False)
    install_tenant_setting(factory)
    clinics = [clinic.id for clinic in live.world.clinics]
    with transaction(factory, organisation_id=live.world.id, clinic_ids=clinics):
        practice = make_practice(live.world)
        visit = practice.visit()
    return lambda: RestClient(live.app, practice.person.token), str(visit)


def race(act):
    """Run `act(number)` in eight threads that start together; return the answers."""
    start = threading.Barrier(RACERS)

    def run(number):
        start.wait()
        return act(number)

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(run, range(RACERS)))


def test_record_is_signed_once_however_many_sign_at_once(desk):
    make, visit = desk
    opened = (
        make().post(BASE, {"appointment_id": visit, "sections": {"core.soap": SOAP_NOTE, "core.safety": SAFE}}).json
    )

    answers = race(lambda _n: make().post(f"{BASE}/{opened['id']}/sign", LATE, etag=opened["row_version"]))

    codes = Counter((answer.status_code, answer.json.get("code")) for answer in answers)
    assert codes == {(200, None): 1, (409, "already_signed"): RACERS - 1}


def test_visit_gets_one_record_however_many_open_it(desk):
    make, visit = desk

    answers = race(lambda _n: make().post(BASE, {"appointment_id": visit}))

    assert Counter(answer.status_code for answer in answers) == {201: RACERS}
    assert len({answer.json["id"] for answer in answers}) == 1


def test_no_accepted_edit_is_lost_among_racing_editors(desk):
    make, visit = desk
    opened = make().post(BASE, {"appointment_id": visit}).json
    url = f"{BASE}/{opened['id']}"

    def edit(number):
        client, accepted = make(), []
        for step in range(10):
            etag = client.get(url).headers["ETag"]
            body = {"sections": {"core.soap": {"plan": f"{number}/{step}"}}}
            answer = client.patch(f"{url}/draft", body, etag=etag)
            accepted += [(answer.json["row_version"], f"{number}/{step}")] if answer.status_code == 200 else []
        return accepted

    accepted = sorted(entry for entries in race(edit) for entry in entries)

    versions = [version for version, _ in accepted]
    shown = make().get(url).json["draft"]
    assert versions == list(range(2, len(versions) + 2))
    assert (shown["row_version"], shown["sections"]["core.soap"]["plan"]) == accepted[-1]
