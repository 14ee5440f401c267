"""Values of a column that make the rarer outcome certain, with a binomial bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from features.columns import Column, Floats
from features.leaks.signal import is_filled

_FEWEST = 20
_PURE = 0.97
_CHANCE = 1e-3
_EXPLAINED = 0.6
"""How much of what is lacking to certainty the bound must explain: honest values of a lead explain less."""
_LEVELS = 200
_CUTS = (0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98)


@dataclass(frozen=True)
class Implication:
    """A value, or a side of a number, whose rows nearly all ended in one way.

    `won` tells which; `rate` is their share that ended so, `bound` its lower Clopper–Pearson bound (1934) at
    0.1 % over all values tried, `base` the share of all rows.
    """

    value: str
    won: bool
    rows: int
    rate: float
    bound: float
    base: float

    def words(self, *, private: bool = False) -> str:
        """The measurement as a sentence; without the value itself where it may tell who somebody is."""
        ended = "won" if self.won else "lost"
        which = "one of its values" if private else self.value
        return (
            f"where it is {which}, {self.rate:.0%} of {self.rows:,} are {ended} (at least {self.bound:.0%}), "
            f"of all leads {self.base:.0%}"
        )


def implication(column: Column, y: Floats, *, won: bool | None = None) -> Implication | None:
    """The value of `column` (n_rows,) that makes an outcome of `y` (n_rows,) certain, if one does.

    Of several the one with most rows. `y` is 1 won, 0 not, and known. The outcome is the rarer one, or
    that which `won` names.
    """
    if won is None:
        won = float(y.mean()) <= 0.5 if len(y) else True
    target = y if won else 1 - y
    base = float(target.mean()) if len(y) else 0.0
    tried = list(_values(column))
    found = []
    for value, rows in tried:
        n, hits = int(rows.sum()), float(target[rows].sum())
        if n < _FEWEST or hits < _PURE * n:
            continue
        bound = float(beta.ppf(_CHANCE / len(tried), hits, n - hits + 1))
        if bound >= base + _EXPLAINED * (1 - base):
            found.append(Implication(value, won, n, hits / n, bound, base))
    return max(found, key=lambda one: one.rows, default=None)


def _values(column: Column) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each common value with its rows; of numbers of many values the sides of some cuts too."""
    filled = is_filled(column)
    if column.dtype != np.float64:
        texts = np.where(filled, column.astype(str), "")
        for level in _common(texts[filled]):
            yield f"'{level}'", filled & (texts == level)
        return
    values = column.astype(np.float64)
    known = values[filled]
    yes_or_no = bool(np.isin(known, (0, 1)).all())
    for level in _common(known):
        said = ("yes" if level else "no") if yes_or_no else f"{level:g}"
        yield said, filled & (values == level)
    if len(np.unique(known)) > 2:
        for cut in np.unique(np.quantile(known, _CUTS)):
            yield f"over {cut:.4g}", filled & (values > cut)
            yield f"below {cut:.4g}", filled & (values < cut)


def _common(values: NDArray[np.generic]) -> list[str] | list[float]:
    """The commonest values that enough rows share, at most `_LEVELS`."""
    levels, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_LEVELS]
    return list(levels[order][counts[order] >= _FEWEST].tolist())
