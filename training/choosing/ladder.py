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


class LadderChoice(BaseModel):
    """The top rung, the evidence for it (model minus Bayes in log loss before the test), and why in words."""

    model_config = ConfigDict(frozen=True)

    top: Literal["model", "bayes", "mean"]
    converted_leads: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    words: str = ""


def choose_top(history: History, fit: Rows, earlier: Evidence | None) -> LadderChoice:
    """Decided on the newest rows that may be fitted, never on the test.

    Where one of the two is better beyond the interval there, it answers; else the model does from
    `SWITCH_WON` converted leads on, and below the mean of their margins; Bayes where a field has a declared
    sign, which rates mixed into a model would break unseen. From `PLENTY_WON` on the model answers.
    """
    labelled = history.labelled
    won = labelled.n_leads(fit[labelled.y(fit) == 1])
    gap = earlier.difference("bayes", "log_loss") if earlier else None
    level: Literal["model", "bayes", "mean"] = "bayes" if history.excerpt(fit).signs else "mean"
    level = "model" if won >= SWITCH_WON else level
    many = f"{won} converted leads to learn from; the model needs {SWITCH_WON} where the two are level"
    many += ", their mean answers below" if level == "mean" else ""
    if gap is None or gap.low is None or gap.high is None:
        return LadderChoice(top=level, converted_leads=won, words=f"{many}.")
    span = f"model minus Bayes in log loss before the test: [{gap.low:+.4f}, {gap.high:+.4f}]"
    plenty = won >= PLENTY_WON
    by_evidence = not plenty and (gap.surely_above() or gap.surely_below())
    if plenty or by_evidence:
        level = "model" if plenty or gap.surely_below() else "bayes"
    return LadderChoice(
        top=level,
        converted_leads=won,
        difference=gap.difference,
        low=gap.low,
        high=gap.high,
        words=f"{span}." if by_evidence else f"{span}; {many}.",
    )
