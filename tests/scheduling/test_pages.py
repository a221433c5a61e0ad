"""Pages of scheduling through a signed-in browser without a screen."""

import re
from datetime import timedelta

import pytest

from polyclinic.kit import clock
from polyclinic.scheduling import queries
from polyclinic.scheduling import today as today_sources
from polyclinic.scheduling.today import TodayCard, TodayItem, VisitAction
from polyclinic.testing.counting import counted
from polyclinic.web.rate_limit import Buckets
from tests.scheduling.conftest import at, cancel, make_client

MONDAY = "2026-11-23"


def text_of(response):
    html = response.get_data(as_text=True)
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&#39;", "'").replace("&amp;", "&").split())


def form(diary, **changes):
    values = {
        "clinic_id": diary.clinic_id,
        "client_id": diary.tom,
        "service_id": diary.massage.id,
        "therapist_id": diary.ana.id,
        "date": MONDAY,
        "starts_at": at(10).isoformat(),
        "local_start": "",
        "room_id": "",
        "note": "",
        "overbook_reason": "",
    }
    return {key: str(value) for key, value in (values | changes).items()}


def test_empty_day_shows_the_therapists_and_says_so(diary, browse):
    page = text_of(browse("front_desk").get(f"/calendar?date={MONDAY}"))

    assert "Monday 23 November 2026" in page
    assert "Ana Ruiz 0 visits No visits." in page
    assert "0 appointments" in page


def test_day_shows_visits_under_their_therapist_with_state_and_next_step(diary, browse):
    diary.book(at(10))
    diary.book(at(10, 30), client_id=diary.noor, overbook_reason="regular of Ana")

    page = text_of(browse("front_desk").get(f"/calendar?view=day&date={MONDAY}&clinic={diary.clinic_id}"))

    assert "Ana Ruiz 2 visits" in page
    assert "Tom Hale 10:00 to 11:00 · Massage 60 · Ana Ruiz, Room 1 Booked Arrived" in page
    assert "Noor Aziz 10:30 to 11:30 · Massage 60 · Ana Ruiz, Room 2 Overbooked Booked Arrived" in page


def test_week_groups_by_day_and_leaves_cancelled_visits_out(diary, browse):
    diary.book(at(10, day=24))
    cancel(diary, diary.book(at(10, day=25), client_id=diary.noor))

    page = text_of(browse("front_desk").get(f"/calendar?view=week&date={MONDAY}"))

    assert "23 November to 29 November 2026" in page
    assert "Tuesday 24 November 1 visit" in page
    assert "Noor Aziz" not in page


def test_calendar_narrows_to_one_therapist(diary, browse):
    diary.book(at(10))
    diary.book(at(10), client_id=diary.noor, therapist_id=diary.ben.id)

    page = text_of(browse("front_desk").get(f"/calendar?date={MONDAY}&therapist={diary.ben.id}"))

    assert "Noor Aziz" in page
    assert "Tom Hale" not in page


def test_calendar_of_a_clinic_outside_the_scope_is_404(diary, browse, other_world):
    client = browse("front_desk")

    assert client.get(f"/calendar?clinic={diary.world.other_clinic.id}").status_code == 404
    assert client.get(f"/calendar?clinic={other_world.clinic.id}").status_code == 404


def test_calendar_with_a_date_that_is_none_is_400(diary, browse):
    assert browse("front_desk").get("/calendar?date=tomorrow").status_code == 400


def test_other_clinics_people_do_not_see_the_visits(diary, browse):
    row = diary.book(at(10))
    stranger = browse(diary.world.elsewhere["front_desk"])

    assert "Tom Hale" not in text_of(stranger.get(f"/calendar?date={MONDAY}"))
    assert stranger.get(f"/appointments/{row.id}").status_code == 404
    assert stranger.post(f"/appointments/{row.id}/status", {"to": "arrived", "row_version": "1"}).status_code == 404


def test_one_tap_advances_and_comes_back_with_an_undo(diary, browse):
    row = diary.book(at(10))
    client = browse("front_desk")
    fields = {"to": "arrived", "row_version": "1", "next": f"/calendar?date={MONDAY}"}

    answer = client.post(f"/appointments/{row.id}/status", fields)
    page = client.get(answer.headers["Location"])
    undo = re.search(r'action="(/appointments/[^"]+/status\?to=booked[^"]+)"', page.get_data(as_text=True))
    assert undo is not None
    client.post(undo.group(1).replace("&amp;", "&"))

    assert answer.status_code == 302
    assert "Tom Hale: arrived. Undo" in text_of(page)
    assert queries.get_appointment(diary.actor, row.id).status == "booked"


def test_step_never_leads_to_another_site(diary, browse):
    row = diary.book(at(10))
    fields = {"to": "arrived", "row_version": "1", "next": "https://elsewhere.example/"}

    answer = browse("front_desk").post(f"/appointments/{row.id}/status", fields)

    assert answer.headers["Location"].startswith(f"/appointments/{row.id}?")


def test_stale_step_shows_the_visit_as_it_is_now(diary, browse):
    row = diary.book(at(10))
    client = browse("front_desk")
    fields = {"to": "arrived", "row_version": "1"}
    client.post(f"/appointments/{row.id}/status", fields)

    answer = client.post(f"/appointments/{row.id}/status", fields)

    assert answer.status_code == 409
    assert "Somebody changed this appointment" in text_of(answer) or "cannot become" in text_of(answer)


def test_booking_form_offers_free_times_for_what_was_chosen(diary, browse):
    diary.book(at(10))
    wanted = f"clinic_id={diary.clinic_id}&service_id={diary.massage.id}&therapist_id={diary.ana.id}&date={MONDAY}"

    page = browse("front_desk").get(f"/appointments/new?{wanted}").get_data(as_text=True)
    choices = browse("front_desk").get(f"/appointments/new/choices?{wanted}").get_data(as_text=True)

    for html in (page, choices):
        assert f'value="{at(11, 15).isoformat()}"' in html
        assert f'value="{at(10).isoformat()}"' not in html


def test_full_day_offers_the_next_free_times(diary, browse):
    sunday = f"clinic_id={diary.clinic_id}&service_id={diary.massage.id}&therapist_id={diary.ana.id}&date=2026-11-29"

    page = text_of(browse("front_desk").get(f"/appointments/new?{sunday}"))

    assert "No free time on this day. The next ones: Mon 30 Nov, 09:00" in page


def test_form_books_and_returns_to_that_day(diary, browse):
    client = browse("front_desk")

    answer = client.post("/appointments/new", form(diary, note="prefers the front room"))
    page = text_of(client.get(answer.headers["Location"]))

    assert answer.status_code == 302, text_of(answer)
    assert "Tom Hale: booked." in page
    assert "Tom Hale 10:00 to 11:00" in page


def test_conflicts_are_listed_with_the_nearest_fix_and_nothing_typed_is_lost(diary, browse):
    diary.book(at(10))

    answer = browse("front_desk").post("/appointments/new", form(diary, note="prefers the front room"))
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert "Ana Ruiz is busy from 10:00 to 11:15." in page
    assert "The client has another appointment from 10:00 to 11:00." in page
    assert "The next free time is Monday 23 November 2026, 11:15." in page
    assert "prefers the front room" in page
    assert f'value="{diary.tom}"' in page


@pytest.mark.parametrize(("shown", "booked"), [("", "2026-11-23T13:05:00"), (f"{MONDAY}T13:05", "2026-11-23T10:00:00")])
def test_time_typed_since_the_page_was_shown_counts_before_the_chosen_one(diary, browse, shown, booked):
    values = form(diary, local_start=f"{MONDAY}T13:05", local_start_shown=shown)

    browse("front_desk").post("/appointments/new", values)

    assert [row.local_start_text for row in queries.list_client_appointments(diary.actor, diary.tom)] == [booked]


def test_time_that_happens_twice_shows_the_choice(diary, browse):
    answer = browse("clinic_manager").post(
        "/appointments/new", form(diary, starts_at="", local_start="2027-10-31T01:30")
    )

    assert answer.status_code == 422
    assert "Which one" in text_of(answer)


def test_missing_choices_are_named(diary, browse):
    answer = browse("front_desk").post("/appointments/new", form(diary, client_id="", service_id="", starts_at=""))

    assert answer.status_code == 422
    assert "Choose a client." in text_of(answer)
    assert "Choose a service." in text_of(answer)


def test_typed_name_without_scripts_finds_the_only_client(diary, browse):
    answer = browse("front_desk").post("/appointments/new", form(diary, client_id="", client_id_text="hale"))

    assert answer.status_code == 302


def test_typed_name_of_several_clients_asks_which(diary, browse):
    other = make_client(diary.actor, diary.clinic_id, "Thea", "Hale")

    answer = browse("front_desk").post("/appointments/new", form(diary, client_id="", client_id_text="hale"))
    html = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert "Which client?" in html
    assert f'value="{other}"' in html


def test_live_search_offers_clients(diary, browse):
    html = browse("front_desk").get("/appointments/new/clients?client_id_text=azi").get_data(as_text=True)

    assert f'data-value="{diary.noor}"' in html
    assert str(diary.tom) not in html


def test_show_free_times_works_without_scripts(diary, browse):
    answer = browse("front_desk").post("/appointments/new", form(diary, starts_at="", show="times"))

    assert answer.status_code == 200
    assert f'value="{at(10).isoformat()}"' in answer.get_data(as_text=True)


def test_overbooking_is_offered_to_those_who_may(diary, browse):
    desk = browse("front_desk").get("/appointments/new").get_data(as_text=True)
    manager = browse("clinic_manager").get("/appointments/new").get_data(as_text=True)

    assert "overbook_reason" not in desk
    assert "overbook_reason" in manager


def test_detail_shows_what_is_known_and_the_history(diary, browse):
    row = diary.book(at(10), note="prefers the front room")
    client = browse("front_desk")
    client.post(f"/appointments/{row.id}/status", {"to": "arrived", "row_version": "1"})

    page = text_of(client.get(f"/appointments/{row.id}"))

    assert "Monday 23 November 2026, 10:00 to 11:00" in page
    assert "prefers the front room" in page
    assert "Booked 23 Nov 08:00 Arrived 23 Nov 08:00" in page


def test_move_form_moves_and_a_refusal_keeps_what_was_typed(diary, browse):
    row = diary.book(at(10))
    diary.book(at(13), client_id=diary.noor)
    client = browse("front_desk")

    refused = client.post(f"/appointments/{row.id}/move", {"row_version": "1", "local_start": f"{MONDAY}T13:00"})
    moved = client.post(f"/appointments/{row.id}/move", {"row_version": "1", "local_start": f"{MONDAY}T15:00"})

    assert refused.status_code == 422
    assert "Ana Ruiz is busy from 13:00 to 14:15." in text_of(refused)
    assert f"{MONDAY}T13:00" in refused.get_data(as_text=True)
    assert moved.status_code == 302
    assert queries.get_appointment(diary.actor, row.id).local_start_text == "2026-11-23T15:00:00"


def test_cancelled_with_reason_and_taken_back(diary, browse):
    row = diary.book(at(10))
    client = browse("front_desk")
    url = f"/appointments/{row.id}"

    client.post(f"{url}/status", {"to": "cancelled", "row_version": "1", "reason": "client is ill"})
    page = text_of(client.get(url))
    client.post(f"{url}/status", {"to": "booked", "row_version": "2"})

    assert "Cancelled. client is ill" in page
    assert "Book again" in page
    assert queries.get_appointment(diary.actor, row.id).status == "booked"


def test_no_show_is_offered_once_the_visit_began(diary, browse):
    row = diary.book(at(10))
    client = browse("front_desk")

    before = text_of(client.get(f"/appointments/{row.id}"))
    with clock.frozen(at(8, 5) + timedelta(hours=2)):
        after = text_of(browse("front_desk").get(f"/appointments/{row.id}"))

    assert "No-show" not in before
    assert "No-show" in after


def test_today_is_empty_with_one_action(diary, browse):
    page = text_of(browse("front_desk").get("/today"))

    assert "Monday 23 November" in page
    assert "No visits today. Open the week" in page


def test_today_shows_the_front_desk_the_clinics_day(diary, browse):
    diary.book(at(13))
    diary.book(at(10), client_id=diary.noor, therapist_id=diary.ben.id)

    page = text_of(browse("front_desk").get("/today"))

    assert page.index("Noor Aziz") < page.index("Tom Hale")


def test_today_shows_a_therapist_their_own_visits(diary, browse):
    from polyclinic.therapists.commands import UpdateTherapist
    from polyclinic.therapists.services.profiles import update_therapist

    member_id = diary.world.people["therapist"].member.id
    update_therapist(diary.actor, UpdateTherapist(diary.ben.id, diary.ben.row_version + 1, {"member_id": member_id}))
    diary.book(at(13))
    diary.book(at(10), client_id=diary.noor, therapist_id=diary.ben.id)
    client = browse("therapist")

    own, clinics = text_of(client.get("/today")), text_of(client.get("/today?of=clinic"))

    assert "Your visits today" in own
    assert "Noor Aziz" in own
    assert "Tom Hale" not in own
    assert "Tom Hale" in clinics


@pytest.fixture(autouse=True)
def open_door(built_app, monkeypatch):
    """Let one person sign in as often as these tests need."""
    for name in ("polyclinic_sign_in_by_email", "polyclinic_sign_in_by_address"):
        monkeypatch.setitem(built_app.extensions, name, Buckets(10_000))


@pytest.fixture
def contributions(monkeypatch):
    monkeypatch.setattr(today_sources, "_card_sources", [])
    monkeypatch.setattr(today_sources, "_action_sources", [])


def test_higher_features_add_cards_and_actions(diary, browse, contributions):
    row = diary.book(at(10))
    cards = [TodayCard("To sign", [TodayItem("Tom Hale", "/records/1", "3 days")])]
    actions = {row.id: VisitAction("Note", "/records/2", "Draft", "warn")}
    today_sources.add_card_source(lambda _actor, _clinic_ids: cards)
    today_sources.add_action_source(lambda _actor, _appointment_ids: actions)

    html = browse("front_desk").get("/today").get_data(as_text=True)

    assert 'href="/records/1"' in html
    assert 'href="/records/2"' in html


def test_services_are_found_by_synonym(diary, browse):
    page = text_of(browse("front_desk").get("/services?q=myotherapy"))

    assert "Neuromuscular 60" in page
    assert "Massage 60" not in page


def test_service_form_saves_and_keeps_what_was_typed_on_error(diary, browse):
    client = browse("clinic_manager")
    values = {"name": "Sports 45", "synonyms": "Recovery, After match", "duration_minutes": "45", "needs_room": "true"}

    wrong = client.post("/services/new", values | {"duration_minutes": "0"})
    saved = client.post("/services/new", values)
    page = text_of(client.get("/services?q=after match"))

    assert wrong.status_code == 422
    assert "Recovery, After match" in wrong.get_data(as_text=True)
    assert saved.status_code == 302
    assert "Sports 45 Recovery, After match" in page


def test_service_changes_and_leaves_the_list(diary, browse):
    client = browse("clinic_manager")
    url = f"/services/{diary.massage.id}"

    client.post(url, {"row_version": "1", "name": "Massage 50", "duration_minutes": "50"})
    client.post(f"{url}/archive", {"row_version": "2", "restore": "false"})

    assert "Massage 50" not in text_of(client.get("/services"))
    assert "Massage 50 Archived" in text_of(client.get("/services?archived=any"))


def test_front_desk_sees_services_without_a_form(diary, browse):
    client = browse("front_desk")

    page = client.get(f"/services/{diary.massage.id}").get_data(as_text=True)

    assert "Save service" not in page
    assert client.post("/services/new", {"name": "New", "duration_minutes": "60"}).status_code == 403


@pytest.mark.parametrize("path", [f"/calendar?date={MONDAY}", f"/calendar?view=week&date={MONDAY}", "/today"])
def test_page_costs_the_same_few_statements_at_any_number_of_visits(diary, browse, engine, path):
    client = browse("clinic_manager")
    counts = []
    for hour in (9, 11, 13):
        diary.book(at(hour), client_id=diary.tom if hour != 11 else diary.noor)
        with counted(engine) as statements:
            client.get(path)
        # The savepoints are the test's own.
        counts.append([text for text in statements.texts if "SAVEPOINT" not in text])

    assert len({len(texts) for texts in counts}) == 1
    assert len(counts[0]) <= 13
