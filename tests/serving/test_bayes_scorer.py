"""The Bayes rung is a scorer like the others, tells unseen from missing, and survives its file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from features import LeadscoreError
from features.columns import Columns
from serving.calibration.maps import MonotoneMap
from serving.scorers.bayes import SCHEMA_VERSION, Bayes, RateTable
from tests.laws.scorer_laws import LAWS, Check
from tests.made import scorers

SIZES = RateTable(feature="company_size", edges=(0.0, 10.0, 50.0), log_ratios=(-0.7, -0.1, 0.2, 0.9, -0.3))
INDUSTRIES = RateTable(feature="industry", levels=("finance", "software"), log_ratios=(-0.4, 0.6, 0.05))
OWN = RateTable(feature="industry", levels=("retail",), log_ratios=(0.25, 0.0))


def bayes() -> Bayes:
    """Three tables on two features, one of them a segment's own."""
    features = (scorers.SIZE, scorers.INDUSTRY)
    return Bayes(features, (SIZES, INDUSTRIES, OWN), -2.5, MonotoneMap.platt(0.9, 0.1), version="test")


def lead(size: float, industry: str | None) -> Columns:
    return {"company_size": np.array([size]), "industry": np.array([industry], dtype=object)}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_bayes_rung_keeps_the_law(law: Check) -> None:
    scorer = bayes()
    law(scorer, scorers.columns(scorer.features, 60))


def test_a_band_ends_with_its_edge() -> None:
    sizes = np.array([-3.0, 0.0, 0.1, 10.0, 10.5, 50.0, 51.0, 1e12, np.nan])
    assert SIZES.read(sizes).tolist() == [-0.7, -0.7, -0.1, -0.1, 0.2, 0.2, 0.9, 0.9, -0.3]


def test_unseen_and_missing_are_told_apart() -> None:
    assert INDUSTRIES.read(np.array([None, "never seen", "software"], dtype=object)).tolist() == [
        0.05,
        0,
        0.6,
    ]
    known, unseen, missing = (bayes().margin(lead(5, industry))[0] for industry in ("software", "x", None))
    assert known - unseen == pytest.approx(0.6)
    assert missing - unseen == pytest.approx(0.05)


def test_several_tables_of_a_feature_speak_as_one() -> None:
    parts = bayes().contributions(lead(5, "retail"))
    assert parts.names == ("company_size", "industry")
    np.testing.assert_allclose(parts.values, [[-0.1, 0.25]])
    np.testing.assert_allclose(parts.bias, [-2.5])


def test_without_tables_every_lead_has_the_base_rate() -> None:
    assert Bayes((), (), -1.5).margin(lead(5, None)).tolist() == [-1.5]


def test_a_scorer_read_back_is_equal_and_writes_the_same_bytes() -> None:
    text = bayes().to_json()
    again = Bayes.from_json(text, version="test")
    assert again == bayes()
    assert again.to_json() == text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": SCHEMA_VERSION + 1}, "newer|reads up to"),
        ({"schema_version": "x"}, "not a Bayes rung"),
        ({"tables": [{"feature": "company_size", "edges": [3, 1], "log_ratios": [0, 0, 0, 0]}]}, "damaged"),
        ({"tables": [{"feature": "company_size", "edges": [1], "log_ratios": [0]}]}, "damaged"),
        ({"tables": [{"feature": "company_size", "log_ratios": [0]}]}, "damaged"),
        ({"tables": [{"feature": "other", "edges": [1], "log_ratios": [0, 0, 0]}]}, "does not define"),
        ({"bias": None}, "damaged"),
        ({"features": [{"kind": "unknown"}]}, "damaged|feature"),
    ],
)
def test_a_damaged_file_is_refused_with_a_remedy(change: dict[str, object], said: str) -> None:
    body = json.loads(bayes().to_json()) | change
    with pytest.raises(LeadscoreError, match=said) as refused:
        Bayes.from_json(json.dumps(body))
    assert refused.value.remedy


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "3"])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(LeadscoreError, match="not a Bayes rung"):
        Bayes.from_json(text)
