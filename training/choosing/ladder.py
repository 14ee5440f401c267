"""Who answers first: the model, or the Bayes rung where there is too little to learn a model from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from training.history import History, Rows
from training.judging import Evidence

SWITCH_WON = 100
"""Converted leads from which on the model answers where the evidence does not decide.

From learning curves (`tests/bench/curves.py`), log loss of the model minus that of Bayes:

    conversions           25       50      100      250      500
    Olist             +0.008   -0.003   -0.004   -0.004
    BPI 2012          +0.005   +0.001   -0.004
    simulator         +0.002   +0.006   +0.003   +0.001   -0.003
    simulator (half)  -0.002   -0.001   +0.003   +0.001

The two are within 0.006 of each other from 25 on: the mean turns between 50 and 100, and stays small.
"""
PLENTY_WON = 1000
"""Converted leads from which on the model answers in any case.

Its kind was chosen on all forward folds, a plain line among the candidates. One earlier origin may lie in a
regime that the newest rows have left, and must not overrule them.
"""


class LadderChoice(BaseModel):
    """The top rung, the evidence for it (model minus Bayes in log loss before the test), and why in words."""

    model_config = ConfigDict(frozen=True)

    top: Literal["model", "bayes"]
    converted_leads: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    words: str = ""


def choose_top(history: History, fit: Rows, earlier: Evidence | None) -> LadderChoice:
    """Decided on the newest rows that may be fitted, never on the test.

    Where one of the two is better beyond the interval there, it answers; else the model does from
    `SWITCH_WON` converted leads on, as its learning curves say, and Bayes below. From `PLENTY_WON` on the
    model answers.
    """
    labelled = history.labelled
    won = labelled.n_leads(fit[labelled.y(fit) == 1])
    gap = earlier.difference("bayes", "log_loss") if earlier else None
    many = f"{won} converted leads to learn from; the model needs {SWITCH_WON} where the two are level"
    if gap is None or gap.low is None or gap.high is None:
        return LadderChoice(
            top="model" if won >= SWITCH_WON else "bayes", converted_leads=won, words=f"{many}."
        )
    span = f"model minus Bayes in log loss before the test: [{gap.low:+.4f}, {gap.high:+.4f}]"
    plenty = won >= PLENTY_WON
    by_evidence = not plenty and (gap.surely_above() or gap.surely_below())
    model = plenty or gap.surely_below() or (won >= SWITCH_WON and not gap.surely_above())
    return LadderChoice(
        top="model" if model else "bayes",
        converted_leads=won,
        difference=gap.difference,
        low=gap.low,
        high=gap.high,
        words=f"{span}." if by_evidence else f"{span}; {many}.",
    )
