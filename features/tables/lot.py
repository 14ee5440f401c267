"""Places by lot, for leads that nothing orders in time: which of them a model is judged on is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.recipe.training import LOTS

_MOST = 0.1
"""A group of more than this share of the leads is no one lead that stands there several times."""

Labels = NDArray[np.uint64]


def drawn_places(leads: pd.DataFrame) -> tuple[NDArray[np.int64], int, int]:
    """The place of each row, shape `(n_leads,)`, and how many equal leads and leads of an account it parts.

    `leads` has canonical columns (`lead_id`, `account_id`, `f_…`). Leads of one account, and leads whose
    fields are all equal, have one place, so that a split by place never parts them; neither the order of rows
    nor an outcome has a say. Where such a group would hold more than a tenth of all leads, as with three
    fields of two values, its leads are drawn by account, and where that is still too many, one by one; all
    other groups stay whole. Further leads may join groups, and so move them to another place.
    """
    own = _hashed(leads["lead_id"])
    fields = [name for name in leads.columns if str(name).startswith("f_")]
    equal = np.array(own)
    if fields:
        equal[:] = pd.util.hash_pandas_object(leads[fields], index=False).to_numpy()
    account = np.array(_hashed(leads["account_id"]))
    nobody = leads["account_id"].isna().to_numpy(dtype=bool)
    account[nobody] = own[nobody]
    label = _joined([equal, account])
    for finer in (account, own):
        big = _sizes(label) > max(_MOST * len(label), 1)
        label[big] = _joined([finer])[big]
    place = pd.util.hash_array(label) >> np.uint64(64 - LOTS.bit_length() + 1)
    return place.astype(np.int64), _parted(equal, label), _parted(account, label)


def _hashed(texts: pd.Series) -> Labels:
    return np.asarray(pd.util.hash_array(texts.astype(str).to_numpy(dtype=object)), dtype=np.uint64)


def _joined(keys: Sequence[Labels]) -> Labels:
    """One label for all rows that are linked by an equal key, directly or through others: the least hash."""
    label = keys[0].copy()
    codes = [pd.factorize(key)[0] for key in keys]
    while True:
        before = label
        for code in codes:
            least = np.full(code.max(initial=-1) + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
            np.minimum.at(least, code, label)
            label = least[code]
        if np.array_equal(before, label):
            return label


def _sizes(label: Labels) -> NDArray[np.intp]:
    """How many rows have the label of each row."""
    _, code, count = np.unique(label, return_inverse=True, return_counts=True)
    return np.asarray(count[code], dtype=np.intp)


def _parted(key: Labels, label: Labels) -> int:
    """How many rows lie in groups of one key that have several labels."""
    return int((pd.Series(label).groupby(key).transform("nunique") > 1).sum())
