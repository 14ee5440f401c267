"""The split against a second reading of its rule: row by row in plain Python, with ties and odd orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import LeadscoreError, Recipe
from features.clock.instants import DAY_US
from training.history.split import forward_folds, forward_split, newest_rows

HISTORIES = st.tuples(
    st.integers(0, 60), st.sampled_from([0, 1, 3]), st.sampled_from([4, 12, 40]), st.integers(0, 999)
)
"""Rows, horizon in days, days of history, seed: few days make ties, few leads come on both sides."""


def recipe(**split: object) -> Recipe:
    return Recipe.model_validate({"tables": {"leads": "leads.csv"}, "split": split})


def day(number: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date().isoformat()


def history(rows: int, horizon: int, days: int, seed: int) -> pd.DataFrame:
    """Snapshots in an order of their own: `order` follows time, the rows of the frame do not."""
    rng = np.random.default_rng(seed)
    as_of = rng.integers(0, days, rows) * DAY_US
    known = as_of + horizon * DAY_US
    order = np.empty(rows, dtype=np.int64)
    order[np.lexsort((rng.random(rows), as_of))] = np.arange(rows)
    return pd.DataFrame(
        {
            "lead_id": [f"lead {lead}" for lead in rng.integers(0, max(rows, 1), rows)],
            "as_of_us": as_of,
            "label_known_us": known,
            "label": (rng.random(rows) < 0.5).astype(float),
            "matured": (known <= days * DAY_US) & (rng.random(rows) < 0.95),
            "order": order,
        },
        index=np.arange(rows) + 7,  # as a frame cut out of another
    )


def in_order(rows: list[dict[str, object]]) -> list[int]:
    """Numbers of the matured rows, oldest first."""
    return sorted((i for i, row in enumerate(rows) if row["matured"]), key=lambda i: rows[i]["order"])  # type: ignore[arg-type,return-value]


def told(rows: list[dict[str, object]], newest: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Fit rows, test rows, and the counts that the account ends with, of the test period `newest`."""
    first = min((rows[i]["as_of_us"] for i in newest), default=0)
    before = [i for i in in_order(rows) if i not in newest and rows[i]["as_of_us"] <= first]  # type: ignore[operator]
    fit = [i for i in before if rows[i]["label_known_us"] < first]  # type: ignore[operator]
    seen = {rows[i]["lead_id"] for i in fit}
    test = [i for i in newest if rows[i]["lead_id"] not in seen]
    return fit, test, [len(before) - len(fit), len(fit), len(newest) - len(test), len(test)]


def counts(account: Sequence[tuple[str, int]]) -> list[int]:
    return [count for _, count in account]


@given(HISTORIES, st.sampled_from([0.2, 0.25, 0.5]))
def test_the_newest_share_is_judged_and_the_past_of_it_fitted(shape, share):
    frame = history(*shape)
    rows = frame.to_dict("records")
    matured = in_order(rows)
    fit, test, told_counts = told(rows, matured[int(len(matured) * (1 - share)) :])
    split = forward_split(recipe(test_share=share), frame)
    assert (split.fit.tolist(), split.test.tolist()) == (fit, test)
    assert counts(split.account) == [len(matured), *told_counts]


@given(HISTORIES, st.integers(1, 20), st.one_of(st.none(), st.integers(1, 15)))
def test_a_test_period_is_judged_from_its_first_moment_to_before_its_end(shape, start, length):
    frame = history(*shape)
    rows = frame.to_dict("records")
    matured = in_order(rows)
    after = [i for i in matured if rows[i]["as_of_us"] >= start * DAY_US]
    end = float("inf") if length is None else (start + length) * DAY_US
    newest = [i for i in after if rows[i]["as_of_us"] < end]
    fit, test, told_counts = told(rows, newest)
    period = {"test_from": day(start)} | ({} if length is None else {"test_until": day(start + length)})
    if matured and not (newest and fit):
        with pytest.raises(LeadscoreError):
            forward_split(recipe(**period), frame)
        return
    split = forward_split(recipe(**period), frame)
    assert (split.fit.tolist(), split.test.tolist()) == (fit, test)
    assert split.first_test_us == min((rows[i]["as_of_us"] for i in newest), default=0)
    cut = [] if length is None else [len(after) - len(newest)]
    assert counts(split.account) == [len(matured), *cut, *told_counts]


def spans(error: LeadscoreError) -> list[str]:
    """The moments that an error names."""
    words = f"{error.problem} {error.remedy}".replace(".", " ").replace(";", " ").split()
    return [word for word in words if word[:4].isdigit() and "T" in word]


def a_frame() -> pd.DataFrame:
    """Ten leads, one a day from 1970-01-03, known ten days later; the first and the last immature."""
    days = np.arange(2, 12, dtype=np.int64)
    return pd.DataFrame(
        {
            "lead_id": [str(number) for number in days],
            "as_of_us": days * DAY_US + 3_600_000_000,
            "label_known_us": (days + 10) * DAY_US,
            "matured": (days > 2) & (days < 11),
            "order": days,
        }
    )


def test_a_period_without_matured_rows_is_told_with_the_span_of_the_matured_ones():
    with pytest.raises(LeadscoreError, match=r"test_from '2030-01-01' leaves no") as later:
        forward_split(recipe(test_from="2030-01-01"), a_frame())
    assert spans(later.value) == ["1970-01-04T01:00+00:00", "1970-01-11T01:00+00:00"]
    assert later.value.remedy
    with pytest.raises(LeadscoreError, match=r"'1970-01-01' and test_until '1970-01-02' leave no") as early:
        forward_split(recipe(test_from="1970-01-01", test_until="1970-01-02"), a_frame())
    assert spans(early.value) == spans(later.value)


def test_a_period_before_any_label_is_told_with_the_moments_that_bound_it():
    with pytest.raises(
        LeadscoreError, match=r"\[split\] test_from '1970-01-08' leaves no row to fit"
    ) as told_:
        forward_split(recipe(test_from="1970-01-08"), a_frame())
    assert spans(told_.value) == ["1970-01-14T00:00+00:00", "1970-01-11T01:00+00:00"]


@pytest.mark.parametrize(
    ("key", "period"),
    [
        ("test_from 'soon'", {"test_from": "soon"}),
        ("test_until 'soon'", {"test_from": "1970-01-05", "test_until": "soon"}),
    ],
)
def test_a_moment_that_is_no_date_is_told_by_its_key_with_the_form_to_write(key, period):
    with pytest.raises(LeadscoreError, match=rf"\[split\] {key} is not a date") as told_:
        forward_split(recipe(**period), a_frame())
    assert "2025-01-31" in told_.value.remedy


def test_a_period_begins_at_midnight_of_the_recipe_s_zone():
    paris = Recipe.model_validate(
        {
            "recipe": {"zone": "Europe/Paris"},
            "tables": {"leads": "leads.csv"},
            "split": {"test_from": "1970-01-07"},
        }
    )
    frame = a_frame().assign(label_known_us=lambda frame: frame["as_of_us"])
    frame["as_of_us"] -= (
        3_600_000_000 + 3_600_000_000
    )  # 23:00 UTC is midnight in Paris, an hour ahead in 1970
    split = forward_split(paris, frame)
    assert split.first_test_us == 5 * DAY_US + 23 * 3_600_000_000


def folds_of(
    frame: pd.DataFrame, fit: list[int], folds: int, least: int
) -> list[tuple[list[int], list[int]]]:
    """The rule of the inner folds, row by row."""
    rows = frame.to_dict("records")

    def enough(side: list[int]) -> bool:
        won = sum(rows[i]["label"] for i in side)
        return won >= least and len(side) - won >= least

    best: list[tuple[list[int], list[int]]] = []
    for share in (0.3, 0.15, 0.05):
        known = sorted(rows[i]["label_known_us"] for i in fit)
        if not known:
            return []
        start = known[int((len(known) - 1) * share)]
        later = [i for i in fit if rows[i]["as_of_us"] >= start]
        size, longer = divmod(len(later), folds)
        pairs, at = [], 0
        for number in range(folds):
            block = later[at : at + size + (number < longer)]
            at += len(block)
            if not block:
                continue
            first = min(rows[i]["as_of_us"] for i in block)
            train = [i for i in fit if rows[i]["label_known_us"] < first and i not in block]
            leads = {rows[i]["lead_id"] for i in train}
            newer = [i for i in block if rows[i]["lead_id"] not in leads]
            if enough(train) and enough(newer):
                pairs.append((train, newer))
        if len(pairs) > len(best):
            best = pairs
        if len(best) == folds:
            break
    return best


@given(HISTORIES, st.integers(2, 4), st.integers(1, 3))
def test_inner_folds_are_those_of_the_rule(shape, folds, least):
    frame = history(*shape)
    fit = in_order(frame.to_dict("records"))
    found = forward_folds(frame, np.array(fit, dtype=np.intp), folds, least)
    expected = folds_of(frame, fit, folds, least)
    assert [(train.tolist(), newer.tolist()) for train, newer in found] == expected


@pytest.mark.parametrize(("each", "kept"), [(4, 0), (5, 1)])
def test_a_fold_needs_five_of_each_class_on_both_sides_unless_told(each, kept):
    n = 4 * each
    frame = pd.DataFrame(
        {
            "lead_id": [str(i) for i in range(n)],
            "as_of_us": np.repeat([0, 10], 2 * each),
            "label_known_us": np.repeat([1, 11], 2 * each),
            "label": np.tile([0.0, 1.0], 2 * each),
        }
    )
    assert len(forward_folds(frame, np.arange(n), 1)) == kept


@given(st.permutations(range(12)), st.sampled_from([0.0, 0.2, 0.25, 0.5, 1.0]))
def test_the_newest_rows_are_the_last_in_order(order, share):
    frame = pd.DataFrame({"order": order}, index=np.arange(12) + 3)
    rows = np.array([11, 2, 5, 7, 0, 9, 10, 1])
    expected = sorted(rows.tolist(), key=lambda row: order[row])[int(8 * (1 - share)) :]
    assert newest_rows(frame, rows, share).tolist() == expected
