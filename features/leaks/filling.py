"""When cells are filled: with a column that is written at the end, or not yet for the newest leads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats

Mask = NDArray[np.bool_]

_ENOUGH = 30
_TOGETHER = 0.97
_NEWEST = 0.08
_BEFORE = 0.32
_FALLS = 0.75
_SURE_Z = 5.0


def filled_together(filled: Mask, others: Mapping[str, Mask]) -> str | None:
    """The one of `others` that is filled in the same rows; None where none is, or where all are filled."""
    if not _ENOUGH <= filled.sum() <= len(filled) - _ENOUGH:
        return None
    for name, other in others.items():
        either = (filled | other).sum()
        if (filled & other).sum() >= _TOGETHER * either and other.sum() <= len(other) - _ENOUGH:
            return name
    return None


def not_yet(filled: Mask, order: NDArray[np.generic]) -> str | None:
    """A sentence where the newest leads lack what those shortly before them have; None where they do not.

    `order` (n_rows,) is time. What is known when a lead comes is filled for the newest as for others; a
    form that changed makes a step that lies somewhere, seldom at the very end.
    """
    blocks = _blocks(np.asarray(filled, dtype=np.float64), order)
    if blocks is None or blocks[1].mean() < 0.05:
        return None
    early, before, newest = blocks
    share = float(before.mean())
    error = float(np.sqrt(share * (1 - share) * (1 / len(newest) + 1 / len(before)))) or 1 / len(newest)
    drop = share - float(newest.mean())
    steady = abs(float(early.mean()) - share) < 0.5 * drop
    if drop < _SURE_Z * error or newest.mean() > _FALLS * share or not steady:
        return None
    return f"filled for {newest.mean():.0%} of the newest leads and for {share:.0%} of those before them"


def lower_yet(values: Floats, order: NDArray[np.generic]) -> str | None:
    """A sentence where numbers of the newest leads are lower than those before: they grow with the case."""
    blocks = _blocks(values, order)
    known = values[np.isfinite(values)]
    if blocks is None or not len(known) or known.min() < 0:
        return None
    early, before, newest = (block[np.isfinite(block)] for block in blocks)
    if min(len(early), len(before), len(newest)) < _ENOUGH or before.mean() <= 0:
        return None
    spread = float(np.std(before)) * np.sqrt(1 / len(newest) + 1 / len(before))
    drop = float(before.mean() - newest.mean())
    steady = abs(float(early.mean() - before.mean())) < 0.3 * drop
    if drop < _SURE_Z * spread or newest.mean() > _FALLS * before.mean() or not steady:
        return None
    return (
        f"{newest.mean():.3g} on average for the newest leads and {before.mean():.3g} for those before them"
    )


def _blocks(values: Floats, order: NDArray[np.generic]) -> tuple[Floats, Floats, Floats] | None:
    """`values` of early leads, of those shortly before the newest, and of the newest; None if too few."""
    sorted_ = values[np.argsort(order, kind="stable")]
    newest, before = int(_NEWEST * len(values)), int(_BEFORE * len(values))
    if newest < _ENOUGH:
        return None
    return sorted_[: -newest - before], sorted_[-newest - before : -newest], sorted_[-newest:]
