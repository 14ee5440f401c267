"""Every scorer keeps every law, also after it has been written to an artefact and read again."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from features import LeadscoreError
from serving.artefact.models import TreeFiles, dump_model, restore_model
from serving.scorer import Scorer
from serving.scorers.agreement import require_columns, require_same_features
from serving.scorers.blend import Model
from serving.scorers.tree_columns import TreeEncoder
from serving.scorers.trees import Trees
from tests.laws.scorer_laws import LAWS, Check
from tests.made import scorers

MODELS: dict[str, Callable[[], Model]] = {
    "linear": scorers.linear,
    "trees": scorers.trees,
    "trees that start from a linear margin": lambda: scorers.trees(offset=scorers.linear()),
    "weights that change with a number": scorers.crossed,
    "trees that read a line": lambda: scorers.trees(line=scorers.crossed()),
    "trees too deep for tables": lambda: scorers.trees(leaves=60),
    "blend": scorers.blend,
}
SCORERS: dict[str, Callable[[], Scorer]] = {
    **MODELS,
    "rules": scorers.rules,
    "calibrated rules": lambda: scorers.rules(calibrated=True),
    "a scorecard without a rule": scorers.no_rules,
}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("make", SCORERS.values(), ids=SCORERS.keys())
def test_every_scorer_keeps(law: Check, make: Callable[[], Scorer]) -> None:
    scorer = make()
    law(scorer, scorers.columns(tuple(scorer.features), 60))


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_a_model_read_back_from_text_gives_equal_margins(make: Callable[[], Model]) -> None:
    model = make()
    files = TreeFiles("model")
    body = json.loads(json.dumps(dump_model(model, files)))
    again = restore_model(body, {f.name: f for f in model.features}, files.texts)
    table = scorers.columns(tuple(model.features), 200)
    np.testing.assert_array_equal(again.margin(table), model.margin(table))
    np.testing.assert_array_equal(again.contributions(table).values, model.contributions(table).values)
    np.testing.assert_array_equal(
        again.probability(again.margin(table)), model.probability(model.margin(table))
    )


def test_a_bag_answers_with_the_mean_of_its_margins() -> None:
    bag = scorers.trees(bag=3)
    table = scorers.columns(tuple(bag.features), 50)
    alone = [Trees(bag.features, bag.encoder, (booster,)).margin(table) for booster in bag.boosters]
    np.testing.assert_allclose(bag.margin(table), np.mean(alone, axis=0))


def test_a_blend_is_the_mean_of_raw_margins_not_of_probabilities() -> None:
    blend = scorers.blend()
    table = scorers.columns(tuple(blend.features), 50)
    expected = np.mean([member.margin(table) for member in blend.members], axis=0)
    np.testing.assert_allclose(blend.margin(table), expected)


def test_boosters_of_other_features_are_refused() -> None:
    bag = scorers.trees()
    other = TreeEncoder(features=("industry", "company_size"), vocabularies=bag.encoder.vocabularies)
    with pytest.raises(LeadscoreError, match="another order"):
        Trees(bag.features, other, bag.boosters)


def test_a_disagreement_shows_a_diff_and_a_remedy() -> None:
    with pytest.raises(LeadscoreError) as refused:
        require_same_features(["a", "size"], ["a", "sizes", "b"])
    assert refused.value.problem.splitlines() == [
        "model/ was trained on 2 features, this recipe makes 3:",
        "  - size   (nearest: sizes)",
        "  + sizes",
        "  + b",
    ]
    assert "leadscore train" in refused.value.remedy
    with pytest.raises(LeadscoreError, match="- a"):
        require_columns(["a"], {})
