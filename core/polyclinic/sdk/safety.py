"""Contraindications as data and the engine that judges one application of pressure."""

from polyclinic.plugins.contract import (
    ClientFlagFact,
    SafetyOutcome,
    SafetyReason,
    SafetyRule,
    SafetyScope,
    SafetySeverity,
    SafetyVerdict,
)
from polyclinic.plugins.safety_engine import judge

__all__ = [
    "ClientFlagFact",
    "SafetyOutcome",
    "SafetyReason",
    "SafetyRule",
    "SafetyScope",
    "SafetySeverity",
    "SafetyVerdict",
    "judge",
]
