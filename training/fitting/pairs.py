"""Finds pairs of features that matter together beyond what a model makes of them, and their rates by cell.

The margin must be of rows that the model had not seen, and of a model that adds features up: trees already
have a part of a pair, and hide the rest. In each cell of two cut features the sum of what happened minus what
was expected is compared with chance, less what each feature shows alone. Two numbers that were found are then
cut where four quarters tell most beyond two halves and two halves (FAST: Lou et al. 2013, GA2M).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import chi2

from features.catalogue import Feature
from features.columns import Column, Columns, Floats
from serving.scorers import Cut, PairRates
from training.bayes import Counts, levelled
from training.figures import effective_share
from training.history import Excerpt

Codes = NDArray[np.intp]
Pairs = tuple[tuple[str, str], ...]
"""Names of the two features of each pair."""
MOST = 3
"""Pairs that are kept: what is found beyond is the shadow of the first."""
_PARTS, _LEVELS, _GRID = 4, 7, 24
"""Parts of a number that is searched, levels of a category, and places where two numbers may be cut."""
_SURE = 1e-4
"""The chance, over all pairs together, that noise gives one."""
_ROWS = 20_000
"""Rows that are searched; a pair that matters shows in fewer."""
_WIDTH = 150
"""Features that are searched: eleven thousand pairs, a few seconds."""


def find_pairs(excerpt: Excerpt, margin: Floats) -> Pairs:
    """The pairs that `margin`, shape `(n_rows,)`, surely misses, most certain first; a feature is in one.

    Features of a declared sign are in none: a cell knows no direction.
    """
    features = [f for f in excerpt.features if f.name not in excerpt.signs][:_WIDTH]
    columns, y = excerpt.columns, excerpt.y
    step = -(-len(y) // _ROWS)
    scale = effective_share(y, np.unique(excerpt.repeating.astype(str), return_inverse=True)[1])
    p = expit(margin[::step])
    left, spread = y[::step] - p, p * (1 - p)
    cuts = [cut_of(feature, columns[feature.name]) for feature in features]
    parts = [
        (f.name, cut.n_parts, cut.parts(columns[f.name][::step]))
        for f, cut in zip(features, cuts, strict=True)
    ]
    alone = [_excess(codes, n, left, spread) for _, n, codes in parts]
    found: list[tuple[float, str, str]] = []
    for i, (one, n_one, codes) in enumerate(parts):
        for j in range(i + 1, len(parts)):
            other, n_other, others = parts[j]
            excess, used = _excess(codes * n_other + others, n_one * n_other, left, spread)
            free = used - alone[i][1] - alone[j][1] + 1
            if free > 0:
                beyond = scale * (excess - alone[i][0] - alone[j][0])
                found.append((float(chi2.logsf(max(beyond, 0.0), free)), one, other))
    sure = np.log(_SURE / max(len(found), 1))
    return _apart(sorted(pair for pair in found if pair[0] < sure))


def _apart(found: Sequence[tuple[float, str, str]]) -> Pairs:
    """The first pairs that share no feature."""
    kept: list[tuple[str, str]] = []
    for _, one, other in found:
        if len(kept) < MOST and not any({one, other} & {*pair} for pair in kept):
            kept.append((one, other))
    return tuple(kept)


def _excess(cells: Codes, n: int, left: Floats, spread: Floats) -> tuple[float, int]:
    """Σ (Σ left)² / Σ spread over the cells that hold rows, and their number."""
    found, chance = (np.bincount(cells, values, n) for values in (left, spread))
    held = chance > 0
    return float((found[held] ** 2 / chance[held]).sum()), int(held.sum())


def cut_of(feature: Feature, column: Column, parts: int = _PARTS) -> Cut:
    """A number in at most `parts` parts of about as many rows, or the most frequent levels of a category."""
    if feature.dtype != "number":
        known = [level for level in column.tolist() if level is not None]
        levels, counts = np.unique(np.array(known, dtype=str), return_counts=True)
        order = np.lexsort((levels, -counts))[:_LEVELS]
        return Cut(feature=feature.name, levels=tuple(sorted(levels[order].tolist())))
    numbers = np.asarray(column, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    shares = np.arange(1, parts) / parts
    edges = np.unique(np.quantile(numbers, shares, method="inverted_cdf")) if len(numbers) else np.zeros(0)
    return Cut(feature=feature.name, edges=tuple(edges.tolist()))


def fit_pair(
    pair: tuple[str, str], features: Mapping[str, Feature], columns: Columns, y: Floats, scale: float
) -> PairRates:
    """The rates of a pair; `scale`: effective rows a row."""
    first, second = (cut_of(features[name], columns[name]) for name in pair)
    if first.edges is not None and second.edges is not None:
        fine = [cut_of(features[name], columns[name], _GRID) for name in pair]
        first, second = _quartered(fine[0], fine[1], columns, y)
    empty = PairRates(first=first, second=second, rates=(0.0,) * (first.n_parts * second.n_parts))
    return having(empty, empty.cells(columns), y, scale)


def _quartered(first: Cut, second: Cut, columns: Columns, y: Floats) -> tuple[Cut, Cut]:
    """Two numbers, each with that edge of its own at which the four quarters tell most."""
    if not first.edges or not second.edges:
        return first, second
    whole = PairRates(first=first, second=second, rates=(0.0,) * (first.n_parts * second.n_parts))
    cells, shape = whole.cells(columns), (first.n_parts, second.n_parts)
    sums, rows = (
        np.bincount(cells, values, len(whole.rates)).astype(np.float64).reshape(shape)[:-1, :-1]
        for values in (y - y.mean(), np.ones(len(y)))
    )  # without the missing, which are the last
    gain = _beyond(sums, rows)
    at, beside = np.unravel_index(int(gain.argmax()), gain.shape)
    return (
        first.model_copy(update={"edges": (first.edges[int(at)],)}),
        second.model_copy(update={"edges": (second.edges[int(beside)],)}),
    )


def _beyond(sums: Floats, rows: Floats) -> Floats:
    """What four quarters explain beyond their halves, for each pair of edges: shape of the grid minus 1."""
    total, count = _quarters(sums), _quarters(rows)
    explained = np.zeros(total[0].shape)
    for quarter in range(4):
        explained += _square(total[quarter], count[quarter])
    for half in ((0, 1), (2, 3), (0, 2), (1, 3)):
        one, other = half
        explained -= _square(total[one] + total[other], count[one] + count[other])
    return explained


def _quarters(values: Floats) -> list[Floats]:
    """Sums at each pair of edges: below both, below the first alone, below the second alone, above both."""
    low = values.cumsum(axis=0).cumsum(axis=1)
    both, first, second = low[:-1, :-1], low[:-1, -1:], low[-1:, :-1]
    return [both, first - both, second - both, low[-1, -1] - first - second + both]


def _square(total: Floats, rows: Floats) -> Floats:
    return np.asarray(total**2 / np.maximum(rows, 1.0), dtype=np.float64)


def having(pair: PairRates, cells: Codes, y: Floats, scale: float) -> PairRates:
    """The same cells with the rates that these rows show, shrunken by their own evidence."""
    n = len(pair.rates)
    sums = (np.bincount(cells, values, n + 1) for values in (np.ones(len(y)), y))
    rows, won = (np.asarray(scale * part, dtype=np.float64) for part in sums)
    base = (float(won.sum()) + 0.5) / (float(rows.sum()) + 1.0)
    ratios = np.round(levelled(Counts(rows, won, rows * base))[:-1], 9)
    return pair.model_copy(update={"rates": tuple(ratios.tolist())})


def cross_fitted(pair: PairRates, columns: Columns, y: Floats, part: Codes, scale: float) -> Floats:
    """What the other parts of the rows show of each row's cell, as rows to come will be read."""
    cells = pair.cells(columns)
    found = pair.read(columns)
    for number in np.unique(part).tolist():
        mine = part == number
        if not mine.all():
            rates = having(pair, cells[~mine], y[~mine], scale).rates
            found[mine] = np.array(rates)[cells[mine]]
    return found
