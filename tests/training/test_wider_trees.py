"""Larger trees compete on the folds: fields that matter only together need them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features import default_features
from features.columns import Columns
from features.recipe.file import parse_recipe
from training.choosing.choose import LARGER, choose_settings
from training.fitting.boosting import offered
from training.fitting.settings import Settings
from training.history.excerpt import Excerpt
from training.history.labelled import Labelled

pytestmark = pytest.mark.slow

ROWS = 4000


def chosen(margin: str, fields: int = 13, train: str = "") -> Settings:
    """Settings for a table of that many numbers, whose log-odds of converting are `margin`."""
    random = np.random.default_rng(11)
    names = [f"f{number:02}" for number in range(fields)]
    X = random.normal(size=(ROWS, fields))
    together = 2.0 * np.sign(X[:, 0] * X[:, 1] * X[:, 2])
    drive = {"together": together + 0.5 * X[:, 3] - 1, "alone": 0.8 * X[:, 2] - 2}[margin]
    y = (random.random(ROWS) < 1 / (1 + np.exp(-drive))).astype(np.float64)
    recipe = parse_recipe(
        '[tables]\nleads = "leads.csv"\n[outcomes]\ncolumn = "outcome"\nat_once = true\n'
        "[snapshots]\nat_days = [0]\n[lead.fields]\n"
        + "\n".join(f'{name} = {{ type = "number" }}' for name in names)
        + f"\n[train]\nrounds = 300\n{train}"
    )
    at = np.arange(ROWS, dtype=np.int64)
    frame = pd.DataFrame(
        {
            "lead_id": [f"lead {i}" for i in at],
            "account_id": None,
            "as_of_us": at,
            "label_known_us": at,
            "label": y,
            "order": at,
        }
    )
    columns = {name: X[:, place] for place, name in enumerate(names)} | {"record_filled": np.ones(ROWS)}
    labelled = Labelled(frame, Columns(columns, ROWS), dated=False)
    return choose_settings(recipe, Excerpt.of(recipe, labelled, default_features(recipe), at))


def test_fields_that_matter_only_together_ask_for_larger_trees():
    found = chosen("together", 5)
    larger = {name: loss for name, loss in found.losses.items() if "larger" in name}
    assert max(larger.values()) < min(
        loss for name, loss in found.losses.items() if name in ("trees", "offset")
    )
    assert any(member.trees.booster == LARGER for member in found.members)
    assert (
        found.trees.plan(parse_recipe('[tables]\nleads = "l.csv"').train).num_leaves == LARGER["num_leaves"]
    )


@pytest.mark.parametrize("train", ["num_leaves = 5", "min_child_samples = 30"])
def test_they_are_not_tried_where_the_recipe_says_how_large(train: str):
    found = chosen("together", 5, train)
    assert found.trees.booster == {}
    assert not any("larger" in name for name in found.losses)


@pytest.mark.parametrize(
    ("width", "share", "offered_share"),
    [(3, None, 1.0), (13, None, 0.6), (60, None, 0.4), (200, None, 0.2), (200, 0.5, 0.5), (10, 0.1, 0.4)],
)
def test_each_tree_is_offered_features_by_their_number(width, share, offered_share):
    plan = parse_recipe('[tables]\nleads = "l.csv"').train.model_copy(update={"feature_fraction": share})
    assert offered(plan, width) == pytest.approx(offered_share)
