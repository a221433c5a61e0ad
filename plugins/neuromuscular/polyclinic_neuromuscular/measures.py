"""The scales of the protocol and the values it scores on them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from polyclinic.sdk.measures import Better, Measure, Measurement, Moment
from polyclinic.sdk.sections import SectionData
from polyclinic_neuromuscular.protocol import Point, Protocol, read_protocol

PAIN = Measure(
    code="nrs11",
    title="Numeric pain rating scale",
    unit="of 10",
    minimum=Decimal(0),
    maximum=Decimal(10),
    better=Better.LOWER,
    mcid=Decimal(2),
    licence="public_domain",
)
"""Smallest change that matters: 2 for low back and general chronic pain (PMID 15928561)."""
APPLIED_PRESSURE = Measure("applied_pressure", "Applied pressure", "of 5", Decimal(0), Decimal(5), Better.NONE)
PAIN_THRESHOLD = Measure(
    code="ppt",
    title="Pressure pain threshold",
    unit="kg/cm2",
    minimum=Decimal(0),
    maximum=Decimal(20),
    better=Better.HIGHER,
    mcid=Decimal("0.5"),
    licence="public_domain",
)
"""No universal norms exist (PMC9408781): compare with the other side and the client's own baseline."""
HOLD_SECONDS = Measure("hold_seconds", "Hold in total", "s", Decimal(0), Decimal(180_000), Better.NONE)

MEASURES = (PAIN, APPLIED_PRESSURE, PAIN_THRESHOLD, HOLD_SECONDS)


def measure(data: SectionData) -> list[Measurement]:
    """Give the scores of every treated point; an unknown value is left out, never zero."""
    protocol = read_protocol(data)
    return [value for point in protocol.treated for value in _of_point(protocol, point)]


def _of_point(protocol: Protocol, point: Point) -> Iterator[Measurement]:
    scores = (
        (PAIN, point.pain_before, Moment.BEFORE),
        (PAIN, point.pain_after, Moment.AFTER),
        (APPLIED_PRESSURE, protocol.working_pressure(point), Moment.DURING),
        (HOLD_SECONDS, point.total_hold_seconds, Moment.DURING),
    )
    for scale, value, moment in scores:
        if value is not None:
            yield Measurement(
                code=scale.code,
                value=Decimal(value),
                unit=scale.unit,
                moment=moment,
                subject_id=point.point_id,
                region_id=point.region_id or next(iter(point.base_regions), None),
                side=point.side,
            )
