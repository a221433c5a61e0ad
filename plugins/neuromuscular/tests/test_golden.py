"""Stored protocols of every version stay readable, complete and worded as they were signed."""

from __future__ import annotations

import json
from pathlib import Path

from polyclinic_neuromuscular.schemas import ProtocolSchema
from polyclinic_neuromuscular.sections import protocol_section

GOLDEN = json.loads((Path(__file__).parent / "golden" / "protocol_v1.json").read_text("utf-8"))


def test_version_1_is_loaded_unchanged():
    assert (protocol_section().version, ProtocolSchema().load(GOLDEN["data"])) == (1, GOLDEN["data"])


def test_version_1_is_worded_as_it_was():
    assert protocol_section().summarize(GOLDEN["data"]).splitlines() == GOLDEN["summary"]
