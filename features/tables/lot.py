"""Places by lot, for leads that nothing orders in time: which of them a model is judged on is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.recipe.training import LOTS

_MOST = 0.1
"""A group of more than this share of the leads is no one lead that stands there several times."""

Labels = NDArray[np.uint64]


def drawn_places(leads: pd.DataFrame) -> tuple[NDArray[np.int64], int, int]:
    """The place of each row, shape `(n_leads,)`, and how many equal leads and leads of an account it parts.

    `leads` has canonical columns (`lead_id`, `account_id`, `f_…`). Leads of one account, and leads without
    one whose fields are all equal, have one place, so that a split by place never parts them; neither the
    order of rows nor an outcome has a say, nor, in groups that stay whole, has any other lead: leads that
    come later move none. (Equal leads of two accounts are not drawn together: each lead that came could then
    join two groups, and move one of them into the test of a model that was fitted on it.) Where such a group
    would hold more than a tenth of all leads, as with three fields of two values, its leads are drawn one by
    one; all other groups stay whole. Leads that come later can make its share less than a tenth, or another
    one's more: the leads of that group then change their places.
    """
    own = _hashed(leads["lead_id"])
    fields = [name for name in leads.columns if str(name).startswith("f_")]
    equal = np.array(own)
    if fields:
        equal[:] = pd.util.hash_pandas_object(leads[fields], index=False).to_numpy()
    nobody = leads["account_id"].isna().to_numpy(dtype=bool)
    whole = np.where(nobody, equal, _hashed(leads["account_id"]))
    big = _sizes(whole) > max(_MOST * len(whole), 1)
    label = np.where(big, own, whole)
    place = pd.util.hash_array(label) >> np.uint64(64 - LOTS.bit_length() + 1)
    return place.astype(np.int64), int((big & nobody).sum()), int((big & ~nobody).sum())


def _hashed(texts: pd.Series) -> Labels:
    return np.asarray(pd.util.hash_array(texts.astype(str).to_numpy(dtype=object)), dtype=np.uint64)


def _sizes(label: Labels) -> NDArray[np.intp]:
    """How many rows have the label of each row."""
    _, code, count = np.unique(label, return_inverse=True, return_counts=True)
    return np.asarray(count[code], dtype=np.intp)
