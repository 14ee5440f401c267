"""Who answers first: the model, the Bayes rung, or their mean where outcomes are too few to tell."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from training.history import History, Rows
from training.judging import Evidence

SWITCH_WON = 50
"""Converted leads from which on the model alone answers where the evidence does not decide.

Made companies (`tests/bench/small_data.py`, the table in docs/measured.md grows), log loss beyond that of the
best rung of each company, in thousandths:

    conversions             20     50    100    200
    companies               36     31     24     24
    Bayes                 +4.5   +6.5   +5.9   +5.2
    model                 +6.8   +0.7   +0.7   +0.4
    mean of both margins  +0.4   +1.8   +1.8   +1.4

The model averages Bayes in with a weight of its own, which twenty conversions cannot tell: half is safer.
Learning curves of real histories (`tests/bench/curves.py`) had model and Bayes within 0.006 of each other
from 25 conversions on.
"""
PLENTY_WON = 1000
"""Converted leads from which on the model answers in any case.

Its kind was chosen on all forward folds, a plain line among the candidates. One earlier origin may lie in a
regime that the newest rows have left, and must not overrule them.
"""


Top = Literal["model", "bayes", "mean"]


class LadderChoice(BaseModel):
    """The top rung, the evidence for it (model minus Bayes in log loss before the test), and why in words."""

    model_config = ConfigDict(frozen=True)

    top: Top
    converted_leads: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    words: str = ""


def choose_top(history: History, fit: Rows, earlier: Evidence | None) -> LadderChoice:
    """Decided on the newest rows that may be fitted, never on the test: see `top_of`."""
    labelled = history.labelled
    won = labelled.n_leads(fit[labelled.y(fit) == 1])
    gap = earlier.difference("bayes", "log_loss") if earlier else None
    low, high = (gap.low, gap.high) if gap is not None else (None, None)
    top = top_of(won, low, high, signed=bool(history.excerpt(fit).signs))
    many = f"{won} converted leads to learn from; the model needs {SWITCH_WON} where the two are level"
    many += ", their mean answers below" if top == "mean" else ""
    if gap is None or low is None or high is None:
        return LadderChoice(top=top, converted_leads=won, words=f"{many}.")
    span = f"model minus Bayes in log loss before the test: [{low:+.4f}, {high:+.4f}]"
    by_evidence = won < PLENTY_WON and (low > 0 or high < 0)
    return LadderChoice(
        top=top,
        converted_leads=won,
        difference=gap.difference,
        low=low,
        high=high,
        words=f"{span}." if by_evidence else f"{span}; {many}.",
    )


def top_of(won: int, low: float | None, high: float | None, *, signed: bool = False) -> Top:
    """Who answers by `won` converted leads and the interval of the model minus Bayes before the test.

    Where one of the two is better beyond the interval there, it answers; else the model does from
    `SWITCH_WON` converted leads on, and below the mean of their margins; Bayes where a field has a declared
    sign (`signed`), which rates in a mean would break unseen. From `PLENTY_WON` on the model answers.
    """
    few: Top = "bayes" if signed else "mean"
    level: Top = "model" if won >= min(SWITCH_WON, PLENTY_WON) else few
    if won >= PLENTY_WON or low is None or high is None or low <= 0 <= high:
        return level
    return "bayes" if low > 0 else "model"
