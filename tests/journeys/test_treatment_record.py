"""A therapist records a treatment by the visible controls, signs it, and nobody can change it any more."""

from __future__ import annotations

import psycopg
import pytest

from polyclinic.testing.browsers import DESK, TABLET, assert_ui_ok, overflow
from polyclinic.testing.clients import RestClient
from polyclinic.testing.sites import SITE_NOW, committed
from tests.journeys.editor import Editor

pytestmark = pytest.mark.browser


@pytest.fixture
def arrived(site, chain):
    """Let a client arrive for a visit with Ana today; returns the appointment."""

    def act(client, hour, minute=0):
        with committed(site.app, site.world):
            return chain.arrive(chain.book(client, SITE_NOW.replace(hour=hour, minute=minute)))

    return act


def sign_in(page, person):
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/today")


@pytest.mark.parametrize(
    ("client", "hour", "minute", "size", "touch"), [("Hale", 10, 30, DESK, False), ("Aziz", 11, 0, TABLET, True)]
)
def test_record_and_sign_a_treatment(visit, site, arrived, client, hour, minute, size, touch):
    appointment = arrived(client, hour, minute)
    page = visit(size=size, touch=touch)
    sign_in(page, site.world.people["therapist"])
    editor = Editor(page, touch)
    editor.press(page.locator(f"#visit-{appointment.id}").get_by_role("button", name="In room"))
    address = editor.start(appointment.id)

    record_treatment(editor)
    assert_ui_ok(page)
    assert overflow(page) == 0

    editor.sign()
    check_signed_view(page)
    digest = page.locator(".pc-record-seal .pc-code").inner_text()
    page.reload()
    assert page.locator(".pc-record-seal .pc-code").inner_text() == digest
    check_nothing_changes(page, site, address, digest)


def record_treatment(editor: Editor) -> None:
    page = editor.page
    page.get_by_role("radio", name="None of these today").check()
    page.get_by_label("Today's complaint").fill("Right-sided headache since Friday")
    editor.score(page.locator(".pc-complaint"), "Pain before", 7)
    editor.score(page.locator(".pc-complaint"), "Pain after", 3)
    editor.treat("Top of shoulder (neck to shoulder angle), right")
    editor.treat("Shoulder blade, left")
    editor.point(1).get_by_label("Tool at point 1").select_option("thumb")
    editor.point(1).get_by_label("Technique at point 1").select_option("pressure_release")
    editor.fill_point(1, pressure="3", hold="30", pain=(7, 4))
    editor.fill_point(2, pressure="2", hold="20", pain=(5, 2))

    editor.act(editor.point(1).get_by_role("button", name="Less"))
    assert editor.point(1).get_by_label("Pressure 0 to 5 at point 1").input_value() == "2"
    editor.act(editor.point(2).get_by_role("button", name="Stop"))
    assert "Treatment paused." in page.get_by_role("main").inner_text()
    page.get_by_label("Why it was paused").fill("Sharp pain")
    page.get_by_label("Reason to resume").fill("Eased at once, client agrees")
    editor.act(page.get_by_role("button", name="Resume"))
    assert "Treatment paused." not in page.get_by_role("main").inner_text()

    page.get_by_role("textbox", name="Findings and response").fill("Taut band, local twitch.")
    page.get_by_label("Plan", exact=True).fill("Again in seven days.")
    page.get_by_role("checkbox", name="Warmth advised").check()


def check_signed_view(page) -> None:
    text = page.get_by_role("main").inner_text()
    shown = ("Right-sided headache since Friday", "Taut band, local twitch.", "Again in seven days.", "Warmth advised")
    assert [words for words in shown if words not in text] == []
    assert "Signed by Ana Ruiz" in text
    assert "resumed: Eased at once, client agrees" in text
    assert_ui_ok(page)
    assert overflow(page) == 0


def check_nothing_changes(page, site, address: str, digest: str) -> None:
    record_id = address.rpartition("/")[2]
    token = page.locator("input[name=csrf_token]").first.get_attribute("value")
    form = {"csrf_token": token, "row_version": "1", "_sections": "core.soap", "core.soap:complaint": "Changed"}
    answer = page.context.request.post(f"{address}/draft", form=form, max_redirects=0)
    assert answer.status in {303, 404, 409, 412, 422}
    rest = RestClient(site.app, site.world.people["therapist"].token)
    record = rest.get(f"/api/v1/treatment-records/{record_id}").get_json()
    assert (record["state"], record["newest_version"]["content_sha256"]) == ("signed", digest)
    assert record["newest_version"]["sections"][0]["data"]["complaint"] == "Right-sided headache since Friday"
    with psycopg.connect(site.database.urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE treatment_record_version SET summary = '' WHERE record_id = %s", (record_id,))
    stranger = RestClient(site.app, site.other_world.people["chain_administrator"].token)
    assert stranger.get(f"/api/v1/treatment-records/{record_id}").status_code == 404
    assert stranger.get("/api/v1/treatment-records").get_json()["data"] == []
