"""Cells of many leads read by column: each distinct text once, and dates in UTC as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.clock import FIRST_US
from features.clock.instants import LAST_US

REFUSED: Any = object()
"""In place of a cell's value: it cannot be read, or not by column."""
_KEPT = {str, int, NoneType}
_WIDTH, _DIGITS = len("2025-01-31T09:30:00Z"), (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_SIGNS = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":", 19: "Z"}


class KnownTexts(dict[Any, Any]):
    """What texts are read as by `read`, each once; `refused` stands for those of which it raises ValueError.

    It lives as long as the list that is read: cells of leads are kept by nobody.
    """

    def __init__(self, read: Callable[[object], Any], refused: Any = REFUSED) -> None:
        self._read, self._refused = read, refused

    def __missing__(self, cell: str | int | None) -> Any:
        found = self[cell] = self._of(cell)
        return found

    def column(self, cells: Sequence[object]) -> list[Any]:
        """Each cell's value. 1.0 and True equal 1 and mean something else, so they are read each time."""
        if set(map(type, cells)) <= _KEPT:
            return list(map(self.__getitem__, cells))
        return [self[cell] if type(cell) in _KEPT else self._of(cell) for cell in cells]

    def _of(self, cell: object) -> Any:
        try:
            return self._read(cell)
        except ValueError:
            return self._refused


def utc_us(texts: Sequence[object]) -> NDArray[np.int64] | None:
    """Microseconds of date-times that are all written as 2025-01-31T09:30:00Z; None where one is not, or is
    none that is read (see `FIRST_US`)."""
    if not texts or set(map(type, texts)) != {str}:
        return None
    whole: str = "".join(texts)  # type: ignore[arg-type]  # looked at above
    if not whole.isascii() or set(map(len, texts)) != {_WIDTH}:  # type: ignore[arg-type]
        return None
    letters = np.frombuffer(whole.encode(), dtype=np.uint8).reshape(-1, _WIDTH)
    digits = letters[:, _DIGITS] - ord("0")  # what stands before '0' becomes large
    signs = np.frombuffer("".join(_SIGNS.values()).encode(), dtype=np.uint8)
    if (digits > 9).any() or (letters[:, tuple(_SIGNS)] != signs).any():
        return None
    pairs = digits[:, 0::2] * 10 + digits[:, 1::2]  # century, year of it, month, day, hour, minute, second
    century, year, month, day, hour, minute, second = pairs.astype(np.int64).T
    if ((month < 1) | (month > 12) | (hour > 23) | (minute > 59) | (second > 59)).any():
        return None
    year += century * 100
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first, days = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    if ((day < 1) | (day > (days - first).astype(np.int64))).any():
        return None
    dates = first.astype(np.int64) + day - 1
    us = (((dates * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000
    return None if ((us < FIRST_US) | (us > LAST_US)).any() else us
