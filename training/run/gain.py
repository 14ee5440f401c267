"""What the newest outcomes are worth to a model: measured, by a quick one fitted with and without them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict
from scipy.special import expit

from features.catalogue import Feature, of_accounts
from features.clock import DAY_US, from_us
from features.columns import Floats
from features.snapshots import label_wait_us
from training.figures import Interval
from training.figures.reliability import log_losses
from training.fitting import LinearChoice, Settings, TreeChoice, fit_logistic_model
from training.history import History, Rows, SplitRows
from training.history.excerpt import Excerpt

_TEST_DAYS = 30
_FEWEST_WON = 10
_DRAWS = 1000


class RefitGain(BaseModel):
    """Log loss saved per lead by fitting up to now instead of up to the champion's history, with 95 % ends.

    None where it cannot be measured; `words` say it, or why not.
    """

    model_config = ConfigDict(frozen=True)

    gain: float | None = None
    ends: tuple[float, float] | None = None
    words: str

    @property
    def sure(self) -> bool:
        """Whether it is above nothing beyond chance."""
        return self.ends is not None and self.ends[0] > 0


@dataclass(frozen=True)
class RefitParts:
    """Rows known to the champion, known when the test began, and of the test.

    A lead that either side has learned from is no part of the test.
    """

    old: Rows
    new: Rows
    test: Rows

    @classmethod
    def of(cls, frame: pd.DataFrame, champion_end_us: int, began_us: int) -> RefitParts:
        """From labelled rows with lead_id, as_of_us and label_known_us."""
        known = frame["label_known_us"].to_numpy(np.int64)
        old, new = np.flatnonzero(known <= champion_end_us), np.flatnonzero(known <= began_us)
        lead = frame["lead_id"]
        learned = lead.isin(lead.iloc[np.union1d(old, new)]).to_numpy(bool)
        return cls(old, new, np.flatnonzero((frame["as_of_us"].to_numpy(np.int64) > began_us) & ~learned))


def gain_of_refit(history: History, champion_end_us: int) -> RefitGain:
    """Two logistic regressions on the newest matured month, paired by account: on what was known to the
    champion, and on what was known when the month began.

    The champion's kind does not matter to what newer rows are worth; fitting it twice would take an hour.
    """
    began = history.end_us - label_wait_us(history.recipe) - _TEST_DAYS * DAY_US
    if began <= champion_end_us:
        wait = champion_end_us + label_wait_us(history.recipe) + _TEST_DAYS * DAY_US
        return RefitGain(
            words=f"nothing newer can be judged before {from_us(wait).date()}: outcomes have to mature first"
        )
    parts = RefitParts.of(history.labelled.frame, champion_end_us, began)
    won = [history.labelled.won_leads(rows) for rows in (parts.old, parts.test)]
    if min(won) < _FEWEST_WON or len(parts.old) == len(parts.new):
        return RefitGain(
            words=f"less than {_FEWEST_WON} customers to judge it on, or nothing new to learn from"
        )
    saved = _losses(history, parts.old, parts.test) - _losses(history, parts.new, parts.test)
    gain, ends = _paired(saved, history.labelled.clusters(parts.test), history.recipe.train.seed)
    words = (
        f"{len(parts.new) - len(parts.old):,} newer rows are worth {gain:+.5f} of log loss "
        f"[{ends.low:+.5f}, {ends.high:+.5f}] on the {len(parts.test):,} newest matured ones"
    )
    return RefitGain(gain=gain, ends=(ends.low, ends.high), words=words)


def gain_of_accounts(history: History, split: SplitRows) -> tuple[float, float, float] | None:
    """Log loss saved per test row by the features that count the account's other leads, with 95 % ends.

    Two logistic regressions, with and without them, paired by account; None where the recipe has none.
    """
    counts = of_accounts(history.features)
    if not counts:
        return None
    plain = tuple(feature for feature in history.features if feature.name not in counts)
    without = _losses(history, split.fit, split.test, plain)
    saved = without - _losses(history, split.fit, split.test)
    gain, ends = _paired(saved, history.labelled.clusters(split.test), history.recipe.train.seed)
    return gain, ends.low, ends.high


def _losses(history: History, rows: Rows, test: Rows, features: tuple[Feature, ...] | None = None) -> Floats:
    """Log loss of each test row by a quick model of `rows`, on `features` (None: those of the model)."""
    settings = Settings("linear", LinearChoice(1.0), TreeChoice(1), 1.0)
    chosen = history.features if features is None else features
    excerpt = Excerpt.of(history.recipe, history.labelled, chosen, rows)
    model = fit_logistic_model(excerpt, history.recipe.train, settings)
    probability = expit(model.margin(history.labelled.at(test, model.features)))
    return log_losses(history.labelled.y(test), probability)


def _paired(saved: Floats, clusters: np.ndarray, seed: int) -> tuple[float, Interval]:
    """The mean, and its interval over draws of clusters."""
    codes = pd.factorize(pd.Series(clusters).astype(str))[0]
    sums, counts = np.bincount(codes, saved), np.bincount(codes)
    drawn = np.random.default_rng(seed).integers(0, len(sums), (_DRAWS, len(sums)))
    return float(saved.mean()), Interval.of(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
