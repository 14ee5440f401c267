"""Which rung answers is decided by evidence before the test, and by learning curves where that is level."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import LeadscoreError, Recipe, load_recipe
from features.catalogue import FieldValue
from features.recipe.plan import SnapshotPlan
from serving.answer.ladder import Ladder
from serving.artefact.folder import load_artefact
from serving.registry.versions import find_champion
from tests.bench.learning_curve import CurvePoint, curve_rows, learning_curve, switching_point, thinned
from tests.made.company import small_company
from tests.made.resign import sign
from training import promote, status, train
from training.choosing.earlier import earlier_split
from training.choosing.ladder import SIGNED_WON, choose_top
from training.comparison.crowd import open_crowd
from training.history.history import History, read_history
from training.history.labelled import Labelled
from training.history.split import SplitRows, forward_split
from training.judging.evidence import Difference, Evidence
from training.packing.pack import fit_served
from training.report import RunSummary
from training.run.procedure import choose_kinds, try_earlier

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*loader strategy is deprecated"),
]


FEW = 0.35
"""So many conversions of the made company are kept that 42 are learned from: fewer than `SIGNED_WON`."""


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recipe]:
    """A company of some dozen conversions whose recipe declares a sign: Bayes answers alone or not."""
    folder = tmp_path_factory.mktemp("young")
    recipe = small_company(folder, 800, won_share=FEW)
    size = recipe.lead.fields["size"].model_copy(update={"direction": 1})
    lead = recipe.lead.model_copy(update={"fields": recipe.lead.fields | {"size": size}})
    plan = SnapshotPlan(at_days=(0, 5, 40, 150))
    return folder, recipe.model_copy(update={"snapshots": plan, "lead": lead})


@pytest.fixture(scope="module")
def history(young: tuple[Path, Recipe]) -> History:
    folder, recipe = young
    return read_history(recipe, folder)


@pytest.fixture(scope="module")
def run(young, tmp_path_factory) -> Iterator[tuple[RunSummary, Path]]:
    folder, recipe = young
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{out / 'mlflow.db'}")
        yield train(recipe, folder, out=out / "artefacts").summary, out / "artefacts"


def before_the_test(low: float, high: float) -> Evidence:
    gap = Difference(
        scorer="model", versus="bayes", figure="log_loss", difference=(low + high) / 2, low=low, high=high
    )
    told = {
        "n_test": 9,
        "n_test_leads": 9,
        "won": 3,
        "base_rate": 0.3,
        "first_us": 0,
        "last_us": 1,
        "draws": 9,
    }
    return Evidence(**told, best_baseline="bayes", comparison=[], differences=[gap])


@pytest.mark.parametrize(("low", "high", "top"), [(0.001, 0.02, "bayes"), (-0.02, -0.001, "model")])
def test_evidence_before_the_test_decides(history, low, high, top):
    rows = forward_split(history.recipe, history.labelled.frame).fit
    found = choose_top(history, rows, before_the_test(low, high))
    assert found.top == top
    assert found.words == f"model minus Bayes in log loss before the test: [{low:+.4f}, {high:+.4f}]."


@pytest.mark.parametrize("earlier", [None, before_the_test(-0.01, 0.01)])
def test_where_it_is_level_and_a_sign_is_declared_the_number_of_conversions_does(
    history, earlier, monkeypatch
):
    fit = forward_split(history.recipe, history.labelled.frame).fit
    few = choose_top(history, fit, earlier)
    assert few.converted_leads < SIGNED_WON
    assert few.top == "bayes"
    assert f"with declared signs from {SIGNED_WON} on" in few.words
    monkeypatch.setattr("training.choosing.ladder.SIGNED_WON", few.converted_leads)
    assert choose_top(history, fit, earlier).top == "model"


def test_without_a_sign_the_model_answers_and_a_good_part_of_it_are_rates(young):
    folder, recipe = young
    free = {name: one.model_copy(update={"direction": 0}) for name, one in recipe.lead.fields.items()}
    lead = recipe.lead.model_copy(update={"fields": free})
    history = read_history(recipe.model_copy(update={"lead": lead}), folder)
    split = forward_split(history.recipe, history.labelled.frame)
    choices, _ = try_earlier(history, split, choose_kinds(history, split), 100)
    assert (choices.ladder.top, choices.top) == ("model", "model")
    assert choices.ladder.words.endswith("where the two are level the model answers.")
    rates = [member.weight for member in choices.model.members if member.kind == "bayes"]
    assert len(rates) == 1
    assert rates[0] >= 0.15
    fitted, _, bayes = fit_served(history, choices, split.fit)
    columns = history.labelled.at(split.test)
    parts = fitted.contributions(columns)
    assert parts.values.sum(axis=1) + parts.bias == pytest.approx(fitted.margin(columns))
    assert bayes is not None


def test_with_plenty_of_conversions_the_folds_are_not_overruled(history, monkeypatch):
    fit = forward_split(history.recipe, history.labelled.frame).fit
    monkeypatch.setattr("training.choosing.ladder.PLENTY_WON", 10)
    assert choose_top(history, fit, before_the_test(0.001, 0.02)).top == "model"


@pytest.mark.parametrize(("above", "top"), [(0, "model"), (1, "bayes")])
def test_plenty_begins_with_that_very_number_of_conversions(history, monkeypatch, above, top):
    fit, worse = forward_split(history.recipe, history.labelled.frame).fit, before_the_test(0.001, 0.02)
    many = choose_top(history, fit, worse).converted_leads
    monkeypatch.setattr("training.choosing.ladder.PLENTY_WON", many + above)
    assert choose_top(history, fit, worse).top == top


def test_bayes_on_top_answers_and_says_so(young, run):
    folder, _ = young
    summary, out = run
    assert summary.ladder is not None
    assert summary.ladder.top == "bayes", summary.ladder
    served = load_artefact(out / "served")
    assert served.manifest.settings["ladder"]["words"]
    ladder = Ladder.of(served)
    assert [rung.scorer.rung for rung in ladder.rungs] == ["bayes", "rules"]
    crowd = open_crowd(ladder.recipe, folder)
    columns = crowd.columns(ladder, range(20))
    scores = ladder.score_columns(columns, crowd.asked[:20])
    assert {score.scored_by.rung for score in scores if score.scored_by} == {"bayes"}
    assert all(
        0 < (score.probability or 0) < 1 and score.reasons_for + score.reasons_against for score in scores
    )
    parts = served.model.contributions(columns)
    assert parts.values.sum(axis=1) + parts.bias == pytest.approx(served.model.margin(columns))


def test_bayes_on_top_is_judged_promoted_and_fetched_like_any_model(young, run):
    _, recipe = young
    summary, out = run
    row = summary.row("model")
    assert row.auc > 0.6
    assert json.loads((out / "served" / "manifest.json").read_text())["model"]["kind"] == "bayes"
    promote(recipe, force=True, reason="too few conversions for the gate")
    assert status(recipe.name).champion.figures.auc == pytest.approx(row.auc)
    assert find_champion(recipe.name) is not None


def test_a_bayes_model_with_an_unknown_feature_is_refused(run, tmp_path):
    _, out = run
    for path in (out / "judged").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    content = json.loads((tmp_path / "manifest.json").read_text())
    content["model"]["tables"][0]["feature"] = "no such feature"
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    sign(tmp_path)
    with pytest.raises(LeadscoreError, match="no such feature"):
        load_artefact(tmp_path)


def crowd(rows: int = 3000) -> tuple[Labelled, np.ndarray]:
    rng = np.random.default_rng(1)
    lead = rng.integers(0, rows // 3, rows)
    frame = pd.DataFrame(
        {
            "lead_id": lead.astype(str),
            "account_id": np.array([f"a{one // 2}" for one in lead], dtype=object),
            "label": (rng.random(rows) < 0.1).astype(np.float64),
            "order": np.arange(rows),
        }
    )
    return Labelled(frame, {FieldValue("size", "number").name: rng.random(rows)}), np.arange(rows)


@pytest.mark.parametrize("draw", [0, 1])
def test_a_smaller_company_is_a_part_of_the_larger_one_in_whole_accounts(draw):
    labelled, fit = crowd()
    found = dict(thinned(labelled, fit, (10, 50, 100, 100_000), draw))
    assert list(found) == [50, 100], "10 conversions give too few rows, and there are no 100,000"
    for count, rows in found.items():
        converted = {
            lead for lead, y in zip(labelled.frame["lead_id"][rows], labelled.y(rows), strict=True) if y
        }
        assert count <= len(converted) <= count + 2, "an account comes whole"
        others = np.setdiff1d(fit, rows)
        assert not set(labelled.clusters(rows)) & set(labelled.clusters(others))
    assert set(found[50]) < set(found[100])


def test_draws_are_different_companies_and_repeat():
    labelled, fit = crowd()
    first, again, other = (dict(thinned(labelled, fit, (50,), draw))[50] for draw in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_switching_point_is_where_the_model_stays_ahead():
    losses = {25: 0.02, 50: -0.01, 100: 0.01, 250: -0.002, 500: -0.01}
    points = [
        CurvePoint(won, draw, won * 9, scorer, 0.7, 0.3 + (gap if scorer == "model" else 0.0))
        for won, gap in losses.items()
        for draw in (0, 1)
        for scorer in ("bayes", "model")
    ]
    rows = curve_rows(points)
    assert [row.won for row in rows if row.scorer == "model"] == list(losses)
    assert switching_point(rows) == 250
    assert switching_point([row for row in rows if row.won < 250]) is None
    assert all(row.over_bayes == 0.0 for row in rows if row.scorer == "bayes")


def test_a_few_dozen_conversions_carry_bayes_beyond_the_scorecard_and_the_line(tmp_path):
    import data

    data.simulate(tmp_path, 6000, 3)
    history = read_history(load_recipe(tmp_path / "recipe.toml"), tmp_path)
    split = earlier_split(history.labelled, forward_split(history.recipe, history.labelled.frame))
    assert split is not None
    rows = curve_rows(learning_curve(history, split, (25, 100), draws=1))
    loss = {(row.won, row.scorer): row.log_loss for row in rows}
    for won in (25, 100):
        assert loss[won, "bayes"] < min(loss[won, "rules"], loss[won, "logistic"])
    for scorer in ("bayes", "logistic", "model"):
        assert loss[100, scorer] < loss[25, scorer]


@pytest.mark.parametrize(("every", "told"), [(3, False), (2, True)])
def test_an_earlier_origin_needs_converted_leads_and_not_their_rows(every: int, told: bool) -> None:
    """Of 56 leads before the test, looked at four times each, 19 or 28 converted."""
    rows, lead = np.arange(1200), np.arange(1200) // 4
    frame = pd.DataFrame(
        {
            "lead_id": lead.astype(str), "account_id": None, "as_of_us": rows, "label_known_us": rows,
            "matured": True, "label": (lead % every == 0).astype(float), "order": rows, "age_days": 0.0,
        }
    )  # fmt: skip
    found = earlier_split(Labelled(frame, {}), SplitRows(rows[:900], rows[900:], 900))
    assert (found is not None) is told
