"""Outcomes that stop are an alarm, also where the champion learned longer ago than the watch looks back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from serving.answer import Opened, open_ladder
from serving.artefact.folder import save_artefact
from serving.rules.default import default_rules
from tests.made import scorers
from training.figures.drift import kept_apart
from training.watch.answers import ChampionAnswers, calibration_of
from training.watch.periods import Periods

MONTH_US = 30 * 86_400_000_000
A_MONTH, P = 400, 0.1


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A champion that learned from 200 customers."""
    folder = tmp_path_factory.mktemp("artefact")
    facts = scorers.manifest().model_copy(update={"n_leads": 2000, "n_rows": 2000, "base_rate": 0.1})
    save_artefact(folder, facts, scorers.linear(), rules=default_rules(scorers.recipe()))
    return open_ladder(model=folder)


def alarms(opened: Opened, rates: list[float], learned: int = 0, seed: int = 0) -> int:
    """How many looks alarm, of leads whose level in each month is so many times the expected one.

    The champion learned from the first `learned` leads, of which one was won.
    """
    rng = np.random.default_rng(seed)
    month = np.repeat(np.arange(len(rates)), A_MONTH)
    won = (rng.random(len(month)) < P * np.repeat(rates, A_MONTH)).astype(np.float64)
    won[:learned] = np.arange(learned) == 0
    ids = np.arange(len(month)).astype(str).astype(object)
    recipe = scorers.recipe()
    answers = ChampionAnswers(
        Periods(recipe, None, 0, 30, 12, 0, pd.DataFrame(), ()), opened,  # type: ignore[arg-type]
        month * MONTH_US, np.zeros(len(month), np.int64), np.full(len(month), "model", object),
        np.full(len(month), P), np.full(len(month), "web", object), won,
        np.arange(len(month)) < learned, ids, pd.Series(ids),
    )  # fmt: skip
    looks = [look for _, look in calibration_of(answers) if look is not None]
    return sum(kept_apart([look.p for look in looks], 0.01))


def test_the_champion_knows_of_how_many_customers_it_learned(opened: Opened) -> None:
    assert opened.learned_customers == pytest.approx(200)


@pytest.mark.parametrize("learned", [0, 10])
@pytest.mark.parametrize(
    "rates", [[0.0], [0.25], [0.25] * 6, [0.0] * 3, [1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]]
)
def test_what_broke_is_no_measure_of_what_is_granted(
    opened: Opened, rates: list[float], learned: int
) -> None:
    assert alarms(opened, rates, learned) > 0


def test_months_like_the_expected_ones_alarm_nobody(opened: Opened) -> None:
    assert sum(alarms(opened, [1.0] * 6, seed=seed) > 0 for seed in range(40)) <= 2
