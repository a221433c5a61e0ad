"""The plugin in an organisation that has switched it on."""

import pytest

DATA = {"given": ["water", "rest"], "next_visit": 7, "remark": "Walk a little every hour"}


@pytest.fixture(autouse=True)
def switched_on(enable):
    enable("aftercare")


def test_advice_is_signed_and_stays_readable_without_the_plugin(sign_section, disable, archived_view):
    signed = sign_section("aftercare.advice", DATA)
    disable("aftercare")

    assert signed.summary == "Drink more than usual, No sport today; next visit in 7 days."
    assert [(row.label, row.value, row.unit) for row in archived_view(signed)] == [
        ("Advice given", "Drink more than usual, No sport today", ""),
        ("Next visit in", "7", "days"),
        ("In your own words", "Walk a little every hour", ""),
    ]


def test_visit_without_advice_must_be_confirmed(sign_section):
    assert sign_section("aftercare.advice", {"next_visit": 14}).findings == ("no_advice",)


def test_client_card_says_that_nothing_is_mailed_as_long_as_no_text_is_set(client_record, render_slot):
    assert "nothing is mailed" in render_slot("client.rail.section", client_record.id, role="front_desk")


def test_text_is_mailed_once_after_a_completed_visit(make, configure, drain, letters, client_record, render_slot):
    configure("aftercare", mail_text="Drink a glass of water.")
    make.appointment(status="completed")

    ran = [drain().handlers, drain().handlers]

    assert ran == [["aftercare.mail_advice"], []]
    assert [(letter.to, letter.text) for letter in letters] == [("tom.hale@example.org", "Drink a glass of water.")]
    assert "mailed to tom.hale@example.org" in render_slot("client.rail.section", client_record.id)
