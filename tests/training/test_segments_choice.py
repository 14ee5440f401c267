"""Who answers for a segment is decided by evidence: its own model, its own Bayes rung, or that of all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features import Recipe, parse_lead
from features.recipe.recipe import Segments
from serving.answer.compose import compute
from serving.answer.ladder import Ladder
from serving.artefact.folder import load_artefact
from serving.scorer import score
from serving.scorers.segmented import Segmented, route_of
from tests.made.company import small_company
from training import train
from training.choosing.choose import choose_settings
from training.choosing.earlier import earlier_split
from training.choosing.ladder import LadderChoice
from training.choosing.segments import Member, SegmentPlan, plan_segments
from training.comparison.compare import compare
from training.figures.bootstrap import Bootstrap, Interval
from training.fitting.settings import Settings
from training.history.history import History, read_history
from training.history.segments import rows_of, without_events
from training.history.split import forward_split
from training.packing.choices import Choices
from training.packing.pack import pack

pytestmark = pytest.mark.slow


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
def settings(history: History) -> Settings:
    """A line for all leads: trees would find, as a pair, what the industries differ in."""
    split = forward_split(history.recipe, history.labelled.frame)
    found = choose_settings(history.recipe, history.excerpt(split.fit))
    return replace(found, kind="linear", members=(), follows=False)


def planned(history: History, parent: Settings, **how: Any) -> SegmentPlan:
    split = forward_split(history.recipe, history.labelled.frame)
    found = plan_segments(history, parent, split.fit, earlier_split(history.labelled, split), **how)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def plan(history: History, settings: Settings) -> SegmentPlan:
    return planned(history, settings)


def test_a_segment_too_thin_for_a_model_borrows_where_that_is_surely_better(plan):
    told = {choice.segment: choice for choice in plan.choices}
    assert told["makers"].scorer == "bayes", told
    assert 30 < told["makers"].converted_leads < 250
    assert [one.scorer for one in told["makers"].tried] == ["bayes"]
    assert told["makers"].words.endswith("its own Bayes rung answers, which borrows from that of all")
    assert (told["none"].scorer, told["none"].tried) == ("parent", ())
    assert "too few outcomes" in told["none"].words


def test_who_answers_is_who_was_surely_better(history, settings, plan, monkeypatch):
    monkeypatch.setattr("training.choosing.trial.MIN_WON_LEADS", 50)
    both = planned(history, settings)
    assert any(len(choice.tried) == 2 for choice in both.choices)
    for choice in (*plan.choices, *both.choices):
        surely = {one.scorer: one.difference for one in choice.tried if one.high < 0}
        assert choice.scorer == min(surely, key=surely.__getitem__, default="parent")
    for found in (plan, both):
        own = {choice.segment: choice.scorer for choice in found.choices if choice.scorer != "parent"}
        assert {m.segment: "model" if m.settings else "bayes" for m in found.members} == own


def test_segments_that_differ_in_nothing_are_left_to_the_scorer_of_all(history, settings):
    levels = history.labelled.columns[route_of(history.recipe.segments).name]
    alike = {"a": ("a",), "b": ("b",)}
    recipe = history.recipe.model_copy(update={"segments": Segments(field="industry", groups=alike)})
    drawn = np.random.default_rng(8).choice(np.array(["a", "b"], dtype=object), len(levels))
    columns = dict(history.labelled.columns) | {route_of(recipe.segments).name: drawn}
    shuffled = replace(history, recipe=recipe, labelled=replace(history.labelled, columns=columns))
    assert [choice.scorer for choice in planned(shuffled, settings).choices] == ["parent", "parent"]


def test_what_was_chosen_before_the_test_pays_on_the_test(history, settings, plan, tmp_path):
    split = forward_split(history.recipe, history.labelled.frame)
    segmented = pack(history, Choices(settings, None, segments=plan), split.fit, tmp_path / "a").model
    alone = pack(history, Choices(settings, None), split.fit, tmp_path / "b").model
    columns = history.labelled.at(split.test)
    answers = {"own": score(segmented, columns), "all": score(alone, columns)}
    bootstrap = Bootstrap(history.labelled.y(split.test), history.labelled.clusters(split.test), 400, 1)
    drawn = bootstrap.samples(answers)
    assert Interval.of(drawn["own"]["log_loss"] - drawn["all"]["log_loss"]).high < 0


def test_leads_of_no_segment_are_counted(plan, history):
    fit = forward_split(history.recipe, history.labelled.frame).fit
    inside = sum(len(rows_of(history, history.recipe.segments, fit, name)) for name in ("makers", "shops"))
    assert plan.uncovered == len(fit) - inside > 0


def test_one_artefact_holds_all_segments_and_each_lead_gets_one_answer(history, settings, plan, tmp_path):
    split = forward_split(history.recipe, history.labelled.frame)
    fresh = Member("shops", settings, settings.map.bounds)
    mixed = replace(plan, members=(next(m for m in plan.members if m.segment == "makers"), fresh))
    artefact = pack(history, Choices(settings, None, segments=mixed), split.fit, tmp_path)
    assert isinstance(artefact.model, Segmented)
    assert artefact.model.answerers == (("model", None), ("bayes", "makers"), ("model", "shops"))
    told = artefact.manifest.settings["segments"]
    assert [one["words"] for one in told["segments"]] == [choice.words for choice in plan.choices]
    assert list(told["settings"]) == ["shops"]
    table = history.labelled.at(split.test[:50])
    parts = artefact.model.contributions(table)
    np.testing.assert_allclose(parts.values.sum(axis=1) + parts.bias, artefact.model.margin(table), atol=1e-7)
    ladder = Ladder.of(artefact)
    assert [rung.scorer.rung for rung in ladder.rungs] == ["model", "bayes", "rules"]
    assert route_of(history.recipe.segments).name in {feature.name for feature in ladder.features}
    assert set(ladder.top.bounds) == {None, "makers", "shops"}
    found = compute(ladder.top, table, ladder.speech.reasoner(1))
    assert {segment for _, segment in found.answerers} == {None, "makers", "shops"}
    for probability, interval in zip(found.probabilities.tolist(), found.intervals, strict=True):
        assert interval is not None
        assert 0 < interval.low <= probability <= interval.high < 1


def test_a_lead_without_events_is_answered_by_its_segment_s_own_variant(history, settings, plan, tmp_path):
    split = forward_split(history.recipe, history.labelled.frame)
    blind = choose_settings(history.recipe, without_events(history).excerpt(split.fit))
    choices = Choices(settings, blind, segments=plan, no_events_segments=plan)
    artefact = pack(history, choices, split.fit, tmp_path)
    levels = {"steel": "makers", "food": None}
    leads = [
        parse_lead(history.recipe, lead_id=one, fields={"industry": one}, events=None, as_of_us=0)
        for one in levels
    ]
    answers = [one.scored_by for one in Ladder.of(artefact).score(leads)]
    assert [by.segment for by in answers if by] == list(levels.values())
    assert next(by.rung for by in answers if by) == "bayes"


def test_segments_borrow_from_bayes_where_bayes_answers_for_all(history, settings, tmp_path):
    split = forward_split(history.recipe, history.labelled.frame)
    plan = planned(history, settings, top="bayes")
    ladder = LadderChoice(top="bayes", converted_leads=1)
    artefact = pack(history, Choices(settings, None, ladder, plan), split.fit, tmp_path)
    assert isinstance(artefact.model, Segmented)
    assert artefact.model.answerers[:2] == (("bayes", None), ("bayes", "makers"))
    assert [rung.scorer.rung for rung in Ladder.of(artefact).rungs] == ["bayes", "rules"]


def test_a_run_names_who_answers_for_each_segment_and_who_is_in_none(tmp_path):
    recipe = opposites(tmp_path).recipe
    size = recipe.lead.fields["size"].model_copy(update={"direction": 1})  # all leads read it in one way
    lead = recipe.lead.model_copy(update={"fields": {**recipe.lead.fields, "size": size}})
    recipe = recipe.model_copy(update={"lead": lead})
    page = tmp_path / "report.html"
    summary = train(recipe, tmp_path, tracking=False, out=tmp_path / "out", report=page).summary
    told = json.loads(json.dumps(summary.models_by_segment, allow_nan=False))
    assert [(one["segment"], one["scorer"]) for one in told["segments"]][::2] == [
        ("makers", "bayes"),
        ("none", "parent"),
    ]
    assert told["uncovered"] > 0
    assert any("are of no segment" in words for words in summary.warnings)
    assert page.stat().st_size > 10_000
    served = load_artefact(tmp_path / "out" / "served")
    assert isinstance(served.model, Segmented)
    leads = [
        parse_lead(recipe, lead_id=one, fields={"industry": one}, events=[], as_of_us=0)
        for one in ("steel", "food")
    ]
    scores = Ladder.of(served).score(leads)
    assert [(by.rung, by.segment) for one in scores if (by := one.scored_by)] == [
        ("bayes", "makers"),
        (served.model.parent.rung, None),
    ]
    blind = parse_lead(recipe, lead_id="a", fields={"industry": "steel"}, events=None, as_of_us=0)
    (score,) = Ladder.of(served).score([blind])
    variant = served.manifest.settings["no_events_segments"]["segments"][0]
    own = (variant["scorer"], "makers") if variant["scorer"] != "parent" else ("model", None)
    assert score.scored_by is not None
    assert (score.scored_by.rung, score.scored_by.segment) == own
    # No lead that was learned from had so little filled, and this one has no date of creation.
    told = ("outside the range", "the date of creation")
    others = [words for words in score.warnings if not words.startswith(told)]
    assert len(others) == (1 if own[1] else 2)
    found = compare(str(tmp_path / "out" / "judged"), str(tmp_path / "out" / "served"), tmp_path)
    assert found.n_leads > 20
