"""What palpation found, decided from its criteria."""

from __future__ import annotations

from collections.abc import Mapping

from polyclinic_neuromuscular.vocabulary import Answer, PointClass

CONFIRMATORY = ("local_twitch", "jump_sign", "nodule", "painful_limit_rom", "weakness")
"""Signs that confirm a point beside referred sensation."""


def classify(criteria: Mapping[str, str | None]) -> PointClass:
    """Class a point by the palpation rule; a missing or unsure answer never counts as yes or no.

    A trigger point is a hypersensitive spot in a taut band with referred sensation or one confirmatory sign; it is
    active when the client recognises the pain and latent when not. A spot without a band is a tender point.
    Source: Delphi 2017 (PMID 29025044) and BMC Musculoskelet Disord 2023 (the spot must lie in the band).
    """
    if not _is(criteria, "hypersensitive_spot", Answer.YES):
        return PointClass.UNDETERMINED
    if _is(criteria, "taut_band", Answer.NO):
        return PointClass.TENDER_POINT
    if not _is_trigger_point(criteria):
        return PointClass.UNDETERMINED
    if _is(criteria, "familiar_pain", Answer.YES):
        return PointClass.ACTIVE
    return PointClass.LATENT if _is(criteria, "familiar_pain", Answer.NO) else PointClass.UNDETERMINED


def _is_trigger_point(criteria: Mapping[str, str | None]) -> bool:
    signs = ("referred_pain", *CONFIRMATORY)
    return _is(criteria, "taut_band", Answer.YES) and any(_is(criteria, sign, Answer.YES) for sign in signs)


def _is(criteria: Mapping[str, str | None], name: str, answer: Answer) -> bool:
    return criteria.get(name) == answer
