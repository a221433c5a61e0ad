"""The regions of the body for which a flag may be recorded, by their base id.

The body chart lies above this feature, so the composition root hands its regions down. An unknown region would be a
hole: a rule that holds for the recorded site alone would then cap the pressure nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from polyclinic.clients.folding import fold_name
from polyclinic.kit.errors import Invalid
from polyclinic.plugins.suggestions import did_you_mean

_known: dict[str, str] = {}


def use_regions(names: Mapping[str, str]) -> None:
    """Hand the process its regions, name by base id; without any, every region is accepted."""
    _known.clear()
    _known.update(names)


def region_names() -> Mapping[str, str]:
    """Return the known regions, name by base id."""
    return dict(_known)


def check_regions(region_ids: Iterable[str]) -> None:
    """Raise `Invalid` for a region that the body chart does not have."""
    unknown = [region_id for region_id in region_ids if _known and region_id not in _known]
    if unknown:
        near = did_you_mean(unknown[0], _known)
        raise Invalid({"region_ids": f"The body chart has no region {unknown[0]!r}.{near}"})


def regions_of(text: str) -> tuple[str, ...]:
    """Return the region ids that a typed list with commas names, by id or by name; unknown words stay as they are."""
    by_name = {fold_name(name): region_id for region_id, name in _known.items()}
    words = [word.strip() for word in text.split(",") if word.strip()]
    return tuple(
        word if word in _known else by_name.get(fold_name(word), fold_name(word).replace(" ", "_")) for word in words
    )
