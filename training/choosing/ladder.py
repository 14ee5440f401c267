"""Who answers first: the model, which has rates in its mean, or the Bayes rung alone."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from training.history import History, Rows
from training.judging import Evidence

SIGNED_WON = 50
"""Converted leads from which on the model alone answers where the evidence does not decide and a field has a
declared sign. Such a model has no rates in its mean; below that many Bayes was better, or as good (made
companies of 20 conversions: Bayes 4.5 and such a model 6.8 thousandths of log loss beyond the best rung, of
50: 6.5 and 0.7).
"""
PLENTY_WON = 1000
"""Converted leads from which on the model answers in any case.

Its kind was chosen on all forward folds, a plain line among the candidates. One earlier origin may lie in a
regime that the newest rows have left, and must not overrule them.
"""


Top = Literal["model", "bayes"]


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
    signed = bool(history.excerpt(fit).signs)
    top = top_of(won, low, high, signed=signed)
    many = f"{won} converted leads to learn from; where the two are level the model answers"
    many += f", with declared signs from {SIGNED_WON} on" if signed else ""
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

    Where one of the two is better beyond the interval there, it answers; else the model, which averages
    rates in; with declared signs (`signed`) it cannot, and Bayes answers below `SIGNED_WON` converted leads.
    From `PLENTY_WON` on the model answers.
    """
    level: Top = "bayes" if signed and won < min(SIGNED_WON, PLENTY_WON) else "model"
    if won >= PLENTY_WON or low is None or high is None or low <= 0 <= high:
        return level
    return "bayes" if low > 0 else "model"
