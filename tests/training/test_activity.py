"""How active leads are: the chain is found again, knows nothing of what it is read for, and is kept where it
gains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import data
from features import load_recipe, parse_recipe
from features.catalogue import Activity, default_features
from features.catalogue.fields import FieldValue
from features.clock.instants import from_us
from features.columns import Columns
from features.errors import LeadscoreError
from features.snapshots import snapshots
from features.tables import read_tables
from tests.made.company import RECIPE as SMALL
from tests.made.company import small_company
from tests.training.test_candidates import RECIPE, ROWS, company, converts
from training.choosing import choose_settings
from training.history import Excerpt, activity, forward_folds, forward_split
from training.history.activity import fit_activity
from training.history.chain import HiddenChain, SeenLives, fit_chain

CHAIN = HiddenChain(
    np.array([0.7, 0.3]),
    np.array([[0.2, 0.9], [0.001, 0.001], [0.001, 0.001]]),
    np.array([[0.05, 0.6], [0.001, 0.03], [0.01, 0.004]]),
    np.array([[0.95, 0.05], [0.1, 0.9]]),
)
"""Two states, one kind of event beside won and lost."""


def drawn_lives(n: int, length: int, *more: tuple[int, int, int]) -> SeenLives:
    """What `n` leads of `CHAIN` did in so many steps, and `more` events (lead, step, kind)."""
    rng = np.random.default_rng(3)
    state, open_ = rng.choice(2, n, p=CHAIN.begin), np.ones(n, dtype=bool)
    steps, rows = np.full(n, length), list(more)
    for step in range(length + 1):
        if step:
            state = np.where(rng.random(n) < CHAIN.move[state, 1], 1, 0)
        drawn = rng.poisson((CHAIN.rate if step else CHAIN.entry)[:, state].T) * open_[:, None]
        for kind in range(3):
            rows += [(lead, step, kind) for lead in np.repeat(np.arange(n), drawn[:, kind])]
        over = open_ & (drawn[:, 1:].sum(axis=1) > 0)
        steps[over], open_ = step, open_ & ~over
    lead, step_of, kind = np.array(rows).T
    return SeenLives(steps, lead, step_of, kind, 3)


def test_a_chain_is_found_again_from_what_it_did() -> None:
    found = fit_chain(drawn_lives(800, 50), 2, 30)
    np.testing.assert_allclose(found.rate[0], CHAIN.rate[0], rtol=0.2)
    np.testing.assert_allclose(np.diag(found.move), np.diag(CHAIN.move), atol=0.03)
    assert found.within(30)[1] > 1.5 * found.within(30)[0]


@pytest.mark.parametrize("step", [0, 1])
def test_a_lead_that_a_machine_follows_tells_of_no_other(step: int) -> None:
    """5,000 events in one step neither end in numbers that are none, nor take a state for themselves."""
    plain, found = (fit_chain(drawn_lives(400, 30, *more), 2) for more in ((), [(0, step, 0)] * 5_000))
    assert found.finite
    np.testing.assert_allclose(found.rate[0], plain.rate[0], rtol=0.1)
    np.testing.assert_allclose(found.within(30), plain.within(30), rtol=0.1)
    assert not replace(found, rate=found.rate * np.nan).finite


def fitted(folder: Path, recipe: str = SMALL) -> tuple[Activity, ...]:
    """What is read of the chain of the company in `folder`."""
    asked = parse_recipe(recipe)
    tables = read_tables(asked, folder)
    shot = snapshots(asked, tables).frame
    return fit_activity(asked, tables, shot[shot["matured"]].reset_index(drop=True))


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small company, of which a chain is fitted."""
    monkeypatch.setattr(activity, "FEWEST_WON", 5)
    small_company(tmp_path, 400)
    return tmp_path


def test_where_no_event_was_seen_before_the_first_fold_there_is_no_chain(small: Path) -> None:
    assert fitted(small)
    events = pd.read_csv(small / "events.csv")
    events[events["occurred_at"] >= "2024-12-15"].to_csv(small / "events.csv", index=False)
    assert fitted(small) == ()


def seen(monkeypatch: pytest.MonkeyPatch) -> list[SeenLives]:
    """What chains are fitted on from now on, each in one round."""
    found: list[SeenLives] = []
    monkeypatch.setattr(activity, "fit_chain", lambda lives, n: found.append(lives) or fit_chain(lives, n, 1))
    return found


def test_an_old_lead_or_a_short_horizon_makes_no_longer_lives(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = seen(monkeypatch)
    leads = pd.read_csv(small / "leads.csv")
    leads.loc[0, "created_at"] = "1970-01-01 00:00:00"
    leads.to_csv(small / "leads.csv", index=False)
    for recipe in (SMALL, SMALL.replace("horizon_days = 20", "horizon_days = 7")):
        monkeypatch.setattr(activity, "LONGEST", 1_024)
        assert fitted(small, recipe=recipe)
        monkeypatch.setattr(activity, "LONGEST", 100)
        assert fitted(small, recipe=recipe)
        long, short = lives[-2:]
        assert (long.steps.max(), short.steps.max()) == (1_024, 100)
        kept = long.step <= 100  # events and closings; later ones are of no short life
        assert kept.sum() == len(short.step)
        assert (np.minimum(long.steps, 100) == short.steps).all()
        assert (short.step <= short.steps[short.lead]).all()


def test_the_bound_changes_nothing_for_leads_that_are_younger(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = seen(monkeypatch)
    horizon = SMALL.replace("horizon_days = 20", "horizon_days = 60")
    found = fitted(small, recipe=horizon)
    assert 100 < lives[0].steps.max() < activity.LONGEST
    monkeypatch.setattr(activity, "LONGEST", int(lives[0].steps.max()))
    assert fitted(small, recipe=horizon) == found


@pytest.mark.parametrize(
    ("features", "kinds"),
    [
        ('off = ["*visit*", "*any*"]', ["demo_request"]),
        ('off = ["count_visit*", "*any*", "share_*"]', ["demo_request", "visit"]),
        (
            'off = ["*visit*"]\nadd = [{ type = "event_count", kinds = ["visit"], called = "seen" }]',
            ["demo_request", "visit"],
        ),
    ],
)
def test_a_kind_whose_own_features_are_off_is_not_read(
    small: Path, monkeypatch: pytest.MonkeyPatch, features: str, kinds: list[str]
) -> None:
    monkeypatch.setattr(activity, "LONGEST", 50)
    chain = fitted(small, f"{SMALL}\n[features]\n{features}\n")[0].chain
    assert [kind for kind, *_ in chain.weights] == [kind for kind, *_ in chain.entry] == kinds


def test_where_no_kind_is_left_nothing_is_read(small: Path) -> None:
    assert fitted(small, SMALL + '\n[features]\noff = ["*visit*", "*demo*"]\n') == ()


@pytest.mark.slow  # a company is simulated and read twice
def test_the_chain_knows_only_what_was_before_the_first_fold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "FEWEST_WON", 5)
    data.simulate(tmp_path, 300, 4)
    recipe = load_recipe(tmp_path / "recipe.toml")
    tables = read_tables(recipe, tmp_path)
    shot = snapshots(recipe, tables).frame
    frame = shot[shot["matured"]].reset_index(drop=True)
    found = fit_activity(recipe, tables, frame)
    assert [one.of_what for one in found] == ["second", "third", "won"]
    assert list(found[0].chain.won) == sorted(found[0].chain.won)
    folds = forward_folds(frame, forward_split(recipe, frame).fit, recipe.train.folds)
    first = from_us(int(frame["as_of_us"].to_numpy()[folds[0][1]].min()))
    for name in ("events", "outcomes"):
        rows = pq.read_table(tmp_path / f"{name}.parquet")
        known = rows["ingested_at" if "ingested_at" in rows.column_names else "occurred_at"]
        known = pc.coalesce(known, rows["occurred_at"])
        pq.write_table(rows.filter(pc.less_equal(known, first)), tmp_path / f"{name}.parquet")
    assert fit_activity(recipe, read_tables(recipe, tmp_path), frame) == found
    off = recipe.model_copy(update={"features": recipe.features.model_copy(update={"activity": False})})
    assert fit_activity(off, tables, frame) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("effect", "kept"),
    [
        pytest.param(1.2, True, id="it surely gains"),
        pytest.param(0.3, True, id="it gains 2.0 thousandths, of which the folds cannot be sure"),
        pytest.param(0.2, False, id="it loses 0.8 thousandths"),
        pytest.param(0.0, False, id="it says nothing"),
    ],
)
def test_activity_is_read_where_newer_rows_gain_by_it(effect: float, kept: bool) -> None:
    X = np.random.default_rng(7).normal(size=(3, ROWS))
    y = converts(0.7 * X[0] + effect * X[2] - 1)
    recipe, labelled, rows = company(X[0], X[1], y)
    known = labelled.columns
    more = FieldValue("hidden", "number")
    columns = Columns({name: known[name] for name in known} | {more.name: X[2]}, ROWS)
    excerpt = Excerpt.of(recipe, replace(labelled, columns=columns), default_features(recipe), rows)
    found = choose_settings(recipe, excerpt, activity=(more,))
    assert found.activity is kept
    assert found.as_dict().get("activity", False) is kept


def test_nobody_adds_by_hand_what_training_fits() -> None:
    text = RECIPE + (
        "[features]\nadd = [{ type = 'activity', of_what = 'won', chain = { first_days = 0, days = [0, 1], "
        "moves = [[[1, 0, 0], [0, 1, 0], [0, 0, 1]]], begin = [1, 0, 0], settled = [1, 0, 0], "
        "rates = [0, 0, 0], weights = [], entry = [], won = [0.1, 0.2, 0.3] } }]\n"
    )
    with pytest.raises(LeadscoreError, match="is fitted by training"):
        default_features(parse_recipe(text))
