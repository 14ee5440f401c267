"""What a model must beat: probabilities on the test rows from whoever would answer without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from features.catalogue import Feature
from features.columns import Floats
from serving.calibration import FLOOR
from training.calibration import fit_monotone
from training.history import Labelled, Rows
from training.judging.pls import EntryTable

Limit: TypeAlias = Callable[[pd.DataFrame], Floats | None]
"""Snapshot rows (`lead_id`, `as_of_us`) → the true probability of each; None unless a simulator knows all."""


def base_rate(labelled: Labelled, fit: Rows, test: Rows) -> Floats:
    """The share of converted fit rows, for every test row; one more row of each kind keeps it off 0 and 1."""
    y = labelled.y(fit)
    return np.full(len(test), (float(y.sum()) + 1) / (len(y) + 2))


def newest_first(labelled: Labelled, fit: Rows, test: Rows) -> Floats:
    """The younger the better, as a queue is worked; ages become probabilities by a map of the fit rows."""
    margin = -labelled.frame["age_days"].to_numpy(np.float64)
    return fit_monotone(margin[fit], labelled.y(fit)).of(margin[test])


def pls(labelled: Labelled, features: Sequence[Feature], fit: Rows, test: Rows) -> Floats | None:
    """Odoo's predictive lead scoring on arrival: its category fields, no stage; None where there is no field.

    Fields of who the lead is and where it came from only: the original has no behaviour.
    """
    names = [f.name for f in features if f.dtype == "category" and f.group in ("fit", "origin", "record")]
    if not names:
        return None
    fields = [feature for feature in features if feature.name in names]
    table = EntryTable(names, labelled.at(fit, fields), labelled.y(fit))
    return table.probability(labelled.at(test, fields))


def inside(p: Floats) -> Floats:
    """Foreign probabilities held inside (0, 1) as every scorer's are."""
    return np.clip(p, FLOOR, 1 - FLOOR)
