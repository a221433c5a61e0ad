"""The clinical requirements S1 to S32 that the product meets so far, each through the REST API of a running chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from polyclinic.testing.clients import RestClient

PROTOCOL = "neuromuscular.protocol"
MARK = {"view": "back", "x": 560, "y": 190, "chart_version": 1, "region_id": "upper_shoulder-right"}
CONDITIONS = [
    "low_back_pain",
    "upper_back_pain",
    "carpal_tunnel_like",
    "sciatica_like",
    "calf_cramps",
    "tendonitis",
    "knee_hip_pain",
    "jaw_pain",
    "tmj_pain",
    "headaches",
]


@dataclass
class Visit:
    """The open draft of a visit under way, edited over REST as its therapist."""

    http: RestClient
    path: str
    client_id: str

    def read(self):
        return self.http.get(self.path).get_json()

    def save(self, **sections):
        body = {"sections": {key.replace("__", "."): data for key, data in sections.items()}}
        return self.http.patch(f"{self.path}/draft", body, etag=self.read()["row_version"])

    def act(self, action, **arguments):
        body = {"section": PROTOCOL, "action": action, "arguments": arguments}
        return self.http.post(f"{self.path}/draft/actions", body, etag=self.read()["row_version"])

    def protocol(self):
        return self.read()["draft"]["sections"].get(PROTOCOL, {})

    def point(self, **changes):
        """Write a protocol of one complete point and return the answer."""
        complete = {
            "point_id": "0198c0de-0000-7000-8000-000000000001",
            "muscle_id": "trapezius_upper",
            "side": "right",
            "technique_id": "ischaemic_compression",
            "tool": "thumb",
            "point_pressure": 2,
            "surround_pressure": 1,
            "hold_seconds": 60,
            "repeats": 1,
            "pain_before": 7,
            "pain_after": 3,
            **MARK,
            **changes,
        }
        return self.save(neuromuscular__protocol={"points": [complete]})

    def findings(self):
        checks = self.http.get(f"{self.path}/checks").get_json()
        return {finding["code"]: finding for finding in checks["findings"]}, checks


@pytest.fixture
def visit(populated_live):
    own = populated_live.own
    http = RestClient(populated_live.app, own.world.people["therapist"].token)
    made = Visit(http, f"/api/v1/treatment-records/{own.here['draft_record_id']}", str(own.here["client_id"]))
    made.save(neuromuscular__protocol={"points": []})
    return made


@pytest.mark.parametrize(("days", "expected"), [(100, True), (60, False)])
def test_s1_complaint_of_100_days_is_chronic_and_of_60_is_not(visit, days, expected):
    visit_on = date.fromisoformat(visit.read()["service_at"][:10])
    onset = (visit_on - timedelta(days=days)).isoformat()

    answer = visit.save(core__soap={"complaint": "Neck", "complaint_onset_on": onset})

    assert answer.status_code == 200
    assert visit.read()["is_chronic"] is expected


@pytest.mark.parametrize("missing", ["technique_id", "muscle_id", "point_pressure"])
def test_s2_application_without_technique_target_or_pressure_cannot_be_signed(visit, missing):
    visit.point(**{missing: None})

    refused = visit.http.post(f"{visit.path}/sign", {}, etag=visit.read()["row_version"])

    assert refused.status_code == 422
    assert f"/points/0/{missing}" in " ".join(e["pointer"] for e in refused.get_json()["errors"])
    assert visit.read()["state"] == "draft"


def test_s5_fibromyalgia_caps_the_pressure_at_2_and_blocks_3(visit):
    raised = visit.http.post("/api/v1/client-flags", {"client_id": visit.client_id, "code": "fibromyalgia"})
    assert raised.status_code == 201, raised.get_data()

    visit.point(point_pressure=2)
    within, checks = visit.findings()
    visit.point(point_pressure=3)
    above, _ = visit.findings()

    blocking = [finding for finding in above.values() if finding["severity"] == "block"]
    assert checks["pressure_cap"] == 2
    assert [finding for finding in within.values() if finding["severity"] == "block"] == []
    assert len(blocking) >= 1
    assert any("2" in finding["message"] for finding in blocking)


def test_s6_searching_a_synonym_finds_the_service(visit, populated_live):
    admin = RestClient(populated_live.app, populated_live.own.world.people["chain_administrator"].token)
    body = {
        "name": "Neuromuscular 60",
        "duration_minutes": 60,
        "modality": "neuromuscular",
        "synonyms": ["trigger point myotherapy"],
    }
    assert admin.post("/api/v1/services", body).status_code == 201

    found = visit.http.get("/api/v1/services?q=myotherapy").get_json()["data"]

    assert [service["name"] for service in found] == ["Neuromuscular 60"]


def test_s7_point_keeps_its_place_and_its_change_is_measured(visit):
    added = visit.act("add_point", muscle_id="infraspinatus", **MARK)

    point = visit.protocol()["points"][0]
    assert added.status_code == 200
    assert {key: point[key] for key in ("x", "y", "view", "muscle_id", "side")} == {
        "x": 560,
        "y": 190,
        "view": "back",
        "muscle_id": "infraspinatus",
        "side": "right",
    }


def test_s9_catalogue_lists_ten_conditions_in_order_with_muscles_red_flags_and_measures(visit):
    found = visit.http.get("/api/v1/ext/neuromuscular/conditions").get_json()["data"]

    assert [condition["id"] for condition in found] == CONDITIONS
    assert [c["id"] for c in found if len(c["muscles"]) < 5 or not c["red_flags"] or len(c["measures"]) < 2] == []


def test_s29_elbow_on_the_front_of_the_neck_is_refused_without_a_reason(visit):
    mark = {"view": "front", "x": 500, "y": 150, "region_id": "neck_front"}
    visit.point(tool="elbow", technique_id="deep_elbow_knuckle", muscle_id="scalenes", **mark)

    refused, checks = visit.findings()
    visit.point(
        tool="elbow",
        technique_id="deep_elbow_knuckle",
        muscle_id="scalenes",
        site_override_reason="Agreed with the client, no pressure used.",
        **mark,
    )
    allowed, _ = visit.findings()

    assert checks["can_be_signed"] is False
    assert [f["code"] for f in refused.values() if f["severity"] == "block" and "elbow" in f["message"].lower()] != []
    assert [f["code"] for f in allowed.values() if f["severity"] == "block" and "elbow" in f["message"].lower()] == []


def test_s30_hold_of_95_seconds_warns_at_90(visit):
    visit.point(hold_seconds=95)

    found, _ = visit.findings()

    warnings = [finding["message"] for finding in found.values() if finding["severity"] == "warning"]
    assert any("90" in message for message in warnings)


def test_s31_stop_pauses_and_needs_a_reason_and_less_lowers_by_one(visit):
    visit.act("add_point", point_id="0198c0de-0000-7000-8000-000000000002", muscle_id="infraspinatus", **MARK)
    point_id = visit.protocol()["points"][0]["point_id"]
    visit.act("apply_plan", point_id=point_id)
    before = visit.protocol()["points"][0]["point_pressure"]

    visit.act("log_feedback", point_id=point_id, signal="less", pain=6)
    lowered = visit.protocol()
    visit.act("log_feedback", point_id=point_id, signal="stop", pain=9)
    paused = visit.protocol()
    silent = visit.act("resume", point_id=point_id)
    resumed = visit.act("resume", point_id=point_id, reason="Pain eased, client agrees to go on.")

    assert lowered["points"][0]["point_pressure"] <= before - 1
    assert [event["signal"] for event in paused["feedback"]] == ["less", "stop"]
    assert paused["state"] == "paused"
    assert (silent.status_code, resumed.status_code) == (409, 200)
    assert visit.protocol()["state"] == "treating"


def test_s32_stronger_pressure_around_the_point_than_on_it_warns(visit):
    visit.point(point_pressure=1, surround_pressure=2)

    found, _ = visit.findings()

    assert [f["code"] for f in found.values() if f["severity"] == "warning" and "around" in f["message"].lower()] != []


def test_pressure_7_of_5_is_kept_in_the_draft_and_named_as_wrong(visit):
    answer = visit.point(point_pressure=7)

    warnings = {warning["pointer"]: warning["detail"] for warning in answer.get_json()["warnings"]}
    named = [text for pointer, text in warnings.items() if pointer.endswith("/points/0/point_pressure")]
    assert answer.status_code == 200
    assert len(named) == 1
    assert "0 to 5" in named[0]


@pytest.mark.parametrize(("x", "y"), [(5, 5), (1001, 500), (-1, 500)])
def test_mark_outside_the_chart_is_named_as_wrong(visit, x, y):
    answer = visit.point(x=x, y=y)

    _, checks = visit.findings()
    assert answer.status_code == 200
    assert checks["can_be_signed"] is False
    assert [
        error["pointer"] for error in checks["errors"] if error["pointer"].startswith(f"/sections/{PROTOCOL}")
    ] != []
