"""The palpation rule, one row per case."""

from __future__ import annotations

import pytest

from polyclinic_neuromuscular.rules.classification import CONFIRMATORY, classify

POINT = {"taut_band": "yes", "hypersensitive_spot": "yes", "referred_pain": "yes"}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({**POINT, "familiar_pain": "yes"}, "active"),
        ({**POINT, "familiar_pain": "no"}, "latent"),
        ({**POINT, "familiar_pain": "unsure"}, "undetermined"),
        (POINT, "undetermined"),
        ({**POINT, "referred_pain": "no", "familiar_pain": "yes"}, "undetermined"),
        ({**POINT, "referred_pain": "no", "local_twitch": "yes", "familiar_pain": "yes"}, "active"),
        ({**POINT, "referred_pain": "unsure", "jump_sign": "yes", "familiar_pain": "no"}, "latent"),
        ({**POINT, "referred_pain": None, "local_twitch": "not_tested", "familiar_pain": "yes"}, "undetermined"),
        ({"taut_band": "no", "hypersensitive_spot": "yes"}, "tender_point"),
        (
            {"taut_band": "no", "hypersensitive_spot": "yes", "referred_pain": "yes", "familiar_pain": "yes"},
            "tender_point",
        ),
        ({"taut_band": "unsure", "hypersensitive_spot": "yes", "familiar_pain": "yes"}, "undetermined"),
        (
            {"taut_band": "yes", "hypersensitive_spot": "no", "referred_pain": "yes", "familiar_pain": "yes"},
            "undetermined",
        ),
        ({"taut_band": "yes"}, "undetermined"),
        ({}, "undetermined"),
    ],
)
def test_class_follows_from_the_criteria(criteria, expected):
    assert classify(criteria) == expected


@pytest.mark.parametrize("sign", CONFIRMATORY)
def test_any_confirmatory_sign_stands_in_for_referred_sensation(sign):
    criteria = {"taut_band": "yes", "hypersensitive_spot": "yes", "familiar_pain": "yes", sign: "yes"}

    assert classify(criteria) == "active"
