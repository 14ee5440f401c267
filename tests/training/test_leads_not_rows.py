"""A lead that is looked at nine times says no more of its category than one that is looked at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.catalogue import FieldValue
from features.columns import Columns, Floats
from features.recipe import Training
from training.figures.reliability import log_losses_of_margins
from training.fitting.boosting import encoded, fit_stopped, margins, parameters
from training.fitting.encode import fit_linear_encoder, fit_tree_encoder
from training.fitting.level_rates import tree_sample, weighed_sample
from training.history.excerpt import Excerpt
from training.history.labelled import Labelled

CAMPAIGN = FieldValue("campaign", "category")
NUMBERS = (FieldValue("size", "number"), FieldValue("clicks", "number"))
PLAN = Training()


def company(
    leads: int, looks: int, levels: int, seed: int
) -> tuple[dict[str, np.ndarray], Floats, np.ndarray]:
    """Columns, outcomes and leads: looks at a lead share most of its outcome, which its campaign moves."""
    random = np.random.default_rng(seed)
    worth, campaign = random.normal(0, 0.3, levels), random.integers(0, levels, leads)
    size, luck = random.normal(size=leads), random.logistic(size=leads)
    lead = np.repeat(np.arange(leads), looks)
    clicks = random.normal(size=len(lead))
    names = np.array([f"c{number:04}" for number in range(levels)], dtype=object)
    columns = {"campaign": names[campaign[lead]], "size": size[lead], "clicks": clicks}
    drive = (-2.5 + worth[campaign] + 0.7 * size)[lead] + 0.2 * clicks
    return columns, (drive > luck[lead]).astype(np.float64), lead


def excerpt_of(columns: dict[str, np.ndarray], y: Floats, lead: np.ndarray) -> Excerpt:
    frame = pd.DataFrame({"lead_id": [f"lead {i}" for i in lead], "account_id": None, "label": y})
    found = Labelled(frame, Columns(columns, len(y)))
    return Excerpt(found, (CAMPAIGN, *NUMBERS), np.arange(len(y)))


@pytest.mark.parametrize("looks", [1, 9])
def test_a_level_has_a_code_and_a_weight_from_so_many_leads_on_whatever_the_looks(looks: int) -> None:
    lead = np.repeat(np.arange(39), looks)
    column = np.where(lead < 20, "often", "seldom").astype(object)
    tree = fit_tree_encoder([CAMPAIGN], {"campaign": column}, 20, leads=lead)
    line = fit_linear_encoder([CAMPAIGN], {"campaign": column}, 20, leads=lead)
    assert tree.vocabularies == {"campaign": ("often",)}
    assert line.columns[0].levels == ("often",)


def test_a_lead_counts_for_each_of_its_levels_once() -> None:
    column = np.array(["a", "b", "a", "a", "b", None], dtype=object)
    lead = np.array([0, 0, 0, 1, 2, 2])
    found = [
        fit_tree_encoder([CAMPAIGN], {"campaign": column}, least, leads=lead).vocabularies["campaign"]
        for least in (1, 2, 3)
    ]
    assert found == [("a", "b"), ("a", "b"), ()]


def test_an_excerpt_names_leads_only_where_one_has_two_rows() -> None:
    columns, y, lead = company(50, 2, 3, seed=1)
    seen = excerpt_of(columns, y, lead)
    assert seen.leads is not None
    assert seen.leads.tolist() == lead.tolist()
    assert seen.on(np.arange(0, 100, 2)).leads is None


def test_what_holds_levels_back_does_not_change_when_every_row_is_there_three_times() -> None:
    columns, y, lead = company(600, 1, 12, seed=2)
    often = excerpt_of(
        {name: np.repeat(cells, 3) for name, cells in columns.items()}, np.repeat(y, 3), np.repeat(lead, 3)
    )
    once = excerpt_of(columns, y, lead)
    (first, single), (second, triple) = (weighed_sample(one, 20, None) for one in (once, often))
    assert first.vocabularies == second.vocabularies
    assert (single.share, triple.share) == pytest.approx((1, 1 / 3))
    before, after = parameters(PLAN, single), parameters(PLAN, triple)
    held = ("cat_smooth", "cat_l2", "min_data_per_group")
    assert [after[key] for key in held] == pytest.approx([3 * before[key] for key in held])
    assert {k: v for k, v in before.items() if k not in held} == {
        k: v for k, v in after.items() if k not in held
    }


@pytest.mark.parametrize("leads", [3000, 10_000])
def test_three_hundred_levels_and_nine_looks_cost_next_to_nothing(leads: int) -> None:
    """Against leaving the category out; counted in rows they cost 0.022 and 0.013 in log loss here."""
    columns, y, lead = company(leads, 9, 300, seed=1)
    losses = [_loss(columns, y, lead, features) for features in ((CAMPAIGN, *NUMBERS), NUMBERS)]
    assert losses[0] - losses[1] < 0.003


def _loss(
    columns: dict[str, np.ndarray], y: Floats, lead: np.ndarray, features: tuple[FieldValue, ...]
) -> float:
    """Log loss on the newest fifth of the leads, of trees stopped on the fifth before."""
    fifth = lead * 5 // (lead.max() + 1)
    parts = [fifth < 3, fifth == 3, fifth == 4]
    older, newer, test = ({name: cells[part] for name, cells in columns.items()} for part in parts)
    clusters = lead[parts[0]].astype(object)
    encoder, sample = tree_sample(features, older, y[parts[0]], clusters, 20, leads=lead[parts[0]])
    booster, curve = fit_stopped(sample, encoded(encoder, newer, y[parts[1]]), PLAN)
    found = margins(booster, encoded(encoder, test, y[parts[2]]), int(curve.argmin()) + 1)
    return float(log_losses_of_margins(y[parts[2]], found).mean())
