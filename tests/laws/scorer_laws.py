"""The laws that every scorer keeps: one list of checks, run on rules, linear models, trees and blends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from features import LeadscoreError
from features.columns import Column, Columns
from serving.scorer import Scorer, explained
from serving.scorers.fitted_range import ranges_of

Check = Callable[[Scorer, Columns], None]


def check_contributions_add_up_to_the_margin(scorer: Scorer, columns: Columns) -> None:
    parts = scorer.contributions(columns)
    assert parts.values.shape == (columns.n_leads, len(parts.names))
    assert set(parts.names) <= {feature.name for feature in scorer.features}
    np.testing.assert_allclose(
        parts.values.sum(axis=1) + parts.bias, scorer.margin(columns), atol=1e-7, rtol=1e-7
    )


def check_both_at_once_are_margin_and_contributions(scorer: Scorer, columns: Columns) -> None:
    margin, parts = explained(scorer, columns)
    np.testing.assert_array_equal(margin, scorer.margin(columns))
    alone = scorer.contributions(columns)
    assert parts.names == alone.names
    np.testing.assert_array_equal(parts.values, alone.values)
    np.testing.assert_array_equal(parts.bias, alone.bias)


def check_many_are_one_row_by_row(scorer: Scorer, columns: Columns) -> None:
    together = scorer.margin(columns)
    parts = scorer.contributions(columns)
    for row in range(len(together)):
        alone = rows_of(columns, [row])
        assert scorer.margin(alone)[0] == together[row]
        np.testing.assert_array_equal(scorer.contributions(alone).values[0], parts.values[row])


def check_order_of_columns_does_not_matter(scorer: Scorer, columns: Columns) -> None:
    backwards = Columns(dict(reversed(list(columns.items()))), columns.n_leads)
    np.testing.assert_array_equal(scorer.margin(backwards), scorer.margin(columns))


def check_order_of_leads_does_not_matter(scorer: Scorer, columns: Columns) -> None:
    turned = list(range(columns.n_leads))[::-1]
    np.testing.assert_array_equal(scorer.margin(rows_of(columns, turned)), scorer.margin(columns)[turned])


def check_a_further_column_is_ignored(scorer: Scorer, columns: Columns) -> None:
    more = {"not a feature": np.arange(columns.n_leads, dtype=np.float64)}
    wider = Columns({**more, **columns}, columns.n_leads)
    np.testing.assert_array_equal(scorer.margin(wider), scorer.margin(columns))


def check_a_missing_column_is_refused(scorer: Scorer, columns: Columns) -> None:
    for feature in scorer.features:
        left = {name: column for name, column in columns.items() if name != feature.name}
        fewer = Columns(left, columns.n_leads)
        with pytest.raises(LeadscoreError, match=feature.name):
            scorer.margin(fewer)
        with pytest.raises(LeadscoreError, match=feature.name):
            scorer.contributions(fewer)


def check_probabilities_rise_with_the_margin_inside_0_and_1(scorer: Scorer, columns: Columns) -> None:
    extremes = np.array([-1e6, -40.0, -1.0, 0.0, 1.0, 40.0, 1e6])
    margins = np.sort(np.concatenate([extremes, scorer.margin(columns)]))
    probabilities = scorer.probability(margins)
    assert np.all(np.diff(probabilities) >= 0)
    assert np.all((probabilities > 0) & (probabilities < 1))


def check_missing_values_give_finite_margins(scorer: Scorer, columns: Columns) -> None:
    for feature in scorer.features:
        gap = {feature.name: blank(columns[feature.name])}
        assert np.isfinite(scorer.margin(Columns({**columns, **gap}, columns.n_leads))).all()
    nothing = Columns({name: blank(column) for name, column in columns.items()}, columns.n_leads)
    assert np.isfinite(scorer.margin(nothing)).all()


def check_levels_never_seen_give_finite_margins(scorer: Scorer, columns: Columns) -> None:
    strange = {
        name: np.array(["never seen"] * len(column), dtype=object) if column.dtype == object else column * 1e6
        for name, column in columns.items()
    }
    assert np.isfinite(scorer.margin(Columns(strange, columns.n_leads))).all()


def check_an_extreme_number_moves_no_margin_beyond_those_of_its_range(
    scorer: Scorer, columns: Columns
) -> None:
    ranges = ranges_of(scorer)
    counts = {feature.name for feature in scorer.features if feature.tallies}
    for name in (name for name, column in columns.items() if column.dtype != object):
        low, high = ranges.get(name, (0.0, 1e6))  # the scorecard states none: its buckets end far below
        inside = np.unique(np.r_[np.linspace(low, high, 200), np.geomspace(1e-3, 1e6, 60).clip(low, high)])
        within = np.array([scorer.margin(having(columns, name, value)) for value in inside.tolist()])
        for value in (value for value in EXTREMES if value > 0 or name not in counts):
            found = scorer.margin(having(columns, name, value))
            assert (found >= within.min(axis=0) - 1e-9).all(), (name, value)
            assert (found <= within.max(axis=0) + 1e-9).all(), (name, value)


def check_no_leads_give_no_margins(scorer: Scorer, columns: Columns) -> None:
    nobody = rows_of(columns, [])
    assert scorer.margin(nobody).shape == (0,)
    assert len(scorer.contributions(nobody).values) == 0


def check_columns_are_left_as_they_were(scorer: Scorer, columns: Columns) -> None:
    before = {name: column.copy() for name, column in columns.items()}
    scorer.margin(columns)
    scorer.contributions(columns)
    for name, column in columns.items():
        np.testing.assert_array_equal(column, before[name])


LAWS: tuple[Check, ...] = tuple(law for name, law in list(globals().items()) if name.startswith("check_"))
EXTREMES = (-1e300, -1e9, -1.0, 999999.0, 1e9, 1e300)
"""What people and programs write for "unknown", and the ends of what a cell may hold."""


def having(columns: Columns, name: str, value: float) -> Columns:
    """The same leads, all with `value` in the column `name`."""
    return Columns({**columns, name: np.full(len(columns[name]), value)}, columns.n_leads)


def rows_of(columns: Columns, rows: list[int]) -> Columns:
    """Some leads, in the given order."""
    return columns.take(np.array(rows, dtype=np.intp))


def blank(column: Column) -> Column:
    """The same column with every value missing."""
    if column.dtype == object:
        return np.array([None] * len(column), dtype=object)
    return np.full(len(column), np.nan)
