"""What the review page before a signature shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from polyclinic.kit import clock
from polyclinic.kit.errors import Invalid, PolyclinicError
from polyclinic.plugins.contract import Severity
from polyclinic.records.rules import is_late
from polyclinic.records.services.checks import RecordChecks


@dataclass(frozen=True)
class SignView:
    """The review page: what is missing, what is to be heeded, confirmed or reasoned."""

    url: str
    client_name: str
    service_name: str
    row_version: int
    missing: Sequence[str]
    hints: Sequence[str]
    questions: Sequence[tuple[str, str]]
    blocks: Sequence[str]
    is_final: bool
    is_amendment: bool
    is_late: bool
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)


def sign_view(
    checks: RecordChecks, error: PolyclinicError | None = None, typed: Mapping[str, Any] | None = None
) -> SignView:
    """Return the review page of a draft, with what was typed and refused."""
    record, findings = checks.record, checks.findings
    blocks = [finding for finding in findings if finding.severity is Severity.BLOCK]
    return SignView(
        url=f"/treatment-records/{record.id}",
        client_name=checks.visit.client.display_name,
        service_name=record.service_name,
        row_version=record.row_version,
        missing=[item.detail for item in checks.errors],
        hints=[finding.message for finding in findings if finding.severity in {Severity.INFO, Severity.WARNING}],
        questions=[(finding.id, finding.message) for finding in findings if finding.severity is Severity.ACKNOWLEDGE],
        blocks=[finding.message for finding in blocks],
        is_final=any(not finding.can_override for finding in blocks),
        is_amendment=record.draft is not None and record.draft.based_on_version is not None,
        is_late=is_late(record.service_at, clock.now()),
        errors=_errors(error),
        typed=typed or {},
    )


def _errors(error: PolyclinicError | None) -> dict[str, list[str]]:
    if error is None:
        return {}
    found: dict[str, list[str]] = {}
    for item in error.errors if isinstance(error, Invalid) else ():
        found.setdefault(item.pointer.strip("/"), []).append(item.detail)
    return found or {"_form": [error.detail]}
