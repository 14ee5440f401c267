"""Whether the order and the probabilities are right: gains, lift, calibration, and both over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evidence import JUDGED, Evidence
from training.plots import STYLES
from training.ranking import Ranking, auc
from training.reliability import ECE_BINS
from training.report_input import ReportInput
from training.report_markup import Child, Markup, table
from training.report_page import figure, paragraph, section
from training.report_rates import Rate, months_of, rate_of, tick_places
from training.report_verdict import NAMES, comparable
from training.svg import BLUE, GREY, VERMILION, Words, percent
from training.svg_charts import Curve, curves_chart

Floats = NDArray[np.float64]

_DASHES = {"-": "", "--": "7 4", "-.": "8 3 2 3", ":": "2 3"}
_POINTS = 120
_ORDER = (
    ("auc", "AUC", 3), ("auc_within", "AUC within weeks", 3), ("average_precision", "average precision", 3),
    ("capacity_precision", "precision at capacity", 3), ("capacity_recall", "recall at capacity", 3),
)  # fmt: skip
_LEVEL = (
    ("log_loss", "log loss", 4), ("brier", "Brier", 4), ("slope", "slope", 2),
    ("observed_expected", "observed / promised", 2), ("ece", "calibration error", 3),
)  # fmt: skip
"""Figures of the order, and of the probabilities: name, title, digits."""


def gains_section(run: ReportInput) -> Markup:
    """The share of conversions found, best first; lift and precision at the top shares, with intervals."""
    assert run.test is not None
    y = run.test["label"].to_numpy(np.float64)
    shown = comparable(run)
    curves = [_gains(y, run.probabilities[name], name) for name in STYLES if name in shown]
    ideal = Curve("any order", (0.0, 1.0), (0.0, 1.0), GREY, thin=True)
    chart = curves_chart(
        [*curves, ideal], title="Share of conversions found against share of leads worked", y_top=1.0,
        x_title="share of leads worked, best first", y_title="share of conversions found",
    )  # fmt: skip
    words = "A curve that rises early finds the customers with few calls."
    lifted = _lifts(run.evidence) if run.evidence else None
    return section("gains", "Working the best first", figure(chart, words), lifted)


def _gains(y: Floats, p: Floats, name: str) -> Curve:
    groups = Ranking(y, p).groups()
    x = np.r_[0.0, groups.cum_rows / max(float(groups.cum_rows[-1]), 1.0)]
    found = np.r_[0.0, groups.cum_won / max(float(groups.cum_won[-1]), 1.0)]
    grid = np.linspace(0, 1, _POINTS) ** 1.5  # closer where the curve bends
    colour, line = STYLES[name]
    shown = np.interp(grid, x, found)
    return Curve(NAMES.get(name, name), grid.tolist(), shown.tolist(), _readable(colour), _DASHES[line])


def _readable(colour: str) -> str:
    """Yellow is the one colour of the palette that cannot be seen on white paper."""
    return "#8A7A00" if colour == "#F0E442" else colour


def _lifts(evidence: Evidence) -> Markup:
    head = ["who orders", "lift, best 5 %", "lift, best 10 %", "lift, best 20 %", "converted, best 10 %"]
    rows = [
        [
            NAMES.get(row["scorer"], row["scorer"]),
            *[_with_interval(row, figure, "{:.2f}".format) for figure in ("lift_5", "lift_10", "lift_20")],
            _with_interval(row, "precision_10", percent),
        ]
        for row in _in_order(evidence)
    ]
    note = (
        f"Of {evidence.n_test:,} test rows {percent(evidence.base_rate)} converted; lift is how many times "
    )
    return table(head, rows, f"{note}that. Brackets: 95 % intervals.")


def comparison_section(evidence: Evidence) -> Markup:
    """Every scorer in every figure, with intervals where there are."""
    note = (
        f"{evidence.n_test:,} test rows of {evidence.n_test_leads:,} leads, {evidence.won:,} converted; "
        "brackets: "
        f"95 % intervals of {evidence.draws:,} bootstrap draws of accounts (leads where there are none)."
    )
    tables = [
        _compared(evidence, _ORDER, "The order of leads"),
        _compared(evidence, _LEVEL, "The probabilities"),
    ]
    return section("comparison", "All figures", paragraph(note), *tables)


def _compared(evidence: Evidence, named: Sequence[tuple[str, str, int]], caption: str) -> Markup:
    head: list[Child] = ["", *[title for _, title, _ in named]]
    rows = [
        [
            NAMES.get(row["scorer"], row["scorer"]),
            *[_with_interval(row, name, f"{{:.{digits}f}}".format) for name, _, digits in named],
        ]
        for row in _in_order(evidence)
    ]
    return table(head, rows, caption)


def _in_order(evidence: Evidence) -> list[dict[str, Any]]:
    """The rows of the comparison, the model first."""
    order = {name: place for place, name in enumerate(NAMES)}
    return sorted(evidence.comparison, key=lambda row: order.get(row["scorer"], len(order)))


def _with_interval(row: Mapping[str, Any], name: str, shown: Words) -> str:
    value, ends = row.get(name), row.get("intervals", {}).get(name)
    if value is None:
        return "–"
    if ends is None or None in ends:
        return str(shown(value))
    return f"{shown(value)} [{shown(ends[0])}, {shown(ends[1])}]"


def calibration_section(run: ReportInput) -> Markup:
    """What was promised against what came, in ten equal parts, with intervals that count leads."""
    assert run.test is not None
    y, clusters = run.test["label"].to_numpy(np.float64), run.test["cluster"].to_numpy(object)
    curves: list[Curve] = []
    bins: list[tuple[float, Rate]] = []
    for name, colour, dash in (("rules", VERMILION, "7 4"), (JUDGED, BLUE, "")):
        if name in run.probabilities:
            bins = reliability(y, run.probabilities[name], clusters)
            curves.append(_reliability_curve(bins, NAMES[name], colour, dash))
    top = max((value for curve in curves for value in (*curve.x, *(curve.high or ()))), default=1.0)
    ideal = Curve("what is promised comes", (0.0, top), (0.0, top), GREY, thin=True)
    chart = curves_chart(
        [ideal, *curves], title="Converted share against promised probability",
        x_title="promised probability", y_title="converted",
    )  # fmt: skip
    rows: list[list[Child]] = [
        [percent(p), percent(r.rate), f"{percent(r.low)} to {percent(r.high)}", r.n, r.won] for p, r in bins
    ]
    said = table(
        ["promised", "converted", "95 % interval", "rows", "of them converted"], rows, "The model, in tenths"
    )
    words = (
        "Each dot is a tenth of the test rows; where its bar crosses the thin line, what was promised came."
    )
    return section("calibration", "Can the probabilities be believed?", figure(chart, words), said)


def reliability(y: Floats, p: Floats, clusters: NDArray[np.object_]) -> list[tuple[float, Rate]]:
    """(mean probability, rate) of at most `ECE_BINS` parts of about equal size, ordered by probability.

    Rows of one probability are in one part: a constant score has one dot, not the noise of ten.
    """
    edges = np.unique(np.quantile(p, np.linspace(0, 1, ECE_BINS + 1)[1:-1]))
    part = np.searchsorted(edges, p)
    masks = [part == place for place in range(len(edges) + 1)]
    return [(float(p[rows].mean()), rate_of(y[rows], clusters[rows])) for rows in masks if rows.any()]


def _reliability_curve(bins: Sequence[tuple[float, Rate]], name: str, colour: str, dash: str) -> Curve:
    x, rates = [p for p, _ in bins], [rate for _, rate in bins]
    return Curve(
        name,
        x,
        [r.rate for r in rates],
        colour,
        dash,
        [r.low for r in rates],
        [r.high for r in rates],
        marks=True,
    )


def time_section(run: ReportInput) -> Markup:
    """Promised and converted in each month of the test, and how well the model orders inside it."""
    assert run.test is not None
    y, clusters = run.test["label"].to_numpy(np.float64), run.test["cluster"].to_numpy(object)
    p = run.probabilities[JUDGED]
    months = months_of(run.test["as_of_us"].to_numpy(np.int64), run.dated)
    rates = [rate_of(y[rows], clusters[rows]) for _, rows in months]
    promised = [float(p[rows].mean()) for _, rows in months]
    places = [float(i) for i in range(len(months))]
    came = Curve(
        "converted",
        places,
        [r.rate for r in rates],
        BLUE,
        "",
        [r.low for r in rates],
        [r.high for r in rates],
        True,
    )
    chart = curves_chart(
        [came, Curve("promised", places, promised, VERMILION, "7 4")],
        title="Promised and converted over time",
        x_title="month of the prediction" if run.dated else "in the order of rows", y_title="share of leads",
        x_ticks=tick_places([name for name, _ in months]), size=(640, 300),
    )  # fmt: skip
    rows: list[list[Child]] = [
        [name, rate.n, rate.won, percent(mean), percent(rate.rate), _auc(y[inside], p[inside])]
        for (name, inside), rate, mean in zip(months, rates, promised, strict=True)
    ]
    head = ["month" if run.dated else "block", "rows", "converted", "promised", "came", "AUC inside"]
    return section("time", "Over time", figure(chart), table(head, rows))


def _auc(y: Floats, p: Floats) -> str:
    found = auc(y, p)
    return "–" if np.isnan(found) else f"{found:.3f}"
