"""Names of the SDK that no plugin here needs do what their reference says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import func, select

from polyclinic.sdk.forms import Choices, FieldOptions, SectionSchema, choice, duration_seconds
from polyclinic.sdk.money import currency_codes, is_currency
from polyclinic.sdk.reports import percent
from polyclinic.sdk.safety import (
    ClientFlagFact,
    SafetyOutcome,
    SafetyReason,
    SafetyRule,
    SafetySeverity,
    SafetyVerdict,
    judge,
)
from polyclinic.sdk.tables import EDITABLE, INSERT_ONLY, REMOVABLE
from polyclinic.sdk.upkeep import DemoChain
from polyclinic.sdk.views import (
    appointment,
    client_clinic,
    client_min,
    clinic,
    event,
    measurement,
    member,
    organisation,
    room,
    service,
    therapist,
    therapist_clinic,
    treatment_record,
    working_hours,
)

VIEWS = [appointment, client_clinic, client_min, clinic, event, measurement, member, organisation, room, service]
VIEWS += [therapist, therapist_clinic, treatment_record, working_hours]
SIDES: Choices = [("left", "Left"), ("right", "Right")]
OPTIONS: FieldOptions = {"required": True, "help": "In place"}


class HoldSchema(SectionSchema):
    side = choice("Side", SIDES, **OPTIONS)
    held = duration_seconds("Held", maximum=90, **OPTIONS)


def test_duration_is_a_number_of_seconds_within_its_limit():
    assert HoldSchema().load({"side": "left", "held": "90"}) == {"side": "left", "held": 90}
    assert sorted(HoldSchema().validate({"side": "up", "held": 91})) == ["held", "side"]
    assert HoldSchema().fields["held"].metadata == {
        "label": "Held",
        "widget": "duration",
        "help": "In place",
        "unit": "s",
    }


def test_currencies_are_known_by_their_code():
    assert {"GBP", "EUR", "JPY"} <= currency_codes()
    assert [is_currency(code) for code in ("GBP", "gbp", "XYZW")] == [True, False, False]


@pytest.mark.parametrize(
    ("share", "whole", "expected"), [(1, 3, Decimal("33.3")), (1, 2000, Decimal("0.1")), (3, 0, None)]
)
def test_percentage_is_rounded_to_a_tenth_and_unknown_without_a_whole(share, whole, expected):
    assert percent(share, whole) == expected


def test_verdict_gives_its_reasons():
    rule = SafetyRule("thin_skin", "Thin skin", SafetySeverity.CAUTION, "Any?", "Light pressure only.", pressure_cap=2)

    verdict = judge([rule], [ClientFlagFact("thin_skin")], "calf", None, 3)

    reason = SafetyReason("thin_skin", "Thin skin", SafetySeverity.CAUTION, SafetyOutcome.BLOCK, "Light pressure only.")
    assert verdict == SafetyVerdict(SafetyOutcome.BLOCK, 2, (reason,))


def test_demo_chain_is_believable_unless_a_handful_is_asked_for():
    chain, again = (DemoChain(date(2026, 11, 23), Random(7)) for _ in range(2))

    assert (chain.currency, chain.label, chain.is_small) == ("GBP", "", False)
    assert chain.random.random() == again.random.random()


def test_tables_are_editable_or_grow_or_may_shrink():
    assert (INSERT_ONLY, EDITABLE, REMOVABLE) == (
        "SELECT, INSERT",
        "SELECT, INSERT, UPDATE",
        "SELECT, INSERT, UPDATE, DELETE",
    )


def test_plugin_reads_every_view_of_its_own_organisation(make, enable, ctx, org):
    enable("neuromuscular")
    make.record()

    with ctx("neuromuscular") as own:
        counts = {
            view.name: own.db.execute(select(func.count()).where(view.c.organisation_id == org.id)).scalar_one()
            for view in VIEWS
        }

    assert {name for name, count in counts.items() if count == 0} <= {"v1_measurement"}
    assert (counts["v1_organisation"], counts["v1_treatment_record"], counts["v1_clinic"]) == (1, 1, 2)
