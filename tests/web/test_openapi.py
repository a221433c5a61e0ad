"""The OpenAPI description says what the operations read and answer."""

import re

import pytest


@pytest.fixture
def described(http):
    return http(None).get("/api/v1/openapi.json").get_json()


def test_list_shows_its_filters_and_paging(described):
    parameters = described["paths"]["/api/v1/clients"]["get"]["parameters"]

    assert [parameter["name"] for parameter in parameters] == ["q", "clinic_id", "archived", "limit", "cursor"]


def test_list_without_paging_answers_its_rows_in_data(described):
    answer = described["paths"]["/api/v1/clinics"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert answer == {"$ref": "#/components/schemas/ClinicList"}
    assert described["components"]["schemas"]["ClinicList"]["properties"] == {
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/Clinic"}}
    }


def test_change_names_its_header_and_every_refusal(described):
    operation = described["paths"]["/api/v1/clients/{client_id}"]["patch"]
    headers = {p["name"]: p["required"] for p in operation["parameters"] if p["in"] == "header"}

    assert headers == {"If-Match": True}
    assert sorted(operation["responses"]) == [
        *("200", "400", "401", "403", "404", "409", "412", "413", "422", "428", "429", "503")
    ]
    refusal = described["components"]["responses"]["PRECONDITION_FAILED"]
    assert refusal["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_creation_that_needs_a_key_says_so(described):
    booking = described["paths"]["/api/v1/appointments"]["post"]["parameters"]
    registering = described["paths"]["/api/v1/clients"]["post"]["parameters"]

    needed = {name: [p["required"] for p in found] for name, found in (("book", booking), ("register", registering))}
    assert needed == {"book": [True], "register": [False]}


def test_patterns_are_anchored_as_json_schema_reads_them(described):
    patterns = list(patterns_of(described))

    assert patterns != []
    assert [pattern for pattern in patterns if not pattern.startswith("^") or r"\Z" in pattern] == []
    assert [re.compile(pattern) for pattern in patterns] != []


def test_method_that_an_address_does_not_answer_is_told_which_it_does(http):
    answer = http().delete("/api/v1/clinics")

    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def patterns_of(part):
    if isinstance(part, list):
        for item in part:
            yield from patterns_of(item)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "pattern" and isinstance(value, str):
                yield value
            else:
                yield from patterns_of(value)


def test_tags_are_those_of_the_operations(described):
    operations = [one for path in described["paths"].values() for one in path.values() if "responses" in one]

    used = {tag for operation in operations for tag in operation["tags"]}
    assert [tag["name"] for tag in described["tags"]] == sorted(used)
