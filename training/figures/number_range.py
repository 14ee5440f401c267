"""The range of a number that a line may be drawn over: all that was seen, but for far outliers."""

from __future__ import annotations

import numpy as np

from features.columns import Floats
from serving.scorer import Range

_INNER = (0.05, 0.95)
"""What an ordinary number is: up to one in twenty on each side may be a typing error or a stand-in for
"unknown" without moving the range."""
_FENCE = 3.0
"""Inner spans that a number may lie outside the inner part. Of a normal or an exponential nothing does in ten
thousand rows, of a log-normal as steep as companies' sizes (σ = 1.5) about 5 in 1,000 do; 999999 among sizes
does."""


def fitted_range(numbers: Floats) -> Range | None:
    """Lowest and highest of `numbers` that are no far outliers, both values that occur; None without any.

    A value that most have is always inside and does not count for the quantiles: of events, which most leads
    have none of, the inner part is that of the leads that have some.
    """
    known = numbers[~np.isnan(numbers)] + 0.0  # −0 and 0 are one number, and have one text
    if not len(known):
        return None
    values, counts = np.unique(known, return_counts=True)
    usual = values[2 * counts > len(known)]
    others = known if not len(usual) or len(values) == 1 else known[known != usual[0]]
    inner = np.r_[np.quantile(others, _INNER, method="inverted_cdf"), usual]
    low, high = float(inner.min()), float(inner.max())
    reach = _FENCE * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    return float(inside[0]), float(inside[-1])


def with_room(ends: Range, share: float) -> Range:
    """The range of a calendar (see `calendars`), which may go on by its span, or fall to nothing, or double.

    It is bound to leave its range, and the folds judge how the line goes on there: only what nobody meant is
    held off. Bounded by its span alone, which is tiny in the early folds, prices and employment of the day
    made the folds choose another kind of model on the bank's data, whose AUC fell from 0.65 to 0.50.

    Of that room it has a `share`, in [0, 1]. The part is one of the span first, and of the size later: a
    hundredth of a size of 5,000 would be all that a number ever moves whose span is 20.
    """
    span = ends[1] - ends[0]
    size = max(span, abs(ends[0]), abs(ends[1]))
    room = share * span ** (1 - share) * size**share
    return ends[0] - room, ends[1] + room
