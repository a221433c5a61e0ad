"""The protocol on the body chart: its marks, and which muscles lie under a region."""

from __future__ import annotations

from functools import cache

from polyclinic.sdk.sections import ChartLayer, Mark, SectionData
from polyclinic_neuromuscular.catalogue import muscles, muscles_in_region, regions
from polyclinic_neuromuscular.protocol import Point, read_protocol


def marks(data: SectionData) -> list[Mark]:
    """Give a numbered mark for every point placed on the chart; its intensity is the latest pain score."""
    return [mark for point in read_protocol(data).points if (mark := _mark(point)) is not None]


@cache
def muscle_layer() -> ChartLayer:
    """Give the muscles under each region of core's chart, the likeliest first."""
    return ChartLayer(
        key="neuromuscular.muscles",
        title="Muscles",
        structures={muscle.id: muscle.name for muscle in muscles().values()},
        by_region={
            region_id: tuple(muscle.id for muscle in found)
            for region_id in regions()
            if (found := muscles_in_region(region_id))
        },
    )


def _mark(point: Point) -> Mark | None:
    if point.view is None or point.x is None or point.y is None or point.chart_version is None:
        return None
    return Mark(
        view=point.view,
        x=point.x,
        y=point.y,
        chart_version=point.chart_version,
        region_id=point.region_id,
        label=str(point.number),
        intensity=point.pain_before if point.pain_after is None else point.pain_after,
        subject_id=point.point_id,
    )
