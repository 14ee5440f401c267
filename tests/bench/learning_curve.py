"""Learning curves: what each rung is worth after so many conversions, on rows that none has seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np

from features.progress import Step, tell
from serving.scorer import score
from training.choosing.choose import choose_settings
from training.choosing.rungs import fit_rungs
from training.figures.metrics import figures
from training.history.history import History
from training.history.labelled import Labelled
from training.history.split import Rows, SplitRows
from training.judging.evidence import JUDGED
from training.run.summary import MIN_EACH

COUNTS = (25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
"""Converted leads at which a curve is taken, as far as there are so many."""


@dataclass(frozen=True)
class CurvePoint:
    """One rung fitted on the history of a company of `won` converted leads, judged on the test rows."""

    won: int
    draw: int
    rows: int
    scorer: str
    auc: float
    log_loss: float


@dataclass(frozen=True)
class CurveRow:
    """The means of a rung over draws; `over_bayes` is its log loss minus that of Bayes, ± its standard error.

    The error is that of the choice of leads to learn from; None with a single draw.
    """

    won: int
    scorer: str
    draws: int
    auc: float
    log_loss: float
    over_bayes: float
    error: float | None


def learning_curve(
    history: History,
    split: SplitRows,
    counts: Sequence[int] = COUNTS,
    draws: int = 3,
    progress: Step | None = None,
) -> list[CurvePoint]:
    """Every rung at every count of converted leads, `draws` times, settings chosen anew each time.

    The smaller company has the same time span: whole accounts (or leads) are left out at random, and in one
    draw a larger one holds the smaller ones.
    """
    found: list[CurvePoint] = []
    for draw in range(draws):
        for won, rows in thinned(history.labelled, split.fit, counts, draw):
            tell(progress, f"{won} conversions, draw {draw + 1} of {draws}")
            found += _points(history, split, rows, won, draw)
    return found


def thinned(labelled: Labelled, fit: Rows, counts: Sequence[int], draw: int) -> Iterator[tuple[int, Rows]]:
    """(count, rows) of nested random parts of `fit`, in whole clusters, each with `count` converted leads.

    Counts that `fit` does not reach, or that give fewer than `MIN_EACH` rows of a kind, are left out.
    """
    clusters, place = np.unique(labelled.clusters(fit).astype(str), return_inverse=True)
    rank = np.random.default_rng([draw, len(clusters)]).permutation(len(clusters))[place]
    lead = labelled.frame["lead_id"].to_numpy(object)[fit].astype(str)
    y = labelled.y(fit)
    winners = np.unique(lead[y == 1])
    first = np.full(len(winners), len(clusters))
    np.minimum.at(first, np.searchsorted(winners, lead[y == 1]), rank[y == 1])
    reached = np.sort(first)
    for count in counts:
        if count <= len(reached):
            rows = fit[rank <= reached[count - 1]]
            kinds = float(labelled.y(rows).sum()), float((1 - labelled.y(rows)).sum())
            if min(kinds) >= MIN_EACH:
                yield count, rows


def _points(history: History, split: SplitRows, rows: Rows, won: int, draw: int) -> list[CurvePoint]:
    """Every rung fitted on `rows`."""
    labelled = history.labelled
    settings = choose_settings(history.recipe, history.excerpt(rows))
    columns, y = labelled.at(split.test), labelled.y(split.test)
    points = []
    for name, scorer in fit_rungs(history, rows, settings).items():
        found = figures(y, score(scorer, columns))
        auc, loss = found["auc"], found["log_loss"]
        assert auc is not None
        assert loss is not None
        points.append(CurvePoint(won, draw, len(rows), name, auc, loss))
    return points


def curve_rows(points: Sequence[CurvePoint]) -> list[CurveRow]:
    """Means over draws, by count and scorer, in the order of the points."""
    bayes = {(point.won, point.draw): point.log_loss for point in points if point.scorer == "bayes"}
    keys = dict.fromkeys((point.won, point.scorer) for point in sorted(points, key=lambda point: point.won))
    return [_row([p for p in points if (p.won, p.scorer) == key], bayes) for key in keys]


def _row(points: Sequence[CurvePoint], bayes: dict[tuple[int, int], float]) -> CurveRow:
    over = [point.log_loss - bayes[point.won, point.draw] for point in points]
    return CurveRow(
        points[0].won,
        points[0].scorer,
        len(points),
        fmean(point.auc for point in points),
        fmean(point.log_loss for point in points),
        fmean(over),
        stdev(over) / len(over) ** 0.5 if len(over) > 1 else None,
    )


def switching_point(rows: Sequence[CurveRow], upper: str = JUDGED) -> int | None:
    """The fewest conversions from which on the mean log loss of `upper` is never above that of Bayes."""
    found = None
    for row in sorted((row for row in rows if row.scorer == upper), key=lambda row: -row.won):
        if row.over_bayes > 0:
            break
        found = row.won
    return found
