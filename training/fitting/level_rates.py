"""Categories of very many levels as shrunken rates: trees take them apart by chance, and lump what is rare.

A rate is learned from outcomes, so rows that are fitted on must not see their own: each is given the rate
that the other rows show (cross-fitting; Micci-Barreca 2001, Pargent et al. 2022). Rows to come get the rate
of all. Rates are shrunk towards the base rate by their own evidence, as those of the Bayes rung are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Column, Columns, Floats
from serving.scorers import TreeEncoder, read_rates
from training.bayes import Counts, levelled
from training.figures import effective_share
from training.fitting.boosting import Sample, encoded
from training.fitting.encode import Leads, fit_tree_encoder
from training.fitting.logistic import FREE
from training.fitting.pairs import Pairs, cross_fitted, fit_pair
from training.fitting.recency import recency
from training.history import Excerpt

Codes = NDArray[np.intp]

MANY_LEVELS = 500
"""Levels beyond which a category is read as rates.

Made companies whose levels differ by 0.7 in log-odds; out-of-fold log loss of trees, rates minus codes:

    levels              100      300      600    1,000    2,000    5,000
    rows             30,000   30,000   30,000   10,000   30,000   60,000
    trees           +0.0004  +0.0004  -0.0006  -0.0003  -0.0026  -0.0013
    best candidate  +0.0010  +0.0001   0.0000  -0.0003  -0.0015  -0.0012

On Olist (412 levels, 1,861 rows) trees lose 0.0005 by rates and the best candidate gains 0.0006: noise.
"""
_PARTS = 5


def tree_sample(
    features: Sequence[Feature],
    columns: Columns,
    y: Floats,
    clusters: NDArray[np.object_],
    rare_level: int,
    signs: Mapping[str, int] = FREE,
    leads: Leads = None,
    pairs: Pairs = (),
) -> tuple[TreeEncoder, Sample]:
    """The encoder of these rows, and the rows as trees are fitted on them; all have `n_rows` entries.

    `clusters` names the account or lead of each row: its rows are in one part of the cross-fitting. They
    repeat each other's outcome; the sample says how much each row is worth, and levels are counted in
    `leads`.
    """
    many = [f.name for f in features if f.dtype == "category" and _count(columns[f.name]) > MANY_LEVELS]
    group = np.unique(clusters.astype(str), return_inverse=True)[1]
    scale = effective_share(y, group)
    rates = {name: level_rates(columns[name], y, scale) for name in many}
    known = {feature.name: feature for feature in features}
    fitted = tuple(fit_pair(pair, known, columns, y, scale) for pair in pairs)
    encoder = fit_tree_encoder(features, columns, rare_level, rates, leads)
    encoder = encoder.model_copy(update={"pairs": fitted}) if fitted else encoder
    sample = replace(encoded(encoder, columns, y, signs=signs), share=scale)
    for name in many:
        place = encoder.features.index(name)
        sample.X[:, place] = _others(columns[name], y, group % _PARTS, scale, sample.X[:, place])
    for place, pair in enumerate(fitted, len(features)):
        sample.X[:, place] = cross_fitted(pair, columns, y, group % _PARTS, scale)
    return encoder, sample


def weighed_sample(
    excerpt: Excerpt, rare_level: int, half_life: float | None, pairs: Pairs = ()
) -> tuple[TreeEncoder, Sample]:
    """As `tree_sample`, of an excerpt; with `half_life` newer rows count for more (see `recency`)."""
    encoder, sample = tree_sample(
        excerpt.features,
        excerpt.columns,
        excerpt.y,
        excerpt.repeating,
        rare_level,
        excerpt.signs,
        excerpt.leads,
        pairs,
    )
    return encoder, replace(sample, weight=recency(excerpt, half_life))


def level_rates(column: Column, y: Floats, scale: float) -> dict[str, float]:
    """Level → its log-odds of converting minus those of all rows, shrunken; `scale`: effective rows a row."""
    levels, codes = _codes(column)
    sums = (np.bincount(codes, weights, len(levels) + 1) for weights in (np.ones(len(y)), y))
    rows, won = (scale * part.astype(np.float64) for part in sums)
    base = (float(won.sum()) + 0.5) / (float(rows.sum()) + 1.0)
    ratios = levelled(Counts(rows, won, rows * base))
    return dict(zip(levels, np.round(ratios[:-1], 9).tolist(), strict=True))


def _others(column: Column, y: Floats, part: Codes, scale: float, own: Floats) -> Floats:
    """The rate that the other parts show for each row's level, 0 for a level of this part alone."""
    found = own.copy()
    for number in range(_PARTS):
        mine = part == number
        if not mine.any() or mine.all():
            continue
        found[mine] = read_rates(column[mine], level_rates(column[~mine], y[~mine], scale))
    return found


def _codes(column: Column) -> tuple[list[str], Codes]:
    """Levels in order of their names, and the number of each row's, `len(levels)` for a missing one."""
    levels = sorted({level for level in column.tolist() if level is not None})
    place = {level: i for i, level in enumerate(levels)}
    return levels, np.array([place.get(level, len(levels)) for level in column.tolist()], dtype=np.intp)


def _count(column: Column) -> int:
    """The number of levels that occur."""
    return len({level for level in column.tolist() if level is not None})
