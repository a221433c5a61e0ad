"""Static files: compressed when accepted, cached for ever when versioned, nothing outside the folders."""

import gzip
import re

import pytest

from polyclinic.web.rendering import asset_url


def test_compressed_twin_holds_the_same_bytes(app):
    client = app.test_client()

    plain = client.get("/static/vendor/tabler.min.css", headers={"Accept-Encoding": "identity"})
    packed = client.get("/static/vendor/tabler.min.css", headers={"Accept-Encoding": "gzip"})

    assert (plain.mimetype, packed.mimetype) == ("text/css", "text/css")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_data()) == plain.get_data()


def test_versioned_address_is_immutable_and_a_bare_one_is_not(app):
    client = app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    address = re.findall(r'/static/[^"]+\.css\?v=[0-9a-f]{12}', page)[0]

    assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(address.split("?")[0]).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["../app.py", "%2e%2e/app.py", "ext/nobody/x.js", "ext/neuromuscular/../plugin.py", "vendor", "nothing.css"]
)
def test_nothing_outside_the_static_folders_is_sent(app, path):
    assert app.test_client().get(f"/static/{path}").status_code == 404


def test_address_of_a_plugins_file_carries_its_hash(app):
    with app.test_request_context():
        known = asset_url("ext/neuromuscular/protocol.css")
        unknown = asset_url("ext/neuromuscular/nothing.css")

    assert re.fullmatch(r"/static/ext/neuromuscular/protocol\.css\?v=[0-9a-f]{12}", known)
    assert unknown == "/static/ext/neuromuscular/nothing.css"
    assert app.test_client().get(known).status_code == 200
