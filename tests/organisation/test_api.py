"""REST of clinics and rooms."""


def test_administrator_opens_a_clinic_and_reads_it_back(http):
    client = http()

    created = client.post("/api/v1/clinics", {"name": "Quay", "time_zone": "Europe/Berlin", "country": "DE"})

    assert created.status_code == 201, created.get_data()
    body = created.get_json()
    assert created.headers["Location"] == f"/api/v1/clinics/{body['id']}"
    again = client.get(created.headers["Location"])
    assert again.get_json() == body | {"extensions": {}}
    assert again.headers["ETag"] == '"1"'
