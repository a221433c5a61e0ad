"""The section of the treatment record and what core gets out of it."""

from decimal import Decimal
from typing import Any

from polyclinic.sdk.forms import SectionSchema, choice, number, repeater, scale_0_10, text
from polyclinic.sdk.measures import Better, Measure, Measurement, Moment
from polyclinic.sdk.sections import ClientFacts, Finding, Mark, SectionData, SectionType, Severity
from polyclinic_cupping.vocabulary import CHART_VERSION, SITES, Reaction, Suction

SECTION_KEY = "cupping.cups"
MODALITY = "cupping"
LONGEST_STRONG_MINUTES = 10
STRENGTH = {Suction.LIGHT: 2, Suction.MEDIUM: 5, Suction.STRONG: 8}

STIFFNESS = Measure("cupping_stiffness", "Stiffness", "of 10", Decimal(0), Decimal(10), Better.LOWER)
MINUTES = Measure("cupping_minutes", "Cups in place, in total", "min", Decimal(0), Decimal(600), Better.NONE)


class CupSchema(SectionSchema):
    """One cup."""

    site = choice("Where", {key: site.name for key, site in SITES.items()}, required=True)
    suction = choice("Suction", Suction, required=True)
    minutes = number("Time", minimum=1, maximum=20, unit="min")
    reaction = choice("Skin afterwards", Reaction)


class CuppingSchema(SectionSchema):
    """One treatment."""

    method = choice("Method", {"static": "Cups stand", "gliding": "Cups glide", "flash": "Cups come off at once"})
    stiffness_before = scale_0_10("Stiffness before", required=True)
    stiffness_after = scale_0_10("Stiffness after")
    cups = repeater("Cup", CupSchema, maximum=30)
    remark = text("Remark")


def cups_of(data: SectionData) -> list[dict[str, Any]]:
    """Return the cups, of a draft too."""
    return list(data.get("cups") or ())


def total_minutes(data: SectionData) -> int:
    """Return how long cups stood, all of them together."""
    return sum(cup.get("minutes") or 0 for cup in cups_of(data))


def summarize(data: SectionData) -> str:
    """Say where cups stood and what it changed."""
    sites = ", ".join(SITES[cup["site"]].name for cup in cups_of(data) if cup.get("site") in SITES)
    scores = [data.get(name) for name in ("stiffness_before", "stiffness_after")]
    before, after = ("not asked" if score is None else str(score) for score in scores)
    return f"{sites or 'No cups'}; {total_minutes(data)} min in total. Stiffness {before} before, {after} after."


def marks(data: SectionData) -> list[Mark]:
    """Give a numbered mark for every cup; its intensity is the suction."""
    return [
        Mark(
            view="back",
            x=SITES[cup["site"]].x,
            y=SITES[cup["site"]].y,
            chart_version=CHART_VERSION,
            region_id=cup["site"],
            label=str(position),
            intensity=STRENGTH.get(cup.get("suction", "")),
        )
        for position, cup in enumerate(cups_of(data), start=1)
        if cup.get("site") in SITES
    ]


def measure(data: SectionData) -> list[Measurement]:
    """Give stiffness before and after, and the time of all cups; what is unknown is left out, never zero."""
    scores = (
        (STIFFNESS, data.get("stiffness_before"), Moment.BEFORE),
        (STIFFNESS, data.get("stiffness_after"), Moment.AFTER),
        (MINUTES, total_minutes(data) or None, Moment.DURING),
    )
    return [
        Measurement(scale.code, Decimal(value), scale.unit, moment)
        for scale, value, moment in scores
        if value is not None
    ]


def check(data: SectionData, facts: ClientFacts) -> list[Finding]:
    """Hold the cups against what is known of the client and against good practice."""
    is_bleeding = any(flag.code == "anticoagulants" for flag in facts.flags)
    found = []
    for position, cup in enumerate(cups_of(data)):
        path, is_strong = f"/cups/{position}", cup.get("suction") == Suction.STRONG
        if is_strong and is_bleeding:
            text = "Strong suction bruises a client who takes blood thinners. Take less."
            found.append(Finding("cupping.too_strong", text, Severity.BLOCK, f"{path}/suction"))
        if is_strong and (cup.get("minutes") or 0) > LONGEST_STRONG_MINUTES:
            text = f"Strong suction for more than {LONGEST_STRONG_MINUTES} minutes may blister the skin."
            found.append(Finding("cupping.too_long", text, Severity.WARNING, f"{path}/minutes"))
        if cup.get("reaction") == Reaction.BLISTER:
            text = "A blister formed: confirm that it was dressed and that the client knows what to watch for."
            found.append(Finding("cupping.blister", text, Severity.ACKNOWLEDGE, f"{path}/reaction"))
    return found


def carry_forward(data: SectionData) -> dict[str, Any]:
    """Take over where and how, never a score or a reaction."""
    kept = ("site", "suction", "minutes")
    return {
        "method": data.get("method"),
        "cups": [{name: cup[name] for name in kept if name in cup} for cup in cups_of(data)],
    }


def cupping_section() -> SectionType:
    """Give the section."""
    return SectionType(
        key=SECTION_KEY,
        version=1,
        title="Cupping",
        schema=CuppingSchema,
        applies_to=frozenset({MODALITY}),
        summarize=summarize,
        marks=marks,
        measure=measure,
        check=check,
        carry_forward=carry_forward,
    )
