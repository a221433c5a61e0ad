"""The three sections of operation f: checked, summed up, printed, measured and hashed by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from benchmarks.ceiling.access import Refused
from benchmarks.ceiling.database import Transaction
from benchmarks.ceiling.record_sql import SCHEMAS
from polyclinic.records.content import FORMAT

SOAP, SAFETY, PROTOCOL = "core.soap", "core.safety", "neuromuscular.protocol"
VERSIONS = {"core": "1", "neuromuscular": "0.1.0"}
LEVELS = ("none", "light", "light-firm", "medium", "firm", "strong")
PAIN_UNIT, PRESSURE_UNIT = "of 10", "of 5"

_described: dict[str, Any] = {}


def load(sections: dict[str, Any], enabled: set[str]) -> dict[str, Any]:
    """Return the sections as they are kept; raises `Refused` for wrong content."""
    soap, points = sections[SOAP], sections[PROTOCOL]["points"]
    scores = [soap["pain_before"], soap["pain_after"]]
    scores += [point[name] for point in points for name in ("pain_before", "pain_after")]
    texts = [soap["complaint"], soap["objective"], soap["plan"]]
    is_right = (
        sections.keys() == {SOAP, SAFETY, PROTOCOL}
        and "neuromuscular" in enabled
        and all(isinstance(score, int) and 0 <= score <= 10 for score in scores)
        and all(isinstance(text, str) and len(text) <= 10_000 for text in texts)
        and all(point["muscle_id"] and point["region_id"] and point["technique_id"] for point in points)
        and all(0 <= point["point_pressure"] <= 5 for point in points)
    )
    if not is_right:
        raise Refused("422 Unprocessable Entity")
    for point in points:
        point["classification"] = "undetermined"
    return sections


def seal(run: Transaction, organisation_id: str, data: Mapping[str, Any]) -> tuple[list[Any], list[dict[str, Any]]]:
    """Return the signed sections and their measurements."""
    if not _described:
        for key, digest, version, description in run.rows(SCHEMAS, {"organisation_id": organisation_id}):
            _described[key] = digest, version, description
    sealed = [_sealed(key, data[key]) for key in (SOAP, SAFETY, PROTOCOL)]
    return sealed, list(_measured(data))


def content_hash(version: Mapping[str, Any], sealed: Sequence[Any], measured: Sequence[Any]) -> str:
    """Return the SHA-256 over JSON with sorted keys."""
    content = {"format": FORMAT, **version, "sections": sealed, "measurements": measured}
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _sealed(key: str, data: Mapping[str, Any]) -> dict[str, Any]:
    digest, version, description = _described[key]
    plugin = key.partition(".")[0]
    rows = list(_printed(description["fields"], data, ""))
    summary = {SOAP: _sum_up_soap, SAFETY: _sum_up_safety, PROTOCOL: _sum_up_protocol}[key]
    return {
        "section_key": key,
        "title": description["title"],
        "plugin_id": plugin,
        "plugin_version": VERSIONS[plugin],
        "schema_version": version,
        "schema_digest": digest,
        "data": data,
        "summary": summary(data, rows),
        "print_view": rows,
        "marks": [],
    }


def _printed(fields: Sequence[Mapping[str, Any]], data: Mapping[str, Any], prefix: str) -> Iterator[dict[str, str]]:
    for field in fields:
        value = data.get(field["name"])
        label = prefix + field["label"]
        if value is None or value in ("", [], {}):
            continue
        if isinstance(value, list):
            for number, item in enumerate(value, start=1):
                yield from _printed(field["fields"], item, f"{label} {number}: ")
        else:
            yield {"label": label, "value": _shown(field, value), "unit": field.get("unit", "")}


def _shown(field: Mapping[str, Any], value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return next((label for choice, label in field.get("choices", ()) if choice == value), str(value))


def _sum_up_soap(data: Mapping[str, Any], _rows: object) -> str:
    pain = f"Pain {data['pain_before']} before, {data['pain_after']} after."
    return "\n".join([f"{data['complaint'].rstrip('.')}.", pain, data["objective"], data["plan"]])


def _sum_up_safety(_data: object, _rows: object) -> str:
    return "Red flags asked: none."


def _sum_up_protocol(data: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> str:
    points = data["points"]
    minutes = max(sum(point["hold_seconds"] * point["repeats"] for point in points) // 60, 1)
    lines = [f"{rows[0]['value']}: {len(points)} point treated, {minutes} min of hold."]
    for number, point in enumerate(points, start=1):
        words = {row["label"].rpartition(": ")[2]: row["value"] for row in rows}
        pressure = f"pressure {point['point_pressure']} ({LEVELS[point['point_pressure']]})"
        held = f"held {point['repeats']} times {point['hold_seconds']} s"
        pain = f"pain {point['pain_before']} before, {point['pain_after']} after"
        lines.append(
            f"Point {number} ({words['Muscle']}, {point['side']}): {point['classification']}; {words['Technique']}; "
            f"{point['tool']}; {pressure}; {held}; {pain}; {point['response']}."
        )
    return "\n".join(lines)


def _measured(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for moment in ("before", "after"):
        yield _measurement(SOAP, ("nrs11", data[SOAP][f"pain_{moment}"], PAIN_UNIT, moment), {})
    for point in data[PROTOCOL]["points"]:
        for moment in ("before", "after"):
            yield _measurement(PROTOCOL, ("nrs11", point[f"pain_{moment}"], PAIN_UNIT, moment), point)
        yield _measurement(PROTOCOL, ("applied_pressure", point["point_pressure"], PRESSURE_UNIT, "during"), point)
        held = point["hold_seconds"] * point["repeats"]
        yield _measurement(PROTOCOL, ("hold_seconds", held, "s", "during"), point)


def _measurement(key: str, scored: tuple[str, int, str, str], point: Mapping[str, Any]) -> dict[str, Any]:
    code, value, unit, moment = scored
    return {
        "section_key": key,
        "code": code,
        "value": str(value),
        "unit": unit,
        "moment": moment,
        "subject_id": point.get("point_id"),
        "region_id": point.get("region_id"),
        "side": point.get("side"),
    }
