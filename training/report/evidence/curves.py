"""Whether the order and the probabilities are right, in curves: gains with lift, and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from serving.page import (
    GREY,
    Child,
    Curve,
    Markup,
    curves_chart,
    figure,
    look,
    percent,
    picture,
    section,
    table,
)
from training.figures import ECE_BINS, Rate, rate_of
from training.figures.ranking import Ranking
from training.judging import JUDGED, Evidence
from training.report.evidence.comparison import in_order, with_interval
from training.report.evidence.periods import comparable
from training.report.input import ReportInput
from training.report.names import named

Size = tuple[float, float]

GAINS, CALIBRATION = "gains.svg", "calibration.svg"
"""The files' names among a run's artefacts."""
_FILE = (840.0, 480.0)

_DRAWN = ("model", "champion", "limit", "bayes", "rules", "newest_first")
"""Whose gains are drawn; more curves than these cannot be distinguished. The table has all."""
_POINTS = 120
_EVERY = 17
"""Marks of a curve stand this many points apart, so that they do not hide it."""


def gains_section(run: ReportInput) -> Markup:
    """The share of conversions found, best first; lift and precision at the top shares, with intervals."""
    words = "A curve that rises early finds the customers with few calls."
    lifted = _lifts(run.evidence) if run.evidence else None
    return section("gains", "Working the best first", figure(gains_chart(run), words), lifted)


def gains_chart(run: ReportInput, size: Size | None = None) -> Markup:
    """Conversions found against leads worked, best first, for each scorer; `size` as for `curves_chart`."""
    assert run.test is not None
    y = run.test["label"].to_numpy(np.float64)
    shown = comparable(run)
    curves = [_gains(y, run.probabilities[name], name) for name in _DRAWN if name in shown]
    ideal = Curve("any order", (0.0, 1.0), (0.0, 1.0), GREY, thin=True)
    return curves_chart(
        [*curves, ideal], title="Share of conversions found against share of leads worked", y_top=1.0,
        x_title="share of leads worked, best first", y_title="share of conversions found", size=size,
    )  # fmt: skip


def _gains(y: Floats, p: Floats, name: str) -> Curve:
    groups = Ranking(y, p).groups()
    x = np.r_[0.0, groups.cum_rows / max(float(groups.cum_rows[-1]), 1.0)]
    found = np.r_[0.0, groups.cum_won / max(float(groups.cum_won[-1]), 1.0)]
    grid = np.linspace(0, 1, _POINTS) ** 1.5  # closer where the curve bends
    looks = look(name)
    shown = np.interp(grid, x, found)
    return Curve(
        named(name), grid.tolist(), shown.tolist(), looks.colour, looks.dash, mark=looks.mark, every=_EVERY
    )


def _lifts(evidence: Evidence) -> Markup:
    head = [
        "who orders",
        *[f"lift, best {n}\N{NO-BREAK SPACE}%" for n in (5, 10, 20)],
        "rows converted, best 10\N{NO-BREAK SPACE}%",
    ]
    rows = [
        [
            named(row.scorer),
            *[with_interval(row, figure, "{:.2f}".format) for figure in ("lift_5", "lift_10", "lift_20")],
            with_interval(row, "precision_10", percent),
        ]
        for row in in_order(evidence)
    ]
    note = (
        f"Of {evidence.n_test:,} test rows {percent(evidence.base_rate)} converted; a lift of 3 says that "
        "the best convert three times as often. In brackets 95 % intervals."
    )
    return table(head, rows, note)


def calibration_section(run: ReportInput) -> Markup:
    """What was promised against what came, in ten equal parts, with intervals that count leads."""
    rows: list[list[Child]] = [
        [percent(p), percent(r.rate), f"{percent(r.low)} to {percent(r.high)}", r.n, r.won]
        for p, r in _believed(run, JUDGED)
    ]
    head = ["promised", "share converted", "95\N{NO-BREAK SPACE}% interval", "rows", "converted rows"]
    said = table(head, rows, "The model, in tenths of the test rows")
    words = (
        "Each mark is a tenth of the test rows; where its bar crosses the thin line, what was promised came. "
        "Below the line too much was promised, above it too little."
    )
    drawn = figure(calibration_chart(run), words)
    return section("calibration", "Can the probabilities be believed?", drawn, said)


def calibration_chart(run: ReportInput, size: Size | None = None) -> Markup:
    """The converted share against the promised probability, for the model and whom it is held against."""
    other = "champion" if "champion" in run.probabilities else "rules"
    known = [name for name in (other, JUDGED) if name in run.probabilities]
    curves = [_reliability_curve(_believed(run, name), name) for name in known]
    top = max((value for curve in curves for value in (*curve.x, *(curve.high or ()))), default=1.0)
    ideal = Curve("what is promised comes", (0.0, top), (0.0, top), GREY, thin=True)
    return curves_chart(
        [ideal, *curves], title="Converted share against promised probability",
        x_title="promised probability", y_title="share converted", size=size,
    )  # fmt: skip


def write_curves(run: ReportInput, folder: Path) -> None:
    """The two drawings of a run with a model as files, which MLflow shows among its artefacts."""
    if run.test is None or not len(run.test) or JUDGED not in run.probabilities:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, chart in ((GAINS, gains_chart), (CALIBRATION, calibration_chart)):
        (folder / name).write_text(picture(chart(run, _FILE), *_FILE), encoding="utf-8")


def _believed(run: ReportInput, scorer: str) -> list[tuple[float, Rate]]:
    """`reliability` of one scorer on the test rows."""
    assert run.test is not None
    y, clusters = run.test["label"].to_numpy(np.float64), run.test["cluster"].to_numpy(object)
    return reliability(y, run.probabilities[scorer], clusters)


def reliability(y: Floats, p: Floats, clusters: NDArray[np.object_]) -> list[tuple[float, Rate]]:
    """(mean probability, rate) of at most `ECE_BINS` parts of about equal size, ordered by probability.

    Rows of one probability are in one part: a constant score has one dot, not the noise of ten.
    """
    edges = np.unique(np.quantile(p, np.linspace(0, 1, ECE_BINS + 1)[1:-1]))
    part = np.searchsorted(edges, p)
    masks = [part == place for place in range(len(edges) + 1)]
    return [(float(p[rows].mean()), rate_of(y[rows], clusters[rows])) for rows in masks if rows.any()]


def _reliability_curve(bins: Sequence[tuple[float, Rate]], name: str) -> Curve:
    rates, looks = [rate for _, rate in bins], look(name)
    return Curve(
        named(name), [p for p, _ in bins], [r.rate for r in rates], looks.colour, looks.dash,
        [r.low for r in rates], [r.high for r in rates], mark=looks.mark,
    )  # fmt: skip
