"""A body over the limit, sent whole by a plain client over a real connection, still gets its answer."""

import http.client
import json


def send(port: int, path: str, body: bytes, headers: dict[str, str]):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def test_ten_megabytes_of_json_are_answered_413(served):
    headers = {"Authorization": f"Bearer {served.token}", "Content-Type": "application/json"}
    body = b'{"given_name": "' + b"x" * 10_000_000 + b'"}'

    status, kind, answer = send(served.server.port, "/api/v1/clients", body, headers)

    assert (status, kind) == (413, "application/problem+json")
    assert json.loads(answer)["code"] == "too_large"


def test_ten_megabytes_in_a_form_are_answered_with_a_page(served):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    status, kind, answer = send(served.server.port, "/sign-in", b"email=" + b"x" * 10_000_000, headers)

    assert (status, kind) == (413, "text/html; charset=utf-8")
    assert b"larger than the limit" in answer
