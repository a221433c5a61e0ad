"""Every report and figure of the plugin computed again in plain Python over what the newest versions measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from polyclinic_neuromuscular.catalogue import muscles, regions
from polyclinic_neuromuscular.vocabulary import SECTION_KEY

Row = Mapping[str, Any]


class ByHand:
    """Answers for some clinics and a span of local days."""

    def __init__(
        self, measured: Sequence[Row], places: Mapping[UUID, Row], clinics: set[UUID], days: tuple[date, date]
    ) -> None:
        self.places = places
        self.rows = [
            row
            for row in measured
            if row["clinic_id"] in clinics and row["section_key"] == SECTION_KEY and days[0] <= self.day(row) <= days[1]
        ]

    def day(self, row: Row) -> date:
        local: date = row["service_at"].astimezone(ZoneInfo(self.places[row["clinic_id"]]["time_zone"])).date()
        return local

    def points(self) -> list[dict[str, Any]]:
        found = []
        for (clinic_id, region_id), rows in grouped(
            self.rows, lambda row: (row["clinic_id"], row["region_id"])
        ).items():
            names = {"clinic": self.places[clinic_id]["name"], "region": name_of(region_id)}
            counts = {
                "treated": len({(row["record_id"], row["subject_id"]) for row in rows}),
                "points": len({row["subject_id"] for row in rows}),
                "visits": len({row["record_id"] for row in rows}),
            }
            found.append({"clinic_id": clinic_id, "region_id": region_id, **names, **counts})
        return found

    def pressure_response(self) -> list[dict[str, Any]]:
        treated = grouped(self.rows, lambda row: (row["record_id"], row["subject_id"])).values()
        scores = [{(row["code"], row["moment"]): row["value"] for row in rows} for rows in treated]
        levels = grouped(
            [each for each in scores if ("applied_pressure", "during") in each],
            lambda each: each["applied_pressure", "during"],
        )
        found = []
        for level, points in levels.items():
            pains = [(each.get(("nrs11", "before")), each.get(("nrs11", "after"))) for each in points]
            asked = [(before, after) for before, after in pains if before is not None and after is not None]
            eased = len([1 for before, after in asked if after < before])
            found.append(
                {
                    "pressure": level,
                    "points": len(points),
                    "scored": len(asked),
                    "eased": eased,
                    "worse": len([1 for before, after in asked if after > before]),
                    "eased_share": tenth(100 * eased, len(asked)),
                    "pain_before": tenth(sum(before for before, _ in asked), len(asked)),
                    "pain_after": tenth(sum(after for _, after in asked), len(asked)),
                }
            )
        return found

    def points_treated(self) -> dict[tuple[UUID, date], int]:
        """Return the daily figure by clinic and day."""
        days = grouped(self.rows, lambda row: (row["clinic_id"], self.day(row)))
        return {place: len({(row["record_id"], row["subject_id"]) for row in rows}) for place, rows in days.items()}


def measured_of(protocol: Row) -> set[tuple[Any, ...]]:
    """Return point, measure, moment, value and region of all that a protocol scored, as it was entered."""
    found = set()
    for point in protocol["points"]:
        if point.get("not_treated"):
            continue
        levels = [point["point_pressure"]]
        for event in protocol["feedback"]:
            if event["point_id"] == point["point_id"]:
                levels += [event["level_before"], event["level_after"]]
        scores = [
            ("nrs11", "before", point["pain_before"]),
            ("nrs11", "after", point["pain_after"]),
            # A point that was let go of altogether counts with the most it got.
            ("applied_pressure", "during", point["point_pressure"] or max(levels)),
        ]
        if point["hold_seconds"] is not None:
            scores.append(("hold_seconds", "during", point["hold_seconds"] * (point["repeats"] or 1)))
        region = point.get("region_id") or muscles()[point["muscle_id"]].location[0]
        found |= {(point["point_id"], code, moment, Decimal(value), region) for code, moment, value in scores}
    return found


def grouped(rows: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    """Return the rows by what they have in common."""
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def tenth(part: Decimal | int, whole: int) -> Decimal | None:
    """Return a quotient to a tenth, halves away from zero."""
    return (Decimal(part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def name_of(region_id: str | None) -> str:
    """Return a region's name and side as the report shows them."""
    if region_id is None:
        return "Not on the chart"
    base, _, side = region_id.partition("-")
    return f"{regions()[base].name}, {side}" if side else regions()[base].name
