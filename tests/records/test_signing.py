"""Signing: what blocks it, what is stored, who may do it."""

from __future__ import annotations

import pytest

from polyclinic.kit.errors import Conflict, Invalid, NotAllowed
from polyclinic.records.queries.versions import get_treatment_record


def test_signed_record_holds_what_was_written(practice):
    record = practice.save(
        practice.open(), core_soap={"complaint": "Neck", "pain_before": 7}, core_safety={"asked": "none"}
    )
    stored = practice.sign(record)

    view = get_treatment_record(practice.actor, record.id)
    assert view.newest == stored
