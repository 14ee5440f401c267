"""What a run means, in words: the verdict, and how many customers the best leads of a week bring."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.evidence import JUDGED
from training.labelled import BLOCK
from training.metrics import newest_in_period
from training.ranking import Ranking
from training.report_input import ReportInput
from training.report_markup import Child, Markup, table, tag
from training.report_page import bullets, paragraph, section
from training.svg import percent

Floats = NDArray[np.float64]

NAMES = {
    "model": "the model",
    "champion": "the present champion",
    "limit": "perfect knowledge",
    "logistic": "logistic regression",
    "bayes": "Bayes rates",
    "rules": "the scorecard rules",
    "pls": "shrunken rates of fields",
    "newest_first": "newest first",
    "base_rate": "any order",
}
"""Scorers as people call them; what a run compares beside these is called by its own name."""
_HEADS = NAMES | {
    "model": "model", "champion": "champion", "limit": "perfect", "logistic": "logistic", "bayes": "Bayes",
    "rules": "rules", "pls": "field rates",
}  # fmt: skip
_BIG = {
    "promote": "Promote: the model may answer.",
    "refuse": "Refuse: what answers today should go on answering.",
    "nothing_to_learn": "Nothing to learn: let the rules answer.",
}
_EFFORTS = (0.2, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Weekly:
    """Customers found when the `called` best leads of each week are worked: the middle of weeks and its ends.

    `low` and `high` hold the middle 80 % of the weeks.
    """

    called: int
    weeks: int
    mean: float
    low: float
    high: float


def verdict_section(run: ReportInput) -> Markup:
    """The first thing to read: what to do, why, and what it brings."""
    lines: list[Child] = [tag("p", _BIG.get(run.verdict, run.verdict), class_="big")]
    lines += [paragraph(promise) for promise in (promise_of(run), _calibrated(run)) if promise]
    lines += [bullets(run.reasons), paragraph(run.recommendation) if run.recommendation else None]
    box = tag("div", *lines, class_=f"verdict {run.verdict if run.verdict in _BIG else ''}".strip())
    rows = [(check.name, "holds" if check.passed else "fails", check.words) for check in run.checks]
    checks = table(("condition", "", "numbers"), rows, "What a promotion needs") if rows else None
    warned = bullets([tag("span", "Warning: ", text) for text in run.warnings])
    return section("verdict", "Verdict", box, warned, checks)


def promise_of(run: ReportInput) -> str:
    """'Call the best 50 a week: expect 9 to 14 customers instead of 4 …'; '' without a model.

    Of a model that is not to answer it is said in the past.
    """
    best = weekly(run, JUDGED, run.capacity)
    if best is None:
        return ""
    if run.verdict == "promote":
        words = f"Call the best {best.called} {each(run)}: expect {span(best)} customers"
    else:
        words = f"The best {best.called} {each(run)} held {span(best)} customers in the test"
    others = [(name, weekly(run, name, run.capacity)) for name in _instead(run)]
    said = [f"{math.floor(found.mean + 0.5)} {_HOW[name]}" for name, found in others if found]
    if not said:
        return f"{words}."
    return f"{words}{' instead of ' if run.verdict == 'promote' else ', against '}{', and '.join(said)}."


_HOW = {
    "newest_first": "when calling the newest first",
    "base_rate": "when calling in any order",
    **{name: f"by {words}" for name, words in NAMES.items() if name not in ("newest_first", "base_rate")},
}


def _instead(run: ReportInput) -> list[str]:
    """What the model is held against: how people call without a score, and who would answer without it."""
    compared = comparable(run)
    calling = next((name for name in ("newest_first", "base_rate") if name in compared), None)
    return [name for name in dict.fromkeys((calling, run.incumbent)) if name in compared and name in _HOW]


def comparable(run: ReportInput) -> list[str]:
    """The scorers of a run in the order of `NAMES`; newest first only where ages differ."""
    known = [name for name in NAMES if name in run.probabilities]
    flat = [name for name in known if name == "newest_first" and np.ptp(run.probabilities[name]) == 0]
    return [name for name in known if name not in flat]


def each(run: ReportInput) -> str:
    """What a team's capacity is for."""
    return "a week" if run.dated else f"of each {BLOCK:,} rows"


def within(run: ReportInput) -> str:
    """' within 90 days', or '' where the outcome is known at once."""
    return f" within {run.horizon_days:g} days" if run.horizon_days else ""


def span(found: Weekly) -> str:
    """The middle 80 % of weeks in whole customers.

    >>> span(Weekly(50, 12, 11.2, 9.3, 13.6))
    '9 to 14'
    """
    low, high = math.floor(found.low), math.ceil(found.high)
    return f"{low} to {high}" if low < high else f"{low}"


def weekly(run: ReportInput, scorer: str, called: int) -> Weekly | None:
    """What working the `called` best of each week by `scorer` brought; None where it cannot be told.

    A lead is in a week's list once, as it was last seen in that week. Weeks with fewer leads than `called`
    are left out while there are others: nobody chooses there.
    """
    if run.test is None or scorer not in run.probabilities or not len(run.test):
        return None
    found = _customers(run.test, run.probabilities[scorer], called)
    if not len(found):
        return None
    low, high = np.quantile(found, [0.1, 0.9])
    return Weekly(called, len(found), float(found.mean()), float(low), float(high))


def _customers(test: pd.DataFrame, p: Floats, called: int) -> Floats:
    """Customers among the best `called` of each period, ties shared out."""
    period, y = test["period"].to_numpy(np.int64), test["label"].to_numpy(np.float64)
    once = newest_in_period(period, test["lead_id"].to_numpy(object))
    parts = [once[period[once] == block] for block in np.unique(period)]
    full = [rows for rows in parts if len(rows) >= called] or parts
    return np.array([Ranking(y[rows], p[rows]).groups().won_above(min(called, len(rows))) for rows in full])


def capacity_section(run: ReportInput) -> Markup:
    """Customers by how many leads are called, for the model and for who would answer without it."""
    compared = comparable(run)
    rows: list[list[Child]] = []
    for effort in _EFFORTS:
        called = max(1, round(run.capacity * effort))
        cells = [weekly(run, name, called) for name in compared]
        rows.append([called, *["–" if cell is None else f"{cell.mean:.1f} ({span(cell)})" for cell in cells]])
    head = [f"called {each(run)}", *[_HEADS[name] for name in compared]]
    words = [paragraph(promise_of(run)), table(head, rows), paragraph(_counted(run), soft=True)]
    return section("capacity", "Whom to call", *words)


def _counted(run: ReportInput) -> str:
    """How the customers were counted."""
    some = weekly(run, JUDGED, run.capacity)
    one, many = ("week", "weeks") if run.dated else (f"block of {BLOCK:,} rows", f"blocks of {BLOCK:,} rows")
    averages = (
        f"Averages over {some.weeks} {one if some.weeks == 1 else many} of the test" if some else "Averages"
    )
    return (
        f"{averages}; in brackets the middle 80 % of them. The list of a {one} holds the leads that were "
        "looked "
        f"at in it, each once; a customer is a lead that converted{within(run)}, counted in each {one} in "
        "which "
        "it was called. That a call converts anybody is not shown by this: it says whom to call first."
    )


def _calibrated(run: ReportInput) -> str:
    """Whether the promised number of customers came."""
    if run.test is None or JUDGED not in run.probabilities:
        return ""
    y, p = run.test["label"].to_numpy(np.float64), run.probabilities[JUDGED]
    words = f"It promised {percent(float(p.mean()))} on average, and {percent(float(y.mean()))} converted"
    ends = run.evidence.interval(JUDGED, "observed_expected") if run.evidence else None
    if ends is None:
        return words + "."
    judged = "too high" if ends.high < 1 else "too low" if ends.low > 1 else "right within what chance allows"
    return f"{words}: its level is {judged} (observed over promised {ends.low:.2f} to {ends.high:.2f})."
