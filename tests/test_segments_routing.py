"""A segment's own model answers for its leads and no others; who has none borrows from the model of all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features import LeadscoreError, Recipe, parse_lead, parse_recipe
from features.recipe import Segments
from serving.artefact import load_artefact
from serving.ladder import Ladder
from serving.maps import MonotoneMap
from serving.model_file import TreeFiles, dump_served, restore_served
from serving.segment import Segmented, route_of, segments_of
from tests import scorers
from tests.scorer_laws import LAWS, Check
from tests.small_company import small_company
from training import train
from training.history import History, read_history
from training.origins import earlier_split
from training.package import Choices, pack
from training.segment_fit import SegmentPlan, plan_segments, rows_of
from training.settings import Settings, choose_settings
from training.split import forward_split

PLAN = Segments(field="industry", groups={"makers": ("steel",), "shops": ("retail", "food")})
LEVELS = np.array(["steel", "retail", "food", "software", None, "unseen"] * 10, dtype=object)


def segmented() -> Segmented:
    """Makers by trees, shops by a linear model with a map of its own, all others by the blend."""
    shops = replace(scorers.linear(), calibration=MonotoneMap.platt(0.7, -0.4))
    return Segmented(PLAN, scorers.blend(), (("makers", scorers.trees()), ("shops", shops)))


def columns(model: Segmented) -> dict[str, np.ndarray]:
    return dict(scorers.columns(tuple(model.features), len(LEVELS))) | {route_of(PLAN).name: LEVELS}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_model_of_segments_keeps(law: Check):
    model = segmented()
    law(model, scorers.columns(tuple(model.features), 60))


def test_each_lead_is_answered_by_its_own_segment_alone():
    model = segmented()
    table = columns(model)
    margin = model.margin(table)
    answers = {"makers": scorers.trees(), "shops": model.members[1][1], None: scorers.blend()}
    segment = np.array(segments_of(PLAN, LEVELS.tolist()), dtype=object)
    assert segment[:6].tolist() == ["makers", "shops", "shops", None, None, None]
    for name, scorer in answers.items():
        rows = np.flatnonzero([one == name for one in segment])
        alone = scorer.probability(scorer.margin({key: column[rows] for key, column in table.items()}))
        np.testing.assert_allclose(model.probability(margin)[rows], alone, rtol=1e-9)


def test_a_segment_without_its_own_borrows_from_the_parent():
    full = segmented()
    model = replace(full, members=full.members[:1])
    table = columns(full)
    shops = np.isin(LEVELS.astype(str), ["retail", "food"])
    blend = scorers.blend()
    alone = blend.probability(blend.margin(table))
    np.testing.assert_allclose(model.probability(model.margin(table))[shops], alone[shops], rtol=1e-9)


def test_it_reads_back_from_text(tmp_path: Path):
    model, files = segmented(), TreeFiles("model")
    body = json.loads(json.dumps(dump_served(model, files)))
    for name, text in files.texts.items():
        (tmp_path / name).write_text(text)
    again = restore_served(body, {f.name: f for f in model.features}, tmp_path)
    table = columns(model)
    np.testing.assert_array_equal(again.margin(table), model.margin(table))
    np.testing.assert_array_equal(again.contributions(table).bias, model.contributions(table).bias)
    body["plan"]["groups"] = {"makers": ["steel"]}
    with pytest.raises(LeadscoreError, match="shops"):
        restore_served(body, {f.name: f for f in model.features}, tmp_path)


LEAST = """
[tables]
leads = "leads.csv"
[lead.fields]
market = { type = "category" }
size = { type = "number" }
[segments]
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('field = "market"\ngroups = { a = ["x", "y"], b = ["y"] }', "more than one segment"),
        ('field = "size"\ngroups = { a = ["x"] }', "no declared category field"),
        ('field = "markt"\ngroups = { a = ["x"] }', "no declared category field"),
        ('field = "market"\ngroups = { a = [] }', "groups"),
    ],
)
def test_segments_that_overlap_or_route_by_nothing_are_refused(text: str, words: str):
    with pytest.raises(LeadscoreError, match=words):
        parse_recipe(LEAST + text)
    assert parse_recipe(LEAST + 'field = "market"\ngroups = { a = ["x"] }').segments is not None


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Two industries in which size means the opposite, and one that is of no segment."""
    return opposites(tmp_path_factory.mktemp("company"))


def opposites(folder: Path) -> History:
    """The tables in `folder`, and their history."""
    recipe: Recipe = small_company(folder, 1600)
    rng = np.random.default_rng(2)
    leads = pd.read_csv(folder / "leads.csv", parse_dates=["created_at"])
    sign = leads["industry"].map({"steel": 1.0, "retail": -1.0, "software": 0.0}).to_numpy()
    margin = -1.5 + 1.6 * sign * (np.log(leads["size"].to_numpy()) - 3)
    won = rng.random(len(leads)) < 1 / (1 + np.exp(-margin))
    at = leads["created_at"][won] + pd.to_timedelta(rng.uniform(6, 19, int(won.sum())), "D")
    outcomes = pd.DataFrame({"lead_id": leads["lead_id"][won], "stage": "won", "occurred_at": at})
    outcomes.to_csv(folder / "outcomes.csv", index=False)
    plan = Segments(field="industry", groups={"makers": ("steel",), "shops": ("retail",), "none": ("food",)})
    return read_history(recipe.model_copy(update={"segments": plan}), folder)


@pytest.fixture(scope="module")
def plan(history: History) -> SegmentPlan:
    split = forward_split(history.recipe, history.labelled.frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.segment_fit.MIN_WON_LEADS", 50)
        # a stiff parent, so that what the segments could do better is beyond doubt
        parent = replace(
            choose_settings(history.recipe, history.labelled, history.features, split.fit), kind="linear"
        )
        found = plan_segments(history, parent, split.fit, earlier_split(history.labelled, split))
    assert found is not None
    return found


def test_a_segment_has_its_own_model_where_that_is_surely_better(plan, history):
    told = {choice.segment: choice for choice in plan.choices}
    assert told["makers"].own or told["shops"].own, told
    assert not told["none"].own
    assert told["none"].words == "0 converted leads, 50 are asked for: the model of all answers"
    for choice in plan.choices:
        assert choice.own == (choice.high is not None and choice.high < 0)
    assert [name for name, _ in plan.settings] == [choice.segment for choice in plan.choices if choice.own]


def test_leads_of_no_segment_are_counted(plan, history):
    fit = forward_split(history.recipe, history.labelled.frame).fit
    inside = sum(len(rows_of(history, history.recipe.segments, fit, name)) for name in ("makers", "shops"))
    assert plan.uncovered == len(fit) - inside > 0


def test_a_thin_segment_is_not_even_tried(history):
    split = forward_split(history.recipe, history.labelled.frame)
    settings = choose_settings(history.recipe, history.labelled, history.features, split.fit)
    found = plan_segments(history, settings, split.fit, earlier_split(history.labelled, split))
    assert found is not None
    assert not found.settings
    assert all("250 are asked for" in choice.words for choice in found.choices)


def test_one_artefact_holds_all_segments_and_each_lead_gets_one_answer(plan, history, tmp_path):
    split = forward_split(history.recipe, history.labelled.frame)
    settings = choose_settings(history.recipe, history.labelled, history.features, split.fit)
    artefact = pack(history, Choices(settings, None, segments=plan), split.fit, tmp_path)
    assert isinstance(artefact.model, Segmented)
    assert artefact.manifest.settings["segments"]["uncovered"] == plan.uncovered
    table = history.labelled.at(split.test[:50])
    parts = artefact.model.contributions(table)
    np.testing.assert_allclose(parts.values.sum(axis=1) + parts.bias, artefact.model.margin(table), atol=1e-7)
    ladder = Ladder.of(artefact)
    assert [rung.scorer.rung for rung in ladder.rungs] == ["model", "bayes", "rules"]
    assert route_of(history.recipe.segments).name in {feature.name for feature in ladder.features}


def test_a_run_says_which_segments_have_their_own_model_and_who_is_in_none(tmp_path, monkeypatch):
    def with_makers(history: History, parent: Settings, *rest: Any) -> SegmentPlan | None:
        found = plan_segments(history, parent, *rest)
        return found and replace(found, settings=(("makers", parent),))

    monkeypatch.setattr("training.run.plan_segments", with_makers)
    recipe = opposites(tmp_path).recipe
    page = tmp_path / "report.html"
    summary = train(recipe, tmp_path, tracking=False, out=tmp_path / "out", report=page).summary
    told = json.loads(json.dumps(summary["models_by_segment"]))
    assert [choice["segment"] for choice in told["segments"]] == ["makers", "shops", "none"]
    assert told["uncovered"] > 0
    assert any("are of no segment" in words for words in summary["warnings"])
    assert page.stat().st_size > 10_000
    served = load_artefact(tmp_path / "out" / "served")
    assert isinstance(served.model, Segmented)
    assert [name for name, _ in served.model.members] == ["makers"]
    leads = [
        parse_lead(recipe, lead_id=one, fields={"industry": one}, events=[], as_of_us=0)
        for one in ("steel", "food")
    ]
    scores = Ladder.of(served).score(leads)
    assert [score.scored_by.rung for score in scores if score.scored_by] == ["model", "model"]
