"""Limits of technique, tool and site."""

from __future__ import annotations

import pytest

from polyclinic_neuromuscular.rules.signing import check_protocol

ENDANGERMENT_SITES = [
    "throat",
    "neck_front-left",
    "neck_side-right",
    "axilla-left",
    "epigastrium",
    "abdomen_upper",
    "abdomen_lower",
    "flank-left",
    "groin-right",
    "upper_arm_inner-left",
    "elbow_front-left",
    "elbow_medial-left",
    "wrist_front-left",
    "knee_back-right",
]


@pytest.fixture
def check(make_point, make_protocol, make_facts):
    def run(**changes):
        findings = check_protocol(make_protocol(make_point(**changes)), make_facts())
        return [(finding.severity.value, finding.message, finding.path) for finding in findings]

    return run


POINT = "Point 1 (Trapezius, upper part, right): "
COMPRESSION = "Ischaemic compression (sustained pressure)"
RELEASE = "Trigger point pressure release (barrier release)"


def test_hold_of_95_s_on_ischaemic_compression_warns_at_90_s(check):
    assert (check(hold_seconds=90), check(hold_seconds=95)) == (
        [],
        [
            (
                "warning",
                f"{POINT}hold of 1 min 35 s passes the 90 s of Ischaemic compression (sustained pressure).",
                "/points/0/hold_seconds",
            )
        ],
    )


def test_long_hold_without_change_says_not_to_repeat(check):
    findings = check(hold_seconds=120, response="no_change")

    assert [message for _, message, _ in findings] == [
        f"{POINT}hold of 2 min passes the 90 s of {COMPRESSION}. It brought no change: do not repeat it."
    ]


def test_more_repeats_than_the_technique_allows_warn(check):
    assert check(repeats=4) == [
        ("warning", f"{POINT}4 repeats pass the 3 of Ischaemic compression (sustained pressure).", "/points/0/repeats")
    ]


def test_pressure_above_the_technique_warns(check):
    assert (
        check(technique_id="pressure_release", point_pressure=4),
        check(technique_id="pressure_release", point_pressure=5),
    ) == (
        [],
        [
            (
                "warning",
                f"{POINT}pressure 5 (deep) is above 4 (strong), the most of {RELEASE}.",
                "/points/0/point_pressure",
            )
        ],
    )


def test_tool_of_another_technique_warns(check):
    assert check(technique_id="pincer_compression", tool="elbow") == [
        (
            "warning",
            f"{POINT}elbow is not a tool of Pincer (thumb-finger) compression; use thumb and fingers.",
            "/points/0/tool",
        )
    ]


@pytest.mark.parametrize(("surround", "expected"), [(1, 0), (2, 0), (3, 1), (None, 0)])
def test_stronger_pressure_around_than_on_the_point_warns(check, surround, expected):
    assert len(check(point_pressure=2, surround_pressure=surround)) == expected


def test_elbow_on_the_front_of_the_neck_is_refused(check):
    assert check(tool="elbow", region_id="neck_front-right") == [
        ("block", f"{POINT}Elbow on Front of neck is refused. Use fingers, or give a reason.", "/points/0/tool")
    ]


def test_reason_turns_the_refusal_into_a_warning_that_shows_it(check):
    findings = check(tool="elbow", region_id="neck_front-right", site_override_reason="Flat forearm only")

    assert findings == [
        ("warning", f"{POINT}Elbow on Front of neck, reason given: Flat forearm only", "/points/0/tool")
    ]


@pytest.mark.parametrize("region_id", ENDANGERMENT_SITES)
def test_elbow_is_refused_on_every_endangerment_site(check, region_id):
    assert [severity for severity, _, _ in check(tool="elbow", region_id=region_id)] == ["block"]


@pytest.mark.parametrize("region_id", ["buttock-left", "upper_shoulder-left", "thigh_side-right"])
def test_elbow_is_allowed_on_large_muscles(check, region_id):
    assert check(tool="elbow", region_id=region_id) == []


def test_deep_technique_with_knuckles_is_refused_like_the_elbow(check):
    findings = check(technique_id="deep_elbow_knuckle", tool="knuckles", region_id="knee_back-left")

    assert [severity for severity, _, _ in findings] == ["block"]


def test_technique_with_its_own_licence_needs_a_tick(check):
    findings = check(technique_id="dry_needling", tool="needle")

    assert [(severity, path) for severity, _, path in findings] == [("acknowledge", "/points/0/technique_id")]
