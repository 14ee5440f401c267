"""The gain over several origins of the forecast together: a small company's newest test tells too little.

The same procedure is run again from an earlier origin, on what was known then: settings, ladder and
segments are chosen anew on the rows before it, so that its test rows are as unseen as the newest ones
(evaluation from a rolling origin: Tashman 2000, International Journal of Forecasting 16:437-450).
Differences in log loss are paired by row and averaged over the rows of all origins; the bootstrap draws
whole accounts (or leads), in whichever origins they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.columns import Floats
from serving.scorer import score
from training.calibration import calibrated_rules
from training.choosing import choose_settings, earlier_split
from training.figures import Bootstrap, Interval, known
from training.figures.reliability import log_losses
from training.history import History, Labelled, Rows, SplitRows
from training.judging import JUDGED, Difference, baselines
from training.judging.evidence import POOLED, Pooled
from training.packing import Choices, fit_served
from training.run.procedure import try_earlier

ALONE = 200
"""Converted leads with which the newest test is enough alone: an earlier origin doubles the training."""


@dataclass(frozen=True)
class ForecastCut:
    """Test rows of one origin, and scorer → probabilities of shape `(n_test,)` by what was known before."""

    test: Rows
    probabilities: Mapping[str, Floats]


def pool(history: History, split: SplitRows, newest: Mapping[str, Floats], draws: int) -> Pooled | None:
    """The newest test with an earlier one; None where the newest is enough, or no earlier one can be had."""
    labelled = history.labelled
    if labelled.won_leads(split.test) >= ALONE:
        return None
    earlier = replay(history, split, draws)
    if earlier is None:
        return None
    return pooled(labelled, (ForecastCut(split.test, newest), earlier), draws, history.recipe.train.seed)


def replay(history: History, split: SplitRows, draws: int) -> ForecastCut | None:
    """The whole procedure from the origin before `split`; None where outcomes are few there."""
    before = earlier_split(history.labelled, split)
    if before is None:
        return None
    recipe, labelled = history.recipe, history.labelled
    settings = choose_settings(recipe, history.excerpt(before.fit))
    choices, _ = try_earlier(history, before, Choices(settings, None), draws)
    model, _, _ = fit_served(history, choices, before.fit)
    columns = labelled.at(before.test)
    probabilities = {
        JUDGED: score(model, columns),
        "rules": score(calibrated_rules(history.rules, labelled, before.fit), columns),
        "base_rate": baselines.base_rate(labelled, before.fit, before.test),
    }
    return ForecastCut(before.test, probabilities)


def pooled(labelled: Labelled, origins: Sequence[ForecastCut], draws: int, seed: int) -> Pooled:
    """Paired differences in log loss over all rows of `origins`, drawn by cluster."""
    rows = np.concatenate([origin.test for origin in origins])
    y = labelled.y(rows)
    bootstrap = Bootstrap(y, labelled.clusters(rows), draws, seed)
    losses = {
        name: log_losses(y, np.concatenate([origin.probabilities[name] for origin in origins]))
        for name in (JUDGED, *POOLED)
    }
    return Pooled(
        origins=len(origins),
        n=len(rows),
        won=int(y.sum()),
        won_leads=labelled.won_leads(rows),
        differences=[_gain(name, losses[JUDGED] - losses[name], bootstrap) for name in POOLED],
    )


def _gain(versus: str, differences: Floats, bootstrap: Bootstrap) -> Difference:
    interval = Interval.of(bootstrap.means(differences))
    return Difference(
        scorer=JUDGED,
        versus=versus,
        figure="log_loss",
        difference=float(differences.mean()),
        low=known(interval.low),
        high=known(interval.high),
    )
