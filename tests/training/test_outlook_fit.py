"""When and how much, fitted: what young rows are used, what odd amounts do, what is said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import LeadscoreError, Recipe, parse_recipe
from features.clock import DAY_US, days_us
from serving.artefact.folder import load_artefact, save_artefact
from serving.outlook import Outlook, Sooner, When
from serving.rules.default import default_rules
from tests.made import scorers
from tests.made.company import RECIPE, small_company
from training import train
from training.history.history import History, read_history
from training.history.split import forward_split
from training.outlook import amounts_of, choose_when, fit_amount, fit_when, outlook_notes
from training.outlook.waiting import steps

CURVE = RECIPE.replace("horizon_days = 20", "horizons = [8, 12, 20]")
VALUE = RECIPE.replace("horizon_days = 20", "horizon_days = 20\nvalue = true")
VALUE += "\n[outcomes]\namount = 'amount'\n"


def company(folder: Path, text: str, leads: int = 1500, amounts=None) -> Recipe:
    """The small company by another recipe; `amounts` of its wins, in their order."""
    small_company(folder, leads)
    if amounts is not None:
        won = pd.read_csv(folder / "outcomes.csv")
        size = pd.read_csv(folder / "leads.csv").set_index("lead_id")["size"]
        drawn = amounts(size.reindex(won["lead_id"]).to_numpy(), np.random.default_rng(1))
        won.assign(amount=drawn).to_csv(folder / "outcomes.csv", index=False)
    return parse_recipe(text)


def by_size(size, random):
    return np.round(100 * np.sqrt(size) * random.lognormal(0, 0.5, len(size)), 2)


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> History:
    folder = Path(tmp_path_factory.mktemp("curve"))
    return read_history(company(folder, CURVE), folder)


def test_young_rows_are_taken_by_their_age_alone(history):
    """Of all rows that are old enough for a step, every one that converted by its end is in; and no other."""
    horizons, end = history.recipe.recipe.horizons, history.end_us
    assert len(history.younger.frame)
    whole = pd.concat([history.labelled.frame, history.younger.frame])
    wait = whole["won_us"] - whole["as_of_us"]
    everything = np.arange(len(history.labelled.frame))
    until = int(history.labelled.frame["label_known_us"].max())
    for step, sooner, longer in zip(steps(history, everything), horizons, horizons[1:], strict=False):
        old = whole["as_of_us"] + days_us(longer) <= until
        expected = whole[old & (wait <= days_us(longer))].sort_values("order")
        assert step.labelled.frame["order"].tolist() == expected["order"].tolist()
        quick = (expected["won_us"] - expected["as_of_us"] <= days_us(sooner)).tolist()
        assert step.y.tolist() == [float(one) for one in quick]
    assert (history.younger.frame["as_of_us"] + days_us(horizons[-1]) > end).all()
    assert len(steps(history, everything)[0].rows) > 0


def test_nothing_that_was_learned_after_the_newest_fit_row_is_used(history):
    split = forward_split(history.recipe, history.labelled.frame)
    until = history.labelled.frame["label_known_us"].to_numpy()[split.fit].max()
    judged_on = set(history.labelled.frame["lead_id"].iloc[split.test])
    found = steps(history, split.fit)
    for step in found:
        assert step.labelled.frame["label_known_us"].max() <= until
        assert not judged_on & set(step.labelled.frame["lead_id"])
    too_young = [
        (step.labelled.frame["as_of_us"] + days_us(history.recipe.recipe.horizons[-1]) > until).any()
        for step in found
    ]
    assert too_young == [True, False], "the last step asks for the longest horizon itself"


def test_shares_and_waits_are_those_of_the_rows(history):
    rows = np.arange(len(history.labelled.frame))
    when = fit_when(history, rows, (None, None))
    found = steps(history, rows)
    for split, step in zip(when.splits, found, strict=True):
        assert split.share == pytest.approx(step.y.mean(), abs=0.02)
    last = found[-1].labelled.frame
    wait = (last["won_us"] - last["as_of_us"]) / DAY_US
    assert when.mean_days == pytest.approx(wait[wait > 12].mean())
    assert 0 < when.splits[0].mean_days <= 8 < when.splits[1].mean_days <= 12 < when.mean_days <= 20


def test_who_is_late_is_told_from_who_is_early(history):
    """Snapshots on day 5 stand nearer to a win between day 6 and 19 than those on day 0."""
    split = forward_split(history.recipe, history.labelled.frame)
    when = fit_when(history, split.fit, choose_when(history, split.fit))
    assert any(one.model for one in when.splits)
    frame, test = history.labelled.frame, split.test
    given = when.given(history.labelled.at(test), np.ones(len(test), dtype=np.bool_))
    old = frame["age_days"].to_numpy()[test] == 5
    assert given[old, 0].mean() > given[~old, 0].mean() + 0.1
    won = history.labelled.y(test) == 1
    wait = (frame["won_us"] - frame["as_of_us"]).to_numpy()[test] / DAY_US
    for at, days in enumerate((8, 12, 20)):
        assert given[won, at].mean() == pytest.approx((wait[won] <= days).mean(), abs=0.15)


def test_sums_by_group_are_right_and_a_dear_lead_is_told_from_a_cheap_one(tmp_path):
    history = read_history(company(tmp_path, VALUE, 2500, by_size), tmp_path)
    split = forward_split(history.recipe, history.labelled.frame)
    amount = fit_amount(history, split.fit)
    known = amounts_of(history, split.test)
    said = amount.expected(history.labelled.at(known.rows))[0]
    chance = 3 * known.counted.std() / np.sqrt(history.labelled.n_leads(known.rows)) / known.counted.mean()
    assert said.sum() == pytest.approx(known.counted.sum(), rel=chance)
    dear = said > np.median(said)
    assert known.counted[dear].mean() > 1.3 * known.counted[~dear].mean()
    assert said[dear].sum() == pytest.approx(known.counted[dear].sum(), rel=1.5 * chance)
    assert not known.notes


ODD = {
    "constant": (lambda size, random: np.full(len(size), 500.0), "all amounts are 500.00"),
    "refunds": (lambda size, random: np.r_[-50.0, -80.0, by_size(size, random)[2:]], "amounts below 0"),
    "one great deal": (lambda size, random: np.r_[5e5, by_size(size, random)[1:]], "amounts far above"),
}


@pytest.mark.parametrize("name", list(ODD))
def test_odd_amounts_are_told_and_do_little(tmp_path, name):
    draw, sentence = ODD[name]
    history = read_history(company(tmp_path, VALUE, 1500, draw), tmp_path)
    rows = np.arange(len(history.labelled.frame))
    known = amounts_of(history, rows)
    assert len(known.notes) == 1
    assert sentence in known.notes[0]
    amount = fit_amount(history, rows)
    levels = amount.expected(history.labelled.at(rows))[0]
    middle = np.median(history.labelled.frame["won_amount"].dropna())
    assert 0.2 * middle < levels.min() <= levels.max() < 10 * middle
    if name == "constant":
        assert set(levels) == {500.0}
        assert amount.line is None


def test_amounts_of_too_few_leads_tell_nothing(tmp_path):
    """And the run says so."""
    few = lambda size, random: np.r_[by_size(size, random)[:20], np.full(len(size) - 20, np.nan)]  # noqa: E731
    history = read_history(company(tmp_path, VALUE, 1500, few), tmp_path)
    assert fit_amount(history, np.arange(len(history.labelled.frame))) is None
    leads = history.labelled.frame.dropna(subset="won_amount")["lead_id"].nunique()
    said = f"amounts of {leads} won leads are known, 30 are needed: no value is told"
    assert said in outlook_notes(history, artefact(tmp_path / "without"))


def artefact(folder, outlook=None):
    """An artefact that is written and read again."""
    save_artefact(
        folder, scorers.manifest(), scorers.linear(), rules=default_rules(scorers.recipe()), outlook=outlook
    )
    return load_artefact(folder)


@pytest.mark.parametrize("column", ["signs", "codes"])
def test_amounts_in_two_currencies_are_refused(tmp_path, column):
    text = VALUE
    recipe = company(tmp_path, text, 300, by_size)
    won = pd.read_csv(tmp_path / "outcomes.csv")
    second = np.arange(len(won)) % 4 == 0
    if column == "signs":
        signs = np.where(second, "$", "€")
        won["amount"] = [f"{a:.2f} {sign}" for a, sign in zip(won["amount"], signs, strict=True)]
    else:
        won["currency"] = np.where(second, "usd", "EUR")
        recipe = parse_recipe(text + "currency = 'currency'\n")
    won.to_csv(tmp_path / "outcomes.csv", index=False)
    with pytest.raises(LeadscoreError, match=rf"2 currencies \(\d+ in EUR, {second.sum()} in USD\)"):
        read_history(recipe, tmp_path)


def test_a_horizon_longer_than_the_history_is_said(tmp_path):
    recipe = company(tmp_path, CURVE.replace("[8, 12, 20]", "[8, 20, 3650]"), 400)
    run = train(recipe, tmp_path, tracking=False)
    assert run.verdict == "nothing_to_learn"
    assert "no snapshot is 3650 days old" in run.summary.reasons[0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("horizons = [8, 8, 20]", "must rise, each once"),
        ("horizons = [20, 8]", "must rise"),
        ("horizons = [8, 20]\nhorizon_days = 30", "the longest of 'horizons' 20"),
        ("horizons = [0, 20]", "horizons"),
        ("horizon_days = 20\nvalue = true", "column of amounts"),
    ],
)
def test_what_a_recipe_cannot_ask(wrong, words):
    with pytest.raises(LeadscoreError, match=words):
        parse_recipe(RECIPE.replace("horizon_days = 20", wrong))


def test_horizons_need_dates():
    at_once = "\n[outcomes]\ncolumn = 'y'\nat_once = true\n"
    with pytest.raises(LeadscoreError, match="horizons need the moments"):
        parse_recipe(CURVE + at_once)


def test_horizons_need_dates_of_wins(tmp_path):
    days = pd.date_range("2024-01-01", periods=400, freq="D").astype(str)
    pd.DataFrame({"key": range(400), "made": days, "won": [i % 3 == 0 for i in range(400)]}).to_csv(
        tmp_path / "list.csv", index=False
    )
    recipe = parse_recipe(
        "[recipe]\nhorizons = [30, 90]\n[tables]\nleads = 'list.csv'\n[lead]\nid = 'key'\n"
        "created_at = 'made'\n[outcomes]\ncolumn = 'won'\nwon = ['True']\nlost = ['False']\n"
    )
    with pytest.raises(LeadscoreError, match="no win has a date"):
        read_history(recipe, tmp_path)


def test_a_step_of_no_lead_tells_no_curve(history, tmp_path):
    frame = history.labelled.frame.assign(label=0.0, won_us=np.inf)
    nobody = replace(history, labelled=replace(history.labelled, frame=frame), younger=None)
    rows = np.arange(len(frame))
    assert choose_when(nobody, rows) == (None, None)
    assert fit_when(nobody, rows, (None, None)) is None
    said = outlook_notes(nobody, artefact(tmp_path / "without"))
    assert said == ["no lead is known to have converted within one of the horizons: no curve is told"]
    alike = When((Sooner(8.0, 0.4, 3.0), Sooner(12.0, 0.7, 9.0)), 20.0, 15.0)
    (words,) = outlook_notes(history, artefact(tmp_path / "alike", Outlook(alike)))
    assert words.startswith(
        "too few leads converted sooner than within 8, 12 days, or later, to tell them apart"
    )


def test_the_longest_horizon_is_the_question_and_what_is_not_asked_changes_no_hash():
    assert parse_recipe(CURVE).recipe.horizon_days == 20
    assert parse_recipe(CURVE).hash != parse_recipe(RECIPE).hash
    one = RECIPE.replace("horizon_days = 20", "horizon_days = 20\nvalue = false")
    assert parse_recipe(one).hash == parse_recipe(RECIPE).hash


@pytest.mark.slow
def test_the_report_tells_both_and_ranks_by_value(tmp_path):
    text = VALUE.replace("horizon_days = 20", "horizons = [8, 20]").replace("rounds = 100", "rounds = 20")
    recipe = company(tmp_path, text, 1200, by_size)
    won = pd.read_csv(tmp_path / "outcomes.csv")
    won.loc[:4, "amount"] = -won.loc[:4, "amount"]
    won.to_csv(tmp_path / "outcomes.csv", index=False)
    run = train(recipe, tmp_path, tracking=False, out=tmp_path / "out", report=tmp_path / "run.html")
    assert any("refunds" in warning for warning in run.summary.warnings)
    found = run.evidence.outlook
    assert [one.days for one in found.horizons] == [8, 20]
    assert found.horizons[0].promised < found.horizons[1].promised
    assert found.horizons[1].log_loss == run.evidence.figure("model", "log_loss")
    assert sum(one.rows for one in found.tenths) == run.evidence.n_test
    assert found.best_by_value == found.tenths[0].came > 0
    page = (tmp_path / "run.html").read_text()
    assert "When, and how much" in page
    assert "Share converted by so many days" in page
    assert "In the order of expected value" in page
    assert "Width of a lead" in page
