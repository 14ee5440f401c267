"""Whether the order of an export's rows behaves like time, where no date says when leads came."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from features.columns import Column, Floats
from features.profiles import TableProfile
from features.row_order.arranged import RowOrder, arranged, is_sorted_by, names_rows
from features.row_order.drift import RowDrift, drift_along

ROWS, NONE = "rows", "none"
"""What `--time` takes beside a column: the order of rows is that of time, or nothing is."""
OUTCOME = "the outcome"
_MOST_COLUMNS = 100


def judge_order(
    leads: TableProfile, won: Floats, outcome: Collection[str], fields: Collection[str], asked: str | None
) -> RowOrder:
    """Whether the rows of `leads` lie in time; `asked` is what `--time` said.

    `won` has shape `(n_leads,)`, 1, 0 or NaN, and is read from the columns `outcome`; the mix of `fields` is
    looked at.

    Periods and numbers that count on speak for time; rows that are sorted or grouped by another column, or by
    the outcome, against it. Else it is time where the mix of columns or the outcome changes along the rows
    more than by chance: rows without any such change are as good in any order.
    """
    if asked in (ROWS, NONE):
        return RowOrder(asked == ROWS, "asked", "as the option says")
    if is_sorted_by(won):
        return RowOrder(False, "sure", "the rows are sorted by the outcome")
    others = [column for name, column in leads.columns.items() if name not in outcome]
    found = [one for column in others if (one := arranged(leads, column)) is not None]
    for_time = [one.why for one in found if one.is_time]
    if for_time:
        return RowOrder(True, "likely", for_time[0])
    if found:
        return min(found, key=lambda one: one.certainty == "a guess")
    return _by_drift(leads, _columns(leads, won, fields))


def _by_drift(leads: TableProfile, columns: Mapping[str, Column]) -> RowOrder:
    """What the mix of columns and the outcome say, over all rows and in each half."""
    whole, half = drift_along(columns), leads.rows // 2
    if not whole.found:
        said = "too few rows to tell" if whole.p == 1 else f"p = {whole.p:.2f}"
        return RowOrder(
            False, "likely", f"nothing changes along the rows beyond chance ({said}), as in a mixed file"
        )
    parts = ((1, half), (half + 1, leads.rows))
    halves = [drift_along({n: c[a - 1 : b] for n, c in columns.items()}) for a, b in parts]
    why = f"as {_listed(whole)} along them beyond chance (p = {whole.p:.3f})"
    for mine, other, (first, last) in zip(halves, halves[::-1], parts, strict=True):
        if mine.found and other.p > 0.2:
            return RowOrder(True, "a guess", f"{why}, but only within rows {first:,} to {last:,}")
    return RowOrder(True, "likely", why)


def _columns(leads: TableProfile, won: Floats, fields: Collection[str]) -> dict[str, Column]:
    """The outcome, and the fullest of `fields`."""
    able = [leads.columns[name] for name in fields if not names_rows(leads, leads.columns[name])]
    able.sort(key=lambda column: -column.format.filled)
    return {OUTCOME: won} | {column.name: leads.values(column.name) for column in able[:_MOST_COLUMNS]}


def _listed(drift: RowDrift) -> str:
    names = [name if name == OUTCOME else f"'{name}'" for name in drift.moved[:3]] or ["the mix of columns"]
    told = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f"{told} {'change' if len(names) > 1 else 'changes'}"
