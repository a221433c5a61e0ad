"""Generated requests for every REST operation and role: no server error, and answers as the description says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, checks
from schemathesis.core.failures import FailureGroup

from polyclinic.testing.populated import (
    PopulatedLive,
    PopulatedTemplate,
    open_populated,
    populated_template,  # noqa: F401
)

EXAMPLES = {"chain_administrator": 7, "front_desk": 2, "therapist": 3}
"""Requests of each kind, valid and not, for every operation."""
checks.load_all_checks()
CHECKS = [
    checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
]
GENERATED = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def filled(admin_url: str, populated_template: PopulatedTemplate) -> Iterator[PopulatedLive]:  # noqa: F811
    with open_populated(admin_url, populated_template) as live:
        yield live


@pytest.fixture(scope="module")
def description(filled: PopulatedLive) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", filled.app)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("role", EXAMPLES)
def test_every_operation_answers_as_described(filled, description, role, mode):
    headers = {"Authorization": f"Bearer {filled.world.people[role].token}"}
    generated = settings(GENERATED, max_examples=EXAMPLES[role])
    found = []
    for result in description.get_all_operations():
        operation = result.ok()
        cases = generated, operation.as_strategy(generation_mode=mode)
        found += [f"{operation.label}: {problem}" for problem in problems_of(cases, headers, filled.own.here)]

    assert found == []


def problems_of(cases: tuple[settings, Any], headers: dict[str, str], ids: Mapping[str, UUID]) -> list[str]:
    """Send generated requests about things that exist and return what is wrong with the answers."""
    found: list[str] = []
    generated, strategy = cases

    @generated
    @given(case=strategy)
    def send(case: Case) -> None:
        for name in case.path_parameters:
            if name in ids:
                case.path_parameters[name] = str(ids[name])
        try:
            case.call_and_validate(headers=headers, checks=CHECKS)
        except FailureGroup as group:
            found.extend(str(failure) for failure in group.exceptions)

    send()
    return list(dict.fromkeys(found))[:2]
