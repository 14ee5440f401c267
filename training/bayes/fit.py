"""Fit the Bayes rung: bands and levels, their shrunken rates, and how far each is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from features.catalogue import Feature
from features.columns import Columns, Floats
from features.errors import LeadscoreError
from serving.scorers import Bayes, RateTable
from training.bayes.rates import Counts, empty_table, fitted
from training.bayes.weights import Fold, averaged, halves, level, settle
from training.figures import effective_share

Rows = NDArray[np.intp]

MAX_TABLES = 25
"""Tables that are kept: what a person can still read."""
_CANDIDATES = 60
"""Tables, widest spread first, that compete for weight."""
_WEIGHED_ROWS = 20_000
"""Weights of some dozen tables do not become better with more rows, only slower."""
_NEGLIGIBLE = 1e-3
"""Tables of less weight are left out."""


def fit_bayes(
    features: Sequence[Feature],
    columns: Columns,
    y: Floats,
    clusters: NDArray[np.object_],
    order: NDArray[np.int64],
    *,
    version: str,
    parent: Bayes | None = None,
) -> Bayes:
    """The Bayes rung of these rows; tens of won rows are enough, and none gives the base rate.

    `columns` hold at least `features`; `y` is 1 or 0; `clusters` names the account or lead of each row;
    `order` sorts the rows in time; all have `n_rows` entries. With `parent` only what the rows say beyond
    the parent's margins is learned, as far as their evidence goes: a thin segment answers like its parent,
    but for its level. The order of rows does not matter.

    Raises:
        LeadscoreError: there are no rows, or `y` holds something else than 0 and 1.
    """
    if len(y) == 0 or not np.isin(y, (0.0, 1.0)).all():
        raise LeadscoreError(
            f"Bayes rung: needs at least one row whose outcome is known as 1 or 0; {len(y)} rows were given.",
            "Leave out rows that have not matured, or use the rules until outcomes are known.",
        )
    rows = _Rows.of(features, columns, y, clusters, order, parent)
    weighed = rows.thinned()
    folds = list(halves(weighed.y, weighed.clusters, weighed.order))
    shares = settle(weighed.ratios, folds, weighed.y, weighed.offset, weighed.scale)

    tables = rows.fitted_on(np.arange(len(y)))
    X = weighed.read(tables)
    kept = _widest(X, _CANDIDATES)
    _, weights = averaged(X[:, kept], weighed.y, weighed.offset, weighed.scale, shares)
    kept = kept[_widest(X[:, kept] * weights, MAX_TABLES)]
    shift, weights = averaged(X[:, kept], weighed.y, weighed.offset, weighed.scale, shares)
    own = [tables[j].scaled(w) for j, w in zip(kept, weights.tolist(), strict=True) if w > _NEGLIGIBLE]
    return _assemble(features, own, rows.base + shift, parent, version)


def _assemble(
    features: Sequence[Feature], own: Sequence[RateTable], bias: float, parent: Bayes | None, version: str
) -> Bayes:
    """The scorer of the parent's tables and one's `own`, with those features alone that they read."""
    tables = (*(parent.tables if parent else ()), *own)
    known = {feature.name: feature for feature in (*(parent.features if parent else ()), *features)}
    read = dict.fromkeys(table.feature for table in tables)
    return Bayes(tuple(known[name] for name in read), tables, bias, version=version)


@dataclass(frozen=True)
class _Rows:
    """Fitting rows in the order of time, as codes of bands and levels.

    `offset` is the margin that is expected before a table of one's own is read; `base` is the part of it
    that belongs into the bias; `scale` is effective rows per row.
    """

    tables: tuple[RateTable, ...]
    codes: tuple[Rows, ...]
    y: Floats
    clusters: Rows
    order: NDArray[np.int64]
    offset: Floats
    base: float
    scale: float

    @classmethod
    def of(
        cls,
        features: Sequence[Feature],
        columns: Columns,
        y: Floats,
        clusters: NDArray[np.object_],
        order: NDArray[np.int64],
        parent: Bayes | None,
    ) -> _Rows:
        """The rows sorted, cut into bands, and compared with the base rate or the `parent`."""
        cluster = np.unique(clusters.astype(str), return_inverse=True)[1]
        sorting = np.lexsort((y, cluster, order))
        tables = tuple(empty_table(feature, columns[feature.name]) for feature in features)
        codes = tuple(table.codes(columns[table.feature])[sorting] for table in tables)
        y, cluster = y[sorting], cluster[sorting]
        scale = effective_share(y, cluster)
        won, lost = scale * float(y.sum()) + 0.5, scale * float((1 - y).sum()) + 0.5
        base = parent.bias if parent else float(np.log(won / lost))
        offset = parent.margin(columns)[sorting] if parent else np.full(len(y), base)
        return cls(tables, codes, y, cluster, order[sorting], offset, base, scale)

    def thinned(self) -> _Rows:
        """Each n-th cluster, whole, so that about `_WEIGHED_ROWS` rows are left."""
        step = -(-len(self.y) // _WEIGHED_ROWS)
        kept = np.flatnonzero(self.clusters % step == 0)
        if step == 1 or len(kept) == 0:
            return self
        codes = tuple(code[kept] for code in self.codes)
        return replace(
            self,
            codes=codes,
            y=self.y[kept],
            clusters=self.clusters[kept],
            order=self.order[kept],
            offset=self.offset[kept],
        )

    def fitted_on(self, rows: Rows) -> list[RateTable]:
        """All tables with the log-ratios that `rows` support, beyond what is expected at their level."""
        y, offset = self.y[rows], self.offset[rows]
        expected = expit(offset + level(offset, y, self.scale))
        return [
            fitted(table, self._counts(table, code[rows], y, expected))
            for table, code in zip(self.tables, self.codes, strict=True)
        ]

    def read(self, tables: Sequence[RateTable]) -> Floats:
        """Log-ratios of all rows, shape `(n_rows, n_tables)`."""
        X = np.zeros((len(self.y), len(tables)))
        for j, (table, code) in enumerate(zip(tables, self.codes, strict=True)):
            X[:, j] = table.by_code[code]
        return X

    def ratios(self, fold: Fold) -> tuple[Floats, Floats]:
        """Log-ratios of a fold's older and newer rows, by tables of the older ones."""
        X = self.read(self.fitted_on(fold.older))
        kept = _widest(X[fold.older], _CANDIDATES)
        return X[np.ix_(fold.older, kept)], X[np.ix_(fold.newer, kept)]

    def _counts(self, table: RateTable, codes: Rows, y: Floats, expected: Floats) -> Counts:
        """Effective counts by code; the code beyond the last is 'unseen' and has no rate."""
        sums = [np.bincount(codes, weights, table.n_codes + 1) for weights in (None, y, expected)]
        rows, won, wins = (self.scale * part[: table.n_codes].astype(np.float64) for part in sums)
        return Counts(rows, won, wins)


def _widest(X: Floats, limit: int) -> Rows:
    """The columns of `X` that move margins most (by standard deviation), at most `limit`, in their order."""
    return np.sort(np.argsort(-X.std(axis=0), kind="stable")[:limit])
