"""The pages of the API description hold all of it."""

import re
from collections import Counter

import pytest

from polyclinic.web.api_groups import METHODS, Group, Operation, list_groups, list_schemas

UNUSED = "PaginationMetadata"
"""flask-smorest describes it although nothing answers so."""


@pytest.fixture
def described(http):
    return http(None).get("/api/v1/openapi.json").get_json()


@pytest.fixture
def pages(http, described):
    """Return every group's page by its address."""
    addresses = [f"/api/docs/groups/{group.slug}" for group in list_groups(described)]
    return {address: http(None).get(address).get_data(as_text=True) for address in addresses}


def test_every_operation_stands_on_one_page_under_the_id_that_the_overview_leads_to(http, described, pages):
    overview = http(None).get("/api/docs").get_data(as_text=True)
    led_to = re.findall(r'href="(/api/docs/groups/[^"#]+)#([^"]+)"', overview)
    found = [(address, id_) for address, page in pages.items() for id_ in re.findall(r'id="(operation-[^"]+)"', page)]

    assert Counter(led_to) == Counter(found) == Counter(dict.fromkeys(found, 1))
    assert len(found) == sum(method in item for item in described["paths"].values() for method in METHODS)


def test_every_schema_that_a_page_names_stands_on_it_and_none_is_lost(described, pages):
    shown = set()
    for page in pages.values():
        ids = set(re.findall(r'id="schema-([^"]+)"', page))
        assert set(re.findall(r'href="#schema-([^"]+)"', page)) - ids == set()
        shown |= ids

    assert shown == set(described["components"]["schemas"]) - {UNUSED}


def test_group_that_does_not_exist_is_not_found(http):
    answer = http(None).get("/api/docs/groups/horses")

    assert (answer.status_code, "Not found" in answer.get_data(as_text=True)) == (404, True)


def test_operations_without_a_tag_and_schemas_in_a_circle_are_found():
    about = {"responses": {"200": {"$ref": "#/components/responses/OK"}}}
    node = {"properties": {"parent": {"$ref": "#/components/schemas/Node"}}}
    shared = {"name": "id", "in": "path"}
    document = {
        "paths": {"/nodes/{id}": {"parameters": [shared], "get": about}},
        "components": {
            "responses": {"OK": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}},
            "schemas": {"Node": node, "Other": {}},
        },
    }
    group = Group("other", "Other", (Operation("get-nodes-id", "get", "/nodes/{id}", about, (shared,)),))

    assert list_groups(document) == [group]
    assert list_schemas(document, group) == {"Node": node}
