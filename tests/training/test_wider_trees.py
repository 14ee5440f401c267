"""Trees offered more features compete on the folds: two fields that matter only together need them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features import default_features
from features.columns import Columns
from features.recipe.file import parse_recipe
from training.choosing.choose import WIDE, choose_settings
from training.fitting.settings import Settings
from training.history.excerpt import Excerpt
from training.history.labelled import Labelled

ROWS = 4000


def chosen(margin: str, fields: int = 13, train: str = "") -> Settings:
    """Settings for a table of that many numbers, whose log-odds of converting are `margin`."""
    random = np.random.default_rng(11)
    names = [f"f{number:02}" for number in range(fields)]
    X = random.normal(size=(ROWS, fields))
    sign, bend = np.sign(X[:, 0] * X[:, 1]), X[:, 2]
    drive = {"together": 1.2 * sign + 0.5 * bend - 2, "alone": 0.8 * bend - 2}[margin]
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


def test_two_fields_that_matter_only_together_are_found_with_more_features_a_tree():
    found = chosen("together")
    assert found.trees.booster == {"feature_fraction": WIDE}
    wide = found.losses[f"{found.kind}, more features a tree"]
    assert wide < min(loss for name, loss in found.losses.items() if "more" not in name) - 0.003
    assert found.trees.plan(parse_recipe('[tables]\nleads = "l.csv"').train).feature_fraction == WIDE


def test_a_plain_line_keeps_the_recipes_trees():
    found = chosen("alone")
    assert found.trees.booster == {}
    assert not any("more" in name for name in found.losses)


@pytest.mark.parametrize(("fields", "train"), [(13, "feature_fraction = 0.2"), (5, "")])
def test_it_is_not_tried_where_the_recipe_says_how_many_or_nearly_all_are_offered(fields: int, train: str):
    assert chosen("together", fields, train).trees.booster == {}
