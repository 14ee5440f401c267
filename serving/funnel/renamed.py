"""Groups of leads that may be one under two names: one ends where another begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from features.clock import DAY_US, from_us

_FEWEST = 20
"""Leads of a group below which its beginning and its end say nothing."""
_GAP_US, _LONG_US = 14 * DAY_US, 30 * DAY_US


def renamed_words(created: pd.Series[Any], groups: pd.Series[Any], end_us: int) -> Iterator[str]:
    """A sentence for each group that ends and of which exactly one other begins within two weeks.

    `created` are moments in µs (NaN: unknown), `end_us` is the end of the history. A group that ended less
    than a month before it may only pause.
    """
    known = created.notna() & (groups != "unknown")
    spans = created[known].groupby(groups[known]).agg(["min", "max", "size"])
    spans = spans[spans["size"] >= _FEWEST]
    if spans.empty:
        return
    first = spans["min"].min()
    ended = spans[spans["max"] + _LONG_US < end_us]
    begun = spans[spans["min"] - _LONG_US > first]
    for name, one in ended.iterrows():
        after = begun[(begun["min"] > one["max"]) & (begun["min"] <= one["max"] + _GAP_US)]
        before = ended[(ended["max"] < after["min"].min()) & (ended["max"] >= after["min"].min() - _GAP_US)]
        if len(after) == 1 and len(before) == 1:
            day = from_us(int(after["min"].iloc[0])).date()
            yield (
                f"'{name}' ends and '{after.index[0]}' begins about {day}: if one was renamed to the other, "
                "give both the same name, or neither's rates are whole"
            )
