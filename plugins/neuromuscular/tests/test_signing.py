"""What blocks, warns or passes before a protocol is signed."""

from __future__ import annotations

import pytest

from polyclinic.sdk.safety import SafetySeverity
from polyclinic.sdk.sections import ClientFlagFact, Finding, Severity
from polyclinic_neuromuscular.rules.signing import check_protocol
from polyclinic_neuromuscular.safety_rules import safety_rules

TRAPEZIUS = "Point 1 (Trapezius, upper part, right)"
COMPRESSION = "Ischaemic compression (sustained pressure)"
BLOOD_THINNERS = "Blood thinners, low platelets or bleeding disorder"


def codes(findings):
    return [(finding.code.removeprefix("neuromuscular."), finding.severity.value, finding.path) for finding in findings]


def test_complete_protocol_of_a_healthy_client_passes(make_protocol, make_facts):
    assert check_protocol(make_protocol(), make_facts()) == []


def test_every_contraindication_is_a_safety_rule():
    counts = dict.fromkeys(SafetySeverity, 0)
    for rule in safety_rules():
        counts[rule.severity] += 1

    assert {severity.value: count for severity, count in counts.items()} == {
        "emergency": 9,
        "absolute": 12,
        "local": 15,
        "caution": 22,
    }


@pytest.mark.parametrize(
    ("flag", "cap"), [("fibromyalgia", 2), ("nerve_compression", 3), ("cancer_treatment", 2), ("lymphoedema_risk", 1)]
)
def test_pressure_up_to_the_cap_passes_and_one_above_is_blocked(make_point, make_protocol, make_facts, flag, cap):
    def check(level):
        point = make_point(point_pressure=level, technique_id="pressure_release")
        return codes(check_protocol(make_protocol(point), make_facts(flag)))

    assert (check(cap), check(cap + 1)) == ([], [("pressure_above_cap", "block", "/points/0/point_pressure")])


def test_block_above_the_cap_shows_the_cap_and_why(make_point, make_protocol, make_facts):
    point = make_point(point_pressure=3, technique_id="pressure_release")

    assert check_protocol(make_protocol(point), make_facts("fibromyalgia")) == [
        Finding(
            "neuromuscular.pressure_above_cap",
            f"{TRAPEZIUS}: pressure 3 (medium) on the point is above the cap 2 (light-firm) for Fibromyalgia or "
            "widespread central pain.",
            Severity.BLOCK,
            "/points/0/point_pressure",
        )
    ]


def test_lowest_of_several_caps_holds_also_around_the_point(make_point, make_protocol, make_facts):
    point = make_point(point_pressure=1, surround_pressure=2, technique_id="pressure_release")

    findings = check_protocol(make_protocol(point), make_facts("nerve_compression", "lymphoedema_risk"))

    assert codes(findings) == [
        ("pressure_above_cap", "block", "/points/0/surround_pressure"),
        ("surround_above_point", "warning", "/points/0/surround_pressure"),
    ]


def test_level_that_was_lowered_on_feedback_still_counts_against_the_cap(make_point, make_protocol, make_facts):
    point = make_point(point_pressure=2, technique_id="pressure_release")
    log = [{"point_id": point["point_id"], "signal": "less", "level_before": 3, "level_after": 2}]

    findings = check_protocol(make_protocol(point, feedback=log), make_facts("fibromyalgia"))

    assert codes(findings) == [("pressure_above_cap", "block", "/points/0/point_pressure")]


def test_point_that_was_not_treated_is_not_checked(make_point, make_protocol, make_facts):
    point = make_point(
        not_treated=True, point_pressure=5, tool="elbow", region_id="neck_front", carried_from="2026-11-16"
    )

    assert check_protocol(make_protocol(point), make_facts("fibromyalgia")) == []


@pytest.mark.parametrize("flag", ["rf_cauda_equina", "rf_dvt", "rf_cancer_suspicion", "fever_acute_infection"])
def test_emergency_or_absolute_flag_blocks_with_what_to_do(make_protocol, make_facts, flag):
    rule = next(rule for rule in safety_rules() if rule.code == flag)

    assert check_protocol(make_protocol(), make_facts(flag)) == [
        Finding(f"neuromuscular.{rule.severity}", f"{rule.title}. {rule.action}", Severity.BLOCK)
    ]


def test_site_recorded_with_a_flag_must_be_left_out(make_point, make_protocol, make_facts):
    data = make_protocol(make_point(), make_point(point_id="other", region_id="calf-left", muscle_id="soleus"))

    findings = check_protocol(data, make_facts(ClientFlagFact("open_wound", ("calf",))))

    assert codes(findings) == [("region_excluded", "block", "/points/1/region_id")]


def test_point_listed_without_a_mark_is_judged_by_every_place_of_its_muscle(make_point, make_protocol, make_facts):
    point = make_point(region_id=None, view=None, x=None, y=None, muscle_id="sternocleidomastoid_sternal", tool="elbow")

    assert codes(check_protocol(make_protocol(point), make_facts())) == [
        ("elbow_on_endangerment_site", "block", "/points/0/tool")
    ]


def test_technique_that_a_flag_forbids_is_blocked(make_protocol, make_facts):
    findings = check_protocol(make_protocol(), make_facts("anticoagulants"))

    assert [finding.message for finding in findings] == [
        f"{TRAPEZIUS}: {COMPRESSION} must not be used for {BLOOD_THINNERS}."
    ]


@pytest.mark.parametrize(
    ("modalities", "is_valid", "expected"),
    [
        (("neuromuscular",), True, []),
        (("swedish", "neuromuscular"), True, []),
        ((), True, ["modality_missing"]),
        (("swedish",), False, ["modality_missing", "registration_expired"]),
        (("neuromuscular",), False, ["registration_expired"]),
    ],
)
def test_therapist_needs_the_modality_and_a_valid_registration(
    make_protocol, make_facts, modalities, is_valid, expected
):
    facts = make_facts(therapist_modalities=modalities, registration_valid=is_valid)

    assert [
        code for code, severity, _ in codes(check_protocol(make_protocol(), facts)) if severity == "block"
    ] == expected


def test_pause_without_a_reason_blocks_and_with_one_passes(make_protocol, make_facts):
    def check(reason):
        return codes(check_protocol(make_protocol(state="paused", pause_reason=reason), make_facts()))

    blocked = [("pause_without_reason", "block", "/pause_reason")]
    assert (check(None), check("  "), check("Client felt sick")) == (blocked, blocked, [])


def test_early_end_needs_a_reason_too(make_protocol, make_facts):
    findings = check_protocol(make_protocol(state="ended_early"), make_facts())

    assert [finding.message for finding in findings] == [
        "The treatment is ended early without a reason. Write the reason, or resume with one."
    ]


def test_going_on_after_a_stop_without_resuming_blocks(make_protocol, make_facts):
    findings = check_protocol(make_protocol(feedback=[{"signal": "stop", "point_id": "x"}]), make_facts())

    assert codes(findings) == [("resumed_without_reason", "block", "/state")]


def test_copied_points_without_new_scores_block(make_point, make_protocol, make_facts):
    points = [
        make_point(point_id=str(number), carried_from="2026-11-16", pain_before=None, pain_after=None)
        for number in range(4)
    ]

    assert check_protocol(make_protocol(*points), make_facts()) == [
        Finding(
            "neuromuscular.points_not_confirmed",
            "4 points not confirmed. Score the pain, or mark them not treated today.",
            Severity.BLOCK,
            "/points/0/pain_before",
        )
    ]


def test_high_pain_of_a_sensitised_client_warns(make_point, make_protocol, make_facts):
    data = make_protocol(
        make_point(technique_id="pressure_release"),
        feedback=[{"signal": "good", "pain": 3}, {"signal": "good", "pain": 4}],
    )

    assert codes(check_protocol(data, make_facts("fibromyalgia"))) == [
        ("pain_above_band", "warning", "/feedback/1/pain")
    ]


def test_empty_draft_passes_without_error(make_facts):
    assert check_protocol({}, make_facts("fibromyalgia")) == []


def test_visit_that_was_stopped_before_any_treatment_may_be_signed(make_facts):
    assert check_protocol({"points": []}, make_facts("rf_cauda_equina")) == []
