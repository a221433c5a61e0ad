"""REST of clients' contact data."""

import pytest

CLIENT = {
    "given_name": "Zoë",
    "family_name": "Hartmann",
    "preferred_name": "Zo",
    "pronouns": "she/her",
    "gender_identity": "",
    "birth_on": "1985-03-14",
    "email": "zoe@example.org",
    "phone": "+44 20 7946 0123",
    "street": "1 Quay",
    "postal_code": "N1",
    "city": "London",
    "country": "GB",
    "language": "en",
    "time_zone": "Europe/London",
    "reminder_channel": "sms",
    "aftercare_channel": "email",
    "marketing_channel": "none",
}


def pointers(answer):
    return sorted({error["pointer"] for error in answer.get_json()["errors"]})


def test_client_is_registered_and_read_back_with_an_etag(http, world):
    desk = http("front_desk")

    created = desk.post("/api/v1/clients", CLIENT | {"clinic_id": str(world.clinic.id)})

    assert created.status_code == 201, created.get_data()
    body = created.get_json()
    assert body == CLIENT | {
        "id": body["id"],
        "display_name": "Zo Hartmann",
        "clinic_ids": [str(world.clinic.id)],
        "archived_at": None,
        "erased_at": None,
        "row_version": 1,
    }
    again = desk.get(created.headers["Location"])
    assert (again.get_json(), again.headers["ETag"]) == (body | {"extensions": {}}, '"1"')


def test_own_id_makes_a_second_creation_a_conflict(http, world, add_client):
    zoe = add_client()

    answer = http().post("/api/v1/clients", {"id": zoe["id"], "given_name": "Ben", "clinic_id": str(world.clinic.id)})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "id_taken")


def test_merge_patch_changes_what_is_named_and_null_removes(http, add_client):
    zoe = add_client(email="zoe@example.org", birth_on="1985-03-14")

    answer = http("front_desk").patch(
        f"/api/v1/clients/{zoe['id']}", {"email": None, "birth_on": None, "preferred_name": "Zo"}, etag=1
    )

    expected = {"email": "", "birth_on": None, "preferred_name": "Zo", "display_name": "Zo Hartmann", "row_version": 2}
    assert answer.get_json() == zoe | expected
    assert http().get("/api/v1/clients?q=zoe@example").get_json()["data"] == []


def test_stale_patch_is_refused_and_the_current_version_is_told(http, add_client):
    url = f"/api/v1/clients/{add_client()['id']}"
    http().patch(url, {"phone": "020 7946 0123"}, etag=1)

    answer = http().patch(url, {"phone": "020 7946 9999"}, etag=1)

    assert (answer.status_code, answer.headers["ETag"]) == (412, '"2"')
    assert http().get(url).get_json()["phone"] == "020 7946 0123"
    assert http().patch(url, {"phone": ""}).status_code == 428


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"credit_limit": 1}, ["/credit_limit"]),
        ({"row_version": 7}, ["/row_version"]),
        ({"merged_into_id": "018f0000-0000-7000-8000-000000000000"}, ["/merged_into_id"]),
        ({"given_name": ""}, ["/given_name"]),
        ({"given_name": "\u0301 -"}, ["/given_name"]),
        ({"given_name": "a\nb"}, ["/given_name"]),
        ({"given_name": "x" * 121}, ["/given_name"]),
        ({"email": "not a mail"}, ["/email"]),
        ({"email": "x" * 300 + "@example.org"}, ["/email"]),
        ({"phone": "call me"}, ["/phone"]),
        ({"country": "England"}, ["/country"]),
        ({"language": "english please"}, ["/language"]),
        ({"birth_on": "14.03.1985"}, ["/birth_on"]),
        ({"birth_on": "2999-01-01"}, ["/birth_on"]),
        ({"time_zone": "Mars/Base"}, ["/time_zone"]),
        ({"reminder_channel": "pigeon"}, ["/reminder_channel"]),
        ({"clinic_id": "here"}, ["/clinic_id"]),
    ],
)
def test_input_that_cannot_be_right_is_refused_with_its_pointer(http, world, changes, expected):
    body = {"given_name": "Zoë", "family_name": "", "clinic_id": str(world.clinic.id)} | changes

    answer = http().post("/api/v1/clients", body)

    assert (answer.status_code, pointers(answer)) == (422, expected)


def test_ten_megabytes_of_text_are_refused_before_parsing(http, world):
    body = {"given_name": "x" * 10_000_000, "clinic_id": str(world.clinic.id)}

    answer = http().post("/api/v1/clients", body)

    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("text", [" " * 1_000_000, "a@" + "." * 1_000_000, "é" * 300_000, "-" * 1_000_000])
def test_a_megabyte_in_one_field_is_refused_by_its_length(http, world, text):
    body = {"given_name": "Zoë", "clinic_id": str(world.clinic.id)}

    for name in ("given_name", "email", "phone", "language"):
        answer = http().post("/api/v1/clients", body | {name: text})
        assert (answer.status_code, pointers(answer)) == (422, [f"/{name}"])


def test_nul_characters_are_refused_in_bodies_and_filters(http, world):
    body = {"given_name": "Z\x00oe", "clinic_id": str(world.clinic.id)}

    assert http().post("/api/v1/clients", body).status_code == 400
    assert http().get("/api/v1/clients?q=z%00oe").status_code == 400


@pytest.mark.parametrize(
    "query", ["?name=zoe", "?archived=perhaps", "?clinic_id=x", "?cursor=abc", "?cursor=W1sicyIsImEiXV0"]
)
def test_unknown_filters_and_foreign_cursors_are_refused(http, query):
    assert http().get(f"/api/v1/clients{query}").status_code == 400


def test_list_is_searched_filtered_and_paged(http, world, add_client):
    add_client()
    add_client("Ben", "Okafor", clinic_id=str(world.other_clinic.id))
    add_client("Zoe", "Abel", clinic_id=str(world.other_clinic.id))
    admin = http()

    def names(query):
        return [row["display_name"] for row in admin.get(f"/api/v1/clients{query}").get_json()["data"]]

    assert names("") == ["Zoe Abel", "Zoë Hartmann", "Ben Okafor"]
    assert names("?q=zoe") == ["Zoe Abel", "Zoë Hartmann"]
    assert names(f"?q=zoe&clinic_id={world.other_clinic.id}") == ["Zoe Abel"]
    first = admin.get("/api/v1/clients?limit=2").get_json()
    rest = admin.get(f"/api/v1/clients?limit=2&cursor={first['next_cursor']}").get_json()
    assert [row["display_name"] for row in first["data"] + rest["data"]] == names("")
    assert rest["next_cursor"] is None


def test_archived_client_leaves_the_list_and_returns(http, add_client):
    url = f"/api/v1/clients/{add_client()['id']}"
    desk = http("front_desk")

    archived = desk.post(f"{url}/archive", etag=1)

    assert archived.get_json()["archived_at"] is not None
    assert desk.get("/api/v1/clients").get_json()["data"] == []
    assert [row["id"] for row in desk.get("/api/v1/clients?archived=only").get_json()["data"]] == [
        url.rpartition("/")[2]
    ]
    assert desk.post(f"{url}/restore", etag=1).status_code == 412
    assert desk.post(f"{url}/restore", etag=2).get_json()["archived_at"] is None


def test_duplicates_are_found_and_can_be_refused(http, world, add_client):
    zoe = add_client(email="zoe@example.org")
    body = {"given_name": "Zoe", "family_name": "Hartman", "email": "ZOE@example.org"}

    found = http("front_desk").post("/api/v1/client-duplicates", body)
    refused = http().post("/api/v1/clients", body | {"clinic_id": str(world.clinic.id), "refuse_duplicates": True})

    assert found.get_json() == {
        "data": [
            {
                "id": zoe["id"],
                "display_name": "Zoë Hartmann",
                "birth_on": None,
                "email": "zoe@example.org",
                "phone": "",
                "reasons": ["name", "email"],
            }
        ]
    }
    assert (refused.status_code, refused.get_json()["code"]) == (409, "possible_duplicate")
    assert http().post("/api/v1/clients", body | {"clinic_id": str(world.clinic.id)}).status_code == 201


def test_contact_data_are_seen_by_every_clinic_of_the_organisation(http, world, add_client):
    zoe = add_client()

    south = http(world.elsewhere["front_desk"]).get(f"/api/v1/clients/{zoe['id']}")

    assert south.get_json() == zoe | {"clinic_ids": [], "extensions": {}}


def test_client_of_another_organisation_is_not_seen_or_changed(http, other_world, add_client):
    zoe = add_client()
    stranger = http(other_world.people["chain_administrator"])
    url = f"/api/v1/clients/{zoe['id']}"

    assert stranger.get("/api/v1/clients").get_json()["data"] == []
    assert stranger.get("/api/v1/clients?q=zoe").get_json()["data"] == []
    assert stranger.post("/api/v1/client-duplicates", {"given_name": "Zoë", "family_name": "Hartmann"}).get_json() == {
        "data": []
    }
    assert stranger.get(url).status_code == 404
    assert stranger.patch(url, {"phone": "1"}, etag=1).status_code == 404
    assert stranger.post(f"{url}/archive", etag=1).status_code == 404
    assert stranger.post(f"{url}/clinics", {"clinic_id": str(other_world.clinic.id)}).status_code == 404
    assert http().get(url).get_json() == zoe | {"extensions": {}}


def test_clinic_outside_ones_own_is_refused_at_creation_and_linking(http, world, other_world, add_client):
    desk = http("front_desk")
    url = f"/api/v1/clients/{add_client()['id']}/clinics"

    for clinic in (world.other_clinic, other_world.clinic):
        body = {"given_name": "Ben", "clinic_id": str(clinic.id)}
        assert desk.post("/api/v1/clients", body).status_code == 404
        assert desk.post(url, {"clinic_id": str(clinic.id)}).status_code == 404
        assert desk.get(f"/api/v1/clients?clinic_id={clinic.id}").status_code == 404


def test_client_becomes_known_at_another_clinic_once(http, world, add_client):
    url = f"/api/v1/clients/{add_client()['id']}"
    south = http(world.elsewhere["front_desk"])

    first = south.post(f"{url}/clinics", {"clinic_id": str(world.other_clinic.id)})
    again = south.post(f"{url}/clinics", {"clinic_id": str(world.other_clinic.id)})

    assert first.get_json()["clinic_ids"] == again.get_json()["clinic_ids"] == [str(world.other_clinic.id)]
    assert set(http().get(url).get_json()["clinic_ids"]) == {str(world.clinic.id), str(world.other_clinic.id)}
