"""What the section gives to core, in an organisation that has switched the plugin on."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from polyclinic.sdk.measures import Measurement, Moment
from polyclinic.sdk.sections import ClientFacts, ClientFlagFact, Mark
from polyclinic_cupping.figures import count_minutes
from polyclinic_cupping.section import CuppingSchema, cupping_section

GOLDEN = json.loads((Path(__file__).parent / "golden" / "cups_v1.json").read_text("utf-8"))
DATA = GOLDEN["data"]


def facts(*flags):
    return ClientFacts(date(1985, 3, 2), tuple(map(ClientFlagFact, flags)), date(2026, 11, 23))


def codes(*cups, flags=()):
    return [(found.code, found.path) for found in cupping_section().check({"cups": list(cups)}, facts(*flags))]


def test_version_1_stays_loadable_and_worded_as_it_was():
    assert cupping_section().version == 1
    assert CuppingSchema().load(DATA) == DATA
    assert cupping_section().summarize(DATA) == GOLDEN["summary"]


def test_signed_cups_are_marks_and_measurements(enable, sign_section):
    enable("cupping")

    signed = sign_section("cupping.cups", DATA)

    assert (signed.data, signed.summary, signed.findings) == (DATA, GOLDEN["summary"], ())
    assert signed.marks == (
        Mark("back", 609, 178, 1, "upper_shoulder-right", label="1", intensity=5),
        Mark("back", 444, 392, 1, "lumbar-left", label="2", intensity=2),
    )
    assert signed.measurements == (
        Measurement("cupping_stiffness", Decimal(7), "of 10", Moment.BEFORE),
        Measurement("cupping_stiffness", Decimal(4), "of 10", Moment.AFTER),
        Measurement("cupping_minutes", Decimal(18), "min", Moment.DURING),
    )


def test_signed_cups_stay_readable_without_the_plugin(enable, disable, sign_section, archived_view):
    enable("cupping")
    signed = sign_section("cupping.cups", DATA)

    disable("cupping")

    assert [" ".join(filter(None, (row.label, row.value, row.unit))) for row in archived_view(signed)] == GOLDEN[
        "print"
    ]


def test_minutes_are_counted_by_clinic_and_day_and_seen_where_records_may_be_read(enable, sign_section, ctx, clinic):
    enable("cupping")
    for _ in range(2):
        sign_section("cupping.cups", DATA)
    today = datetime.now(UTC).date()
    span = (today - timedelta(days=2), today + timedelta(days=1))

    with ctx("cupping", role="therapist") as own:
        rows = count_minutes(own, *span)
        before = count_minutes(own, date(2020, 1, 1), date(2020, 1, 31))

    assert ({row.clinic_id for row in rows}, sum(row.value for row in rows), before) == ({clinic.id}, 36, [])


def test_form_is_accessible_and_fits_a_telephone(enable, make, browse, assert_ui_ok):
    enable("cupping")
    record = make.record(make.appointment(status="started", modality="cupping").id)
    page = browse(role="therapist")

    assert "Stiffness before" in page.get(f"/treatment-records/{record.id}").get_data(as_text=True)
    assert_ui_ok(page, f"/treatment-records/{record.id}")


@pytest.mark.parametrize("data", [{}, {"cups": [{}], "stiffness_before": None}])
def test_draft_that_has_hardly_begun_breaks_nothing(data):
    section = cupping_section()

    assert (section.marks(data), section.measure(data), section.check(data, facts())) == ([], [], [])
    assert section.summarize(data) == "No cups; 0 min in total. Stiffness not asked before, not asked after."


def test_strong_suction_is_blocked_for_thin_blood_and_limited_in_time():
    strong = {"site": "lumbar-left", "suction": "strong", "minutes": 11}

    assert codes(strong) == [("cupping.too_long", "/cups/0/minutes")]
    assert codes(strong | {"minutes": 10}, flags=["anticoagulants"]) == [("cupping.too_strong", "/cups/0/suction")]


def test_blister_must_be_confirmed():
    assert codes({}, {"reaction": "blister"}) == [("cupping.blister", "/cups/1/reaction")]


def test_next_visit_gets_the_places_but_no_score_and_no_reaction():
    carried = cupping_section().carry_forward(DATA)

    assert carried == {
        "method": "static",
        "cups": [
            {"site": "upper_shoulder-right", "suction": "medium", "minutes": 8},
            {"site": "lumbar-left", "suction": "light", "minutes": 10},
        ],
    }
    assert CuppingSchema().validate(carried, partial=True) == {}
