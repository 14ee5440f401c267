"""Which leads a run looks at where snapshots are more than it may hold: drawn by seed, never by outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd

_DIGITS = 16
"""The length of the key that pandas' hash of a text asks for."""


def draw_leads(frame: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """At most `most` rows of `frame` (see `features.Snapshots.frame`), in its order; all where they are few.

    A lead is in with all its rows or with none. Leads come in the order of a keyed hash of their id until the
    rows are full: neither the order of the file nor what became of a lead has a say, a lead that was drawn
    from a shorter history mostly is again, and the base rate stays as it is.
    """
    if len(frame) <= most:
        return frame
    codes, leads = pd.factorize(frame["lead_id"].astype(object))
    key = f"{abs(seed):0{_DIGITS}d}"[-_DIGITS:]
    order = np.argsort(pd.util.hash_array(np.asarray(leads, dtype=object), hash_key=key), kind="stable")
    drawn = np.zeros(len(leads), dtype=bool)
    drawn[order] = np.cumsum(np.bincount(codes)[order]) <= most
    return frame[drawn[codes]].reset_index(drop=True)
