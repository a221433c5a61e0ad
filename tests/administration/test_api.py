"""Plugins over REST."""


def test_plugin_is_switched_on_and_off(http, world, wishing):
    client = http()
    body = {"clinic_id": str(world.clinic.id), "granted_scopes": ["clients:read"], "role_permissions": {}}

    on = client.post(f"/api/v1/plugins/{wishing}/enable", body).get_json()
    shown = client.get(f"/api/v1/plugins/{wishing}").get_json()
    off = client.post(f"/api/v1/plugins/{wishing}/disable", {"clinic_id": str(world.clinic.id)}).get_json()

    place = {"clinic_id": str(world.clinic.id)}
    assert on == place | {"state": "enabled", "granted_scopes": ["clients:read"], "role_permissions": {}}
    assert shown["switches"] == [on]
    assert (shown["version"], shown["outbound_hosts"]) == ("2.1", ["mail.example.org"])
    assert off == place | {"state": "disabled", "granted_scopes": [], "role_permissions": {}}


def test_what_is_left_out_is_granted_as_suggested(http, wishing):
    answer = http().post(f"/api/v1/plugins/{wishing}/enable", {}).get_json()

    assert sorted(answer["granted_scopes"]) == ["appointments:read", "clients:read"]
    assert answer["role_permissions"] == {"clinic_manager": [f"{wishing}.lists:read"]}


def test_role_that_does_not_exist_is_refused_by_name(http, wishing):
    response = http().post(f"/api/v1/plugins/{wishing}/enable", {"role_permissions": {"owner": []}})

    (error,) = response.get_json()["errors"]
    assert response.status_code == 422
    assert error["detail"].startswith("There is no such role. Known: chain_administrator")


def test_clinic_of_another_organisation_is_not_found(http, other_world, wishing):
    body = {"clinic_id": str(other_world.clinic.id)}

    assert http().post(f"/api/v1/plugins/{wishing}/enable", body).status_code == 404


def test_unknown_plugin_is_not_found(http, wishing):
    assert http().get("/api/v1/plugins/nobody").status_code == 404
