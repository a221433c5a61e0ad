"""Generated requests for every REST operation and role: no server error, and answers as the description says.

`POLYCLINIC_FULL=1` sends more of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
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

IS_FULL = os.environ.get("POLYCLINIC_FULL") == "1"
EXAMPLES = {"chain_administrator": 7 if IS_FULL else 3, "front_desk": 2, "therapist": 3 if IS_FULL else 2}
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
    max_examples=max(EXAMPLES.values()),
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


@pytest.fixture(scope="module")
def cases_of(description: Any) -> Callable[[GenerationMode], Mapping[str, Sequence[Case]]]:
    """Return a function mode -> requests by operation; making them up takes longer than answering them."""

    @cache
    def of(mode: GenerationMode) -> Mapping[str, Sequence[Case]]:
        operations = [result.ok() for result in description.get_all_operations()]
        return {operation.label: made_up(operation.as_strategy(generation_mode=mode)) for operation in operations}

    return of


def made_up(strategy: Any) -> Sequence[Case]:
    """Return as many requests as the role with the most of them sends."""
    made: list[Case] = []

    @GENERATED
    @given(case=strategy)
    def keep(case: Case) -> None:
        made.append(case)

    keep()
    return made


@pytest.mark.parametrize("role", EXAMPLES)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_answers_as_described(filled, cases_of, role, mode):
    headers = {"Authorization": f"Bearer {filled.world.people[role].token}"}
    found = [
        f"{operation}: {problem}"
        for operation, cases in cases_of(mode).items()
        for problem in problems_of(cases[: EXAMPLES[role]], headers, filled.own.here)
    ]

    assert found == []
    assert len(cases_of(mode)) >= 150


def problems_of(cases: Sequence[Case], headers: dict[str, str], ids: Mapping[str, UUID]) -> list[str]:
    """Send requests about things that exist and return what is wrong with the answers."""
    found: list[str] = []
    for case in cases:
        case.path_parameters |= {name: str(ids[name]) for name in case.path_parameters if name in ids}
        try:
            case.call_and_validate(headers=headers, checks=CHECKS)
        except FailureGroup as group:
            found.extend(str(failure) for failure in group.exceptions)
    return list(dict.fromkeys(found))[:2]
