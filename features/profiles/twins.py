"""Files of one list: the same leads exported on different days, or other leads of the same columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.profiles.keys import keys_of
from features.profiles.presets import plain
from features.profiles.table import TableProfile

_SAME_COLUMNS = 0.8
_SAME_LEADS = 0.5
_FEWEST_COLUMNS = 3


def newest_of_twins(tables: Sequence[TableProfile]) -> tuple[list[TableProfile], list[str]]:
    """The tables without those of a list that is there twice, and a sentence on each such pair.

    Two tables are of one list where four in five of their columns are called alike and both have the same
    key. Where most keys of the smaller are in the other too, the one with the later dates is kept: what an
    older one says of a lead is what is known no more. Otherwise they hold different leads of one kind, and
    the one with more rows is kept.
    """
    kept, said = list(tables), []
    for place, one in enumerate(tables):
        for other in tables[place + 1 :]:
            if one not in kept or other not in kept or not _of_one_list(one, other):
                continue
            share = _common_keys(one, other)
            if share is None:
                continue
            older, newer = sorted((one, other), key=lambda table: (_newest(table), table.rows))
            if share >= _SAME_LEADS:
                kept.remove(older)
                said.append(
                    f"{older.raw.name}: holds {share:.0%} of the leads of {newer.raw.name}, on an earlier "
                    "day by its dates; the newer file is used, this one is not"
                )
            else:
                fewer, more = sorted((one, other), key=lambda table: table.rows)
                kept.remove(fewer)
                twice = f", {share:.0%} of them the same" if share else ""
                said.append(
                    f"{fewer.raw.name}: holds leads of the same kind as {more.raw.name}, under the same "
                    f"columns{twice}; only one file can be the leads, and this one is not used: put the rows "
                    "into one file to use both"
                )
    return kept, said


def _of_one_list(one: TableProfile, other: TableProfile) -> bool:
    names, others = ({plain(name) for name in table.columns} for table in (one, other))
    return len(names) >= _FEWEST_COLUMNS and len(names & others) >= _SAME_COLUMNS * len(names | others)


def _common_keys(one: TableProfile, other: TableProfile) -> float | None:
    """The share of the smaller table's keys that the other has; None without a key of one name in both."""
    for key in keys_of(one):
        same = next((name for name in keys_of(other) if plain(name) == plain(key)), None)
        if same is None:
            continue
        keys, others = set(one.cells(key).dropna()), set(other.cells(same).dropna())
        return len(keys & others) / max(min(len(keys), len(others)), 1)
    return None


def _newest(table: TableProfile) -> float:
    """The latest moment in any column that dates something, in µs; −∞ without dates."""
    dates = [c.name for c in table.columns.values() if c.format.type == "date"]
    newest = (float(np.nanmax(table.values(name).astype(np.float64), initial=-np.inf)) for name in dates)
    return max(newest, default=-np.inf)
