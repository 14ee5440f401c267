"""Two plots of a run: what working the best leads first brings, and whether probabilities can be believed.

Colours are Okabe and Ito's, which colour-blind people tell apart; line styles tell them apart on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from features.columns import Floats
from serving.page import STYLES
from training.figures import ECE_BINS
from training.figures.rates import wilson


def plot_gains(y: Floats, probabilities: Mapping[str, Floats], path: Path) -> None:
    """The share of conversions found against the share of leads worked, best first, for each scorer."""
    figure, axes = _figure()
    for name, (colour, line) in STYLES.items():
        if name in probabilities:
            order = np.argsort(-probabilities[name], kind="stable")
            found = np.r_[0.0, np.cumsum(y[order])] / max(float(y.sum()), 1.0)
            axes.plot(np.linspace(0, 1, len(found)), found, color=colour, linestyle=line, label=name)
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, label="any order")
    axes.set(xlabel="share of leads worked, best first", ylabel="share of conversions found", title="Gains")
    _finish(figure, axes, path)


def plot_calibration(y: Floats, probabilities: Mapping[str, Floats], path: Path) -> None:
    """Observed rate against promised probability in ten bins of equal mass, with 95 % intervals (Wilson)."""
    figure, axes = _figure()
    top = 0.0
    for name in ("model", "rules"):
        if name in probabilities:
            promised, observed, low, high = reliability_bins(y, probabilities[name])
            colour, line = STYLES[name]
            error = np.stack([observed - low, high - observed])
            axes.errorbar(promised, observed, error, color=colour, linestyle=line, marker="o", label=name)
            top = max(top, float(high.max()), float(promised.max()))
    axes.plot([0, top], [0, top], color="#999999", linewidth=1, label="ideal")
    axes.set(xlabel="promised probability", ylabel="observed rate", title="Calibration")
    _finish(figure, axes, path)


def reliability_bins(y: Floats, p: Floats, bins: int = ECE_BINS) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean probability, observed rate and its Wilson interval's ends, each of shape `(n_bins,)`."""
    parts = [part for part in np.array_split(np.argsort(p, kind="stable"), bins) if len(part)]
    promised = np.array([p[part].mean() for part in parts])
    observed = np.array([y[part].mean() for part in parts])
    ends = np.array([wilson(float(rate), len(part)) for rate, part in zip(observed, parts, strict=True)])
    return promised, observed, ends[:, 0], ends[:, 1]


def _figure() -> tuple[Any, Any]:
    """A figure outside pyplot: no window, no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _finish(figure: Any, axes: Any, path: Path) -> None:
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Software": None})
