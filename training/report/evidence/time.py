"""Whether the model holds over time: promised and converted in each month of the test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.columns import Floats
from features.leaks import auc
from serving.page import (
    BLUE,
    VERMILION,
    Child,
    Curve,
    Markup,
    curves_chart,
    figure,
    paragraph,
    percent,
    section,
    table,
)
from training.figures import Rate, rate_of
from training.figures.rates import months_of, tick_places
from training.judging import JUDGED
from training.report.input import ReportInput

_FEWEST_WON = 20
"""Fewer converted rows than this leave the AUC of a month to chance."""


def time_section(run: ReportInput) -> Markup:
    """Promised and converted in each month of the test, and how well the model orders inside it."""
    assert run.test is not None
    y, clusters = run.test["label"].to_numpy(np.float64), run.test["cluster"].to_numpy(object)
    p = run.probabilities[JUDGED]
    months = months_of(run.test["as_of_us"].to_numpy(np.int64), run.dated)
    rates = [rate_of(y[rows], clusters[rows]) for _, rows in months]
    promised = [float(p[rows].mean()) for _, rows in months]
    rows: list[list[Child]] = [
        [name, rate.n, rate.won, percent(rate.rate), percent(mean), _auc(y[inside], p[inside], rate.won)]
        for (name, inside), rate, mean in zip(months, rates, promised, strict=True)
    ]
    one = "month" if run.dated else "block"
    head = [one, "rows", "converted rows", "share converted", "promised", "AUC inside"]
    return section(
        "time",
        "Over time",
        paragraph(in_words([name for name, _ in months], rates, promised, one)),
        figure(_chart(run, [name for name, _ in months], rates, promised)),
        table(head, rows),
    )


def in_words(names: Sequence[str], rates: Sequence[Rate], promised: Sequence[float], one: str) -> str:
    """In which months too much or too little was promised, beyond chance, and whether that lasts.

    >>> in_words(["2025-01"], [Rate(500, 50, 0.1, 0.08, 0.13)], [0.11], "month")
    'In each month what was promised came, within what chance allows.'
    """
    high = [n for n, r, p in zip(names, rates, promised, strict=True) if p > r.high]
    low = [n for n, r, p in zip(names, rates, promised, strict=True) if p < r.low]
    if not high and not low:
        return f"In each {one} what was promised came, within what chance allows."
    told = [f"too {side} in {', '.join(found)}" for side, found in (("much", high), ("little", low)) if found]
    lasting = max(len(high), len(low)) >= 3 and min(len(high), len(low)) == 0
    advice = " That lasts: retrain more often, or look at what changed in who comes in." if lasting else ""
    return f"Promised {' and '.join(told)}, beyond chance; else what was promised came.{advice}"


def _chart(
    run: ReportInput, names: Sequence[str], rates: Sequence[Rate], promised: Sequence[float]
) -> Markup:
    places = [float(i) for i in range(len(names))]
    came = Curve(
        "converted, with 95 % intervals", places, [r.rate for r in rates], BLUE, "",
        [r.low for r in rates], [r.high for r in rates], mark="disc",
    )  # fmt: skip
    return curves_chart(
        [came, Curve("promised", places, list(promised), VERMILION, "7 4", mark="square")],
        title="Promised and converted over time",
        x_title="month of the prediction" if run.dated else "in the order of rows", y_title="share of leads",
        x_ticks=tick_places(names),
    )  # fmt: skip


def _auc(y: Floats, p: Floats, won: int) -> str:
    found = auc(y, p)
    return "–" if won < _FEWEST_WON or np.isnan(found) else f"{found:.3f}"
