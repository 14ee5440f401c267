"""A segment's own scorer answers for its leads and no others, says so, and brings its own interval."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features import Lead, LeadscoreError, parse_lead, parse_recipe
from features.clock.instants import parse_moment
from features.recipe.recipe import Segments
from serving.answer.compose import Rung, compute
from serving.answer.ladder import Ladder
from serving.artefact.folder import load_artefact, save_artefact
from serving.artefact.models import TreeFiles, dump_served, restore_served
from serving.batch.export import BatchSummary
from serving.calibration.bounds import Bounds
from serving.calibration.maps import MonotoneMap
from serving.returned.columns import ADDED, row_of
from serving.rules.default import default_rules
from serving.scorers.bayes import Bayes, RateTable
from serving.scorers.linear import Linear
from serving.scorers.segmented import Segmented, route_of, segments_of
from tests.laws.scorer_laws import LAWS, Check
from tests.made import scorers

PLAN = Segments(field="industry", groups={"makers": ("steel",), "shops": ("retail", "food")})
LEVELS = np.array(["steel", "retail", "food", "software", None, "unseen"] * 10, dtype=object)


def shops() -> Bayes:
    """Rates by industry, with a map of their own."""
    table = RateTable(feature="industry", levels=scorers.INDUSTRIES, log_ratios=(0.4, -0.7, 0.1, 0.3))
    return Bayes((scorers.INDUSTRY,), (table,), -1.2, MonotoneMap.platt(0.7, -0.4))


def segmented() -> Segmented:
    """Makers by trees, shops by Bayes, all others by the blend."""
    return Segmented(PLAN, scorers.blend(), (("makers", scorers.trees()), ("shops", shops())))


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


def test_it_reads_back_from_text():
    model, files = segmented(), TreeFiles("model")
    body = json.loads(json.dumps(dump_served(model, files)))
    again = restore_served(body, {f.name: f for f in model.features}, files.texts)
    table = columns(model)
    np.testing.assert_array_equal(again.margin(table), model.margin(table))
    np.testing.assert_array_equal(again.contributions(table).bias, model.contributions(table).bias)
    body["plan"]["groups"] = {"makers": ["steel"]}
    with pytest.raises(LeadscoreError, match="shops"):
        restore_served(body, {f.name: f for f in model.features}, files.texts)


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


def around(width: float) -> Bounds:
    return Bounds(lower=MonotoneMap.platt(1.0, -width), upper=MonotoneMap.platt(1.0, width))


def test_who_answered_and_the_interval_are_those_of_the_leads_own_scorer():
    model, bounds = segmented(), {None: around(0.1), "shops": around(2.0)}
    table = columns(model)
    found = compute(Rung(model, scorers.manifest().references["model"], bounds=bounds), table)
    segment = segments_of(PLAN, LEVELS.tolist())
    answers = {"makers": scorers.trees(), "shops": shops(), None: scorers.blend()}
    assert found.answerers == [(answers[name].rung, name) for name in segment]
    assert found.answerers[1] == ("bayes", "shops")
    for name, scorer in answers.items():
        rows = np.flatnonzero([one == name for one in segment])
        alone = compute(
            Rung(scorer, scorers.manifest().references["model"], bounds={None: bounds.get(name, around(0))}),
            {key: column[rows] for key, column in table.items()},
        )
        expected = alone.intervals if name in bounds else [None] * len(rows)
        assert [found.intervals[row] for row in rows] == expected


NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
RECIPE = scorers.recipe().model_copy(update={"segments": PLAN})


def lead(level: str, events: list[dict[str, object]] | None) -> Lead:
    fields = {"industry": level, "company_size": 40}
    return parse_lead(
        RECIPE, lead_id=level, fields=fields, events=events, as_of_us=NOW, created_at="2026-01-01"
    )


@pytest.fixture
def ladder(tmp_path: Path) -> Ladder:
    """Whose variant without events is the same for all segments."""
    return served(tmp_path, scorers.linear())


def served(folder: Path, variant: Linear | Segmented) -> Ladder:
    """Loaded from an artefact with intervals for the shops and for all others, not for the makers."""
    bounds, own = {"model": around(0.1), "no_events": around(0.1)}, {"shops": around(2.0)}
    facts = {"recipe": RECIPE, "bounds": bounds, "segment_bounds": {"model": own, "no_events": own}}
    manifest = scorers.manifest().model_copy(update=facts)
    save_artefact(folder, manifest, segmented(), rules=default_rules(RECIPE), no_events=variant)
    return Ladder.of(load_artefact(folder, "7"))


def test_an_answer_names_the_segment_whose_own_scorer_gave_it(ladder: Ladder):
    scores = ladder.score([lead("steel", []), lead("retail", []), lead("software", [])])
    told = [(by.rung, by.segment, by.version) for score in scores if (by := score.scored_by)]
    assert told == [("model", "makers", "7"), ("bayes", "shops", "7"), ("model", None, "7")]
    cells = [row_of(score)[ADDED.index("ls_scored_by") - 1] for score in scores]
    assert cells == ["model 7 (makers)", "bayes 7 (shops)", "model 7"]
    summary = BatchSummary(rows=3, as_of_us=NOW)
    summary.add(scores)
    assert summary.rungs == {"model (makers)": 1, "bayes (shops)": 1, "model": 1}
    widths = [score.interval and score.interval.high - score.interval.low for score in scores]
    assert widths[0] is None
    assert widths[1] > 0.5 > widths[2] > 0
    assert [score.warnings for score in scores] == [[], [], []]


def test_without_events_the_variant_of_all_leads_answers_and_says_whose_scorer_did_not(ladder: Ladder):
    shop, other = ladder.score([lead("retail", None), lead("software", None)])
    (alone,) = ladder.score([lead("retail", None)])
    assert shop == alone
    assert [score.scored_by and score.scored_by.segment for score in (shop, other)] == [None, None]
    assert [score.scored_by and score.scored_by.rung for score in (shop, other)] == ["model", "model"]
    linear = scorers.linear()
    table = {"company_size": np.array([40.0]), "industry": np.array(["retail"], dtype=object)}
    assert shop.probability == pytest.approx(linear.probability(linear.margin(table))[0], abs=1e-6)
    assert shop.warnings[1:] == ["the scorer of segment 'shops' reads events: that of all leads was asked"]
    assert [words[:21] for words in other.warnings] == ["events were not given"]


def test_a_segment_may_have_a_variant_of_its_own_for_leads_without_events(tmp_path: Path):
    variant = Segmented(PLAN, scorers.linear(), (("shops", shops()),))
    scores = served(tmp_path, variant).score([lead(level, None) for level in ("retail", "steel", "software")])
    told = [(by.rung, by.segment) for score in scores if (by := score.scored_by)]
    assert told == [("bayes", "shops"), ("model", None), ("model", None)]
    assert [len(score.warnings) for score in scores] == [1, 2, 1]
    assert "'makers'" in scores[1].warnings[1]
    widths = [score.interval.high - score.interval.low for score in scores if score.interval]
    assert widths[0] > 0.5 > widths[1]
    table = {"company_size": np.array([40.0]), "industry": np.array(["retail"], dtype=object)}
    assert scores[0].probability == pytest.approx(shops().probability(shops().margin(table))[0], abs=1e-6)
