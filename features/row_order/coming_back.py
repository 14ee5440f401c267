"""Whether those of whom the newest rows are were met before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BACK = 0.5
"""Share of the newest quarter whose account the older ones know, from which it is believed as a level."""


def most_come_back(accounts: NDArray[np.object_]) -> bool:
    """Whether most of the newest quarter of `accounts` (n_leads,), in the order of time, are among the older.

    What became of an account's earlier leads then says something of its next one. None is nobody.

    >>> most_come_back(np.array(["a", "b", "c", "a"], dtype=object))
    True
    >>> most_come_back(np.array(["a", "b", None, None], dtype=object))
    False
    """
    older, newest = np.split(accounts, [len(accounts) * 3 // 4])
    known = set(older.tolist()) - {None}
    return len(newest) > 0 and sum(one in known for one in newest.tolist()) >= _BACK * len(newest)
