"""Sections of a treatment record and the values their functions return."""

from polyclinic.plugins.contract import (
    ChartLayer,
    ClientFacts,
    ClientFlagFact,
    DemoSections,
    Finding,
    Mark,
    SectionData,
    SectionType,
    Severity,
)

__all__ = [
    "ChartLayer",
    "ClientFacts",
    "ClientFlagFact",
    "DemoSections",
    "Finding",
    "Mark",
    "SectionData",
    "SectionType",
    "Severity",
]
