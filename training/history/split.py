"""Which rows are fitted on and which are judged on: forward in time, by the moment a label was known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.cells import parse_date
from features.clock import from_us
from features.errors import LeadscoreError
from features.recipe import Recipe

Rows = NDArray[np.intp]

_KNOWN_SHARES = (0.3, 0.15, 0.05)
"""Where inner folds may begin: once this share of the rows was known. Late first: folds learn from more."""


@dataclass(frozen=True)
class SplitRows:
    """Row numbers into the snapshots, each ascending in `order`, and what became of every matured row.

    `first_test_us` is the first as_of of the test: whatever is fitted must have been known before it.
    """

    fit: Rows
    test: Rows
    first_test_us: int
    account: list[tuple[str, int]] = field(default_factory=list)


def forward_split(recipe: Recipe, frame: pd.DataFrame) -> SplitRows:
    """The matured rows of `frame` (see `features.Snapshots.frame`) as fit rows and test rows.

    The test is what lies at or after `split.test_from`, or the newest `split.test_share` of the matured rows;
    without time the rows of the last places that were drawn.
    A row is fitted on only if its label was known before the first test as_of. A lead with fit rows has no
    test rows: that drops by the past alone, where dropping its fit rows would choose by the future.

    Raises:
        LeadscoreError: `test_from` or `test_until` leaves no matured row to judge on, or none to fit on.
    """
    matured = _in_time(frame, frame["matured"].to_numpy(bool))
    as_of = frame["as_of_us"].to_numpy(np.int64)
    newest, account = _newest(recipe, as_of, matured)
    first_us = int(as_of[newest].min()) if len(newest) else 0
    before = matured[~np.isin(matured, newest)]
    before = before[as_of[before] <= first_us]
    known = known_before(frame["label_known_us"].to_numpy(np.int64)[before], first_us)
    fit = before[known]
    if recipe.split.test_from is not None and len(matured) and not len(fit):
        raise _nothing_before(recipe, frame, matured)
    leads = frame["lead_id"].to_numpy(object)
    fresh = ~np.isin(leads[newest].astype(str), np.unique(leads[fit].astype(str)))
    account += [
        ("before the test, label not yet known at its start", int((~known).sum())),
        ("fit rows", len(fit)),
        ("in the test period, lead already among the fit rows", int((~fresh).sum())),
        ("test rows", int(fresh.sum())),
    ]
    return SplitRows(fit, newest[fresh], first_us, account)


def known_before(label_known_us: NDArray[np.int64], first_us: int) -> NDArray[np.bool_]:
    """Which labels may be fitted on when the first as_of that is judged is `first_us`: those known before it.

    The one rule of training. Strictly before: what is learned at the very moment of a prediction is too late.
    """
    return np.asarray(label_known_us < first_us, dtype=np.bool_)


def _newest(recipe: Recipe, as_of: NDArray[np.int64], matured: Rows) -> tuple[Rows, list[tuple[str, int]]]:
    """The rows of the test period, and the account of those after it."""
    plan = recipe.split
    account = [("matured rows", len(matured))]
    if not recipe.timed:
        account.append(("drawn by lot in groups of equal leads or of an account", len(np.unique(as_of))))
        return matured[as_of[matured] >= plan.first_lot], account
    if plan.test_from is None:
        return matured[int(len(matured) * (1 - plan.test_share)) :], account
    start = _moment(recipe, "test_from", plan.test_from)
    newest = matured[as_of[matured] >= start]
    if plan.test_until is not None:
        inside = as_of[newest] < _moment(recipe, "test_until", plan.test_until)
        account.append(("after test_until", int((~inside).sum())))
        newest = newest[inside]
    if len(matured) and not len(newest):
        until = f" and test_until '{plan.test_until}' leave" if plan.test_until is not None else " leaves"
        raise LeadscoreError(
            f"recipe: [split] test_from '{plan.test_from}'{until} no matured row to judge on; matured rows "
            f"look at leads from {_minute(as_of[matured[0]])} to {_minute(as_of[matured[-1]])}.",
            "Choose a moment inside that span, or leave test_from out to judge on the newest rows.",
        )
    return newest, account


def _nothing_before(recipe: Recipe, frame: pd.DataFrame, matured: Rows) -> LeadscoreError:
    """What to say where no label was known before the test."""
    known = frame["label_known_us"].to_numpy(np.int64)[matured]
    as_of = frame["as_of_us"].to_numpy(np.int64)[matured]
    return LeadscoreError(
        f"recipe: [split] test_from '{recipe.split.test_from}' leaves no row to fit on: a row may be fitted "
        f"on once its label is known, and the first is known at {_minute(known.min())}.",
        f"Choose a later moment; matured rows look at leads until {_minute(as_of.max())}.",
    )


def _minute(us: int) -> str:
    """An instant as text, to the minute."""
    return from_us(int(us)).isoformat(timespec="minutes")


def _moment(recipe: Recipe, key: str, text: str) -> int:
    """The instant of a split option.

    Raises:
        LeadscoreError: it is no date.
    """
    try:
        return parse_date(text, recipe.recipe.zone)
    except ValueError:
        raise LeadscoreError(
            f"recipe: [split] {key} '{text}' is not a date.", "Write it as 2025-01-31 or 2025-01-31T09:00:00."
        ) from None


def forward_folds(frame: pd.DataFrame, fit: Rows, folds: int, min_won: int = 5) -> list[tuple[Rows, Rows]]:
    """Up to `folds` pairs (train rows, newer rows to check on) inside the fit rows, oldest first.

    The same rule as the outer split: train labels known before the first as_of of the fold, a lead on one
    side. Pairs in which a side has fewer than `min_won` won or lost rows are left out; the list may be empty.
    """
    label = frame["label"].to_numpy(np.float64)
    best: list[tuple[Rows, Rows]] = []
    for share in _KNOWN_SHARES:
        pairs = [pair for pair in _folds_from(frame, fit, folds, share) if _enough(label, pair, min_won)]
        if len(pairs) == folds:
            return pairs
        best = max(best, pairs, key=len)
    return best


def _folds_from(frame: pd.DataFrame, fit: Rows, folds: int, share: float) -> Iterator[tuple[Rows, Rows]]:
    """Blocks of equal size after the moment at which `share` of the fit rows was known."""
    if not len(fit):
        return
    as_of = frame["as_of_us"].to_numpy(np.int64)
    known = frame["label_known_us"].to_numpy(np.int64)
    lead = pd.factorize(frame["lead_id"].astype(object))[0]
    start = np.quantile(known[fit], share, method="lower")
    for block in np.array_split(fit[as_of[fit] >= start], folds):
        if len(block):
            first = int(as_of[block].min())
            train = np.setdiff1d(fit[known_before(known[fit], first)], block, assume_unique=True)
            yield train, block[~np.isin(lead[block], lead[train])]


def _enough(label: NDArray[np.float64], pair: tuple[Rows, Rows], min_won: int) -> bool:
    """Whether both sides have `min_won` rows of each class."""
    return all(min(label[rows].sum(), (1 - label[rows]).sum()) >= min_won for rows in pair)


def newest_rows(frame: pd.DataFrame, rows: Rows, share: float) -> Rows:
    """The newest `share` of `rows`."""
    ordered = rows[np.argsort(frame["order"].to_numpy(np.int64)[rows], kind="stable")]
    return ordered[int(len(ordered) * (1 - share)) :]


def _in_time(frame: pd.DataFrame, chosen: NDArray[np.bool_]) -> Rows:
    """The chosen row numbers, ascending in `order`."""
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(frame["order"].to_numpy(np.int64)[rows], kind="stable")]
