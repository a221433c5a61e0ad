"""Sign-in over real connections: each scope commits by itself."""

from polyclinic.testing.clients import PageClient


def test_sign_in_commits_the_session_and_its_audit_row(live):
    client = PageClient(live.app)

    client.sign_in(live.world.people["therapist"].email, live.world.people["therapist"].password)

    page = client.get("/clinics")
    assert page.status_code == 200
    assert "Harbour North" in page.get_data(as_text=True)
    assert "Meadow" not in page.get_data(as_text=True)


def test_same_connection_serves_two_chains_and_mixes_nothing(live):
    for _ in range(3):
        for world, other in ((live.world, live.other_world), (live.other_world, live.world)):
            client = PageClient(live.app)
            client.sign_in(world.people["therapist"].email, world.people["therapist"].password)
            page = client.get("/clinics").get_data(as_text=True)
            assert world.clinic.name in page
            assert other.clinic.name not in page
