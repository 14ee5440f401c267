"""A feature's JSON stays as it is, to the byte and in its order: artefacts and recipes hold it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.simulator.recipe_text import recipe_text
from features import default_features, parse_recipe
from features.catalogue import Feature, dump_features, load_features, of_activity
from features.catalogue.accounts import AccountCount
from features.catalogue.events import FirstEventDelay, ValueTotal
from features.catalogue.fields import Answers, DateAge, DateGap, FieldValue, SameTouch
from features.catalogue.patterns import Trend
from features.catalogue.shares import WorkingShare
from features.catalogue.texts import SameCompany
from features.catalogue.times import CompanyAge, DateDay, LeadAge
from features.errors import LeadscoreError
from features.lead.activity import ActivityChain

_WRITTEN = Path(__file__).with_name("features_written.jsonl")
"""One feature a line, those of a simulated company, then the other kinds."""
_CHAIN = ActivityChain(
    0, (0, 1), (((0.9, 0.1, 0), (0.1, 0.8, 0.1), (0, 0.1, 0.9)),), (0.5, 0.3, 0.2), (0.8, 0.15, 0.05),
    (0.05, 0.3, 0.9), (("demo", 2, 4),), (("demo", 0, 0),), (0.01, 0.1, 0.4),
)  # fmt: skip
_OTHER_KINDS: tuple[Feature, ...] = (
    ValueTotal(("order",), 30.0), FirstEventDelay(("demo",), "intent"), Trend((), 7.0), LeadAge(),
    WorkingShare("Europe/Paris"), FieldValue("plan", "category", "origin"), DateAge("renewal"),
    SameTouch("first", "last"), SameCompany("email", "company"), CompanyAge("founded"),
    AccountCount("won", 90.0),
    Answers("bant", "answered", ("need",), ("budget",), ("start",), ("?",), ("no",)),
    DateGap("asked", "needed"), DateDay("born"), *of_activity(_CHAIN),
)  # fmt: skip


def test_features_are_written_as_before() -> None:
    recipe = parse_recipe(recipe_text("2025-07-01T00:00:00Z"))
    features = (*default_features(recipe), *_OTHER_KINDS)
    items = zip(features, dump_features(features), strict=True)
    lines = [f"{feature.name} {json.dumps(item)}" for feature, item in items]
    assert "\n".join(lines) + "\n" == _WRITTEN.read_text(encoding="utf-8")


def test_what_was_written_is_read_back_equal() -> None:
    items = [json.loads(line.split(" ", 1)[1]) for line in _WRITTEN.read_text(encoding="utf-8").splitlines()]
    loaded = load_features(items)
    assert dump_features(loaded) == items
    assert len({item["type"] for item in items}) == 27
    assert [hash(feature) for feature in loaded] == [hash(feature) for feature in load_features(items)]


@pytest.mark.parametrize("key", ["dtype", "group"])
@pytest.mark.parametrize("wrong", ["no such", 7, None, ["number"]])
def test_a_kind_does_not_change_its_type_or_group(key: str, wrong: object) -> None:
    with pytest.raises(LeadscoreError, match=rf"feature 1 is not accepted: {key}: Input should be "):
        load_features([{"type": "event_count", key: wrong}])
