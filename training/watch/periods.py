"""The past cut into periods as long as the newest, back from its end; and where nothing came at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import DAY_US, days_us, from_us
from features.columns import Floats
from features.recipe import Recipe
from features.snapshots import lead_frame
from features.tables import Tables, fetch_frame

MOST_PERIODS = 12
FEWEST_PERIODS = 3
_HOLE_DAYS = 7
_FEWEST_ROWS, _FEWEST_KINDS = 5, 4
_UNLIKELY = 1e-4


@dataclass(frozen=True)
class Periods:
    """Periods of `days` days that end at `end_us`: 0 is the newest, 1 the one before …, `n` before it.

    `holes` are spans (µs) of a week or more without any lead or event, where many would be expected.
    `leads` are the canonical leads created by the end, with their period (−1: before all periods).
    """

    recipe: Recipe
    tables: Tables
    end_us: int
    days: float
    n: int
    first_us: int
    leads: pd.DataFrame
    holes: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, recipe: Recipe, tables: Tables, end_us: int, days: float) -> Periods:
        """The periods of a company's tables up to `end_us`."""
        span = days_us(days)
        known = lead_frame(recipe, tables)["row"]
        leads = fetch_frame(tables.con, "leads")
        leads = leads[leads["row"].isin(known) & leads["created_us"].notna()]
        leads = leads[leads["created_us"].astype("int64") <= end_us].reset_index(drop=True)
        created = leads["created_us"].to_numpy(np.int64)
        first = int(created.min()) if len(created) else end_us
        n = int(min((end_us - first) // span - 1, MOST_PERIODS))
        leads["period"] = _period(created, end_us, span, n)
        holes = _holes(tables, first, end_us)
        return cls(recipe, tables, end_us, days, max(n, 0), first, leads, holes)

    @property
    def span_us(self) -> int:
        """The length of a period."""
        return days_us(self.days)

    def ends(self, period: int) -> int:
        """The end of a period, in µs."""
        return self.end_us - period * self.span_us

    @cached_property
    def past(self) -> list[int]:
        """The periods before the newest that a hole takes no quarter of, the newest first."""
        return [period for period in range(1, self.n + 1) if self._missing(period) <= 0.25]

    @cached_property
    def seasoned(self) -> list[int]:
        """Those of `past` before which leads had come for a whole horizon, where there are some of them.

        In the first months of a history all leads are young, and the young do most.
        """
        wait = days_us(min(self.recipe.recipe.horizon_days, 180))
        old = [period for period in self.past if self.ends(period + 1) - wait >= self.first_us]
        return old if len(old) >= FEWEST_PERIODS else self.past

    @cached_property
    def active(self) -> Floats:
        """By period: the leads created within a horizon (180 days at most) before its end."""
        wait = days_us(min(self.recipe.recipe.horizon_days, 180))
        created = np.sort(self.leads["created_us"].to_numpy(np.int64))
        ends = np.array([self.ends(period) for period in range(self.n + 1)], dtype=np.int64)
        upto, before = (np.searchsorted(created, at, side="right") for at in (ends, ends - wait))
        return (upto - before).astype(np.float64)

    def pace(self, counts: Mapping[str, Floats]) -> Floats:
        """By period how much happens, where most kinds of rows go together: the median over the kinds of the
        count against the kind's own mean. One kind that breaks moves it little. Below four kinds: `active`.

        The size factor of Anders and Huber 2010.
        """
        table = np.array(list(counts.values()))
        means = table[:, self.seasoned].mean(axis=1) if len(table) else np.empty(0)
        many = means >= _FEWEST_ROWS
        if many.sum() < _FEWEST_KINDS:
            return self.active
        return np.asarray(np.median(table[many] / means[many, None], axis=0), dtype=np.float64)

    def by_period(self, periods: NDArray[np.int64]) -> Floats:
        """How many of `periods` (any shape) are each of 0 … n."""
        inside = periods[(periods >= 0) & (periods <= self.n)]
        return np.bincount(inside, minlength=self.n + 1).astype(np.float64)

    def counted(self, table: str, column: str, since: str | None = None) -> dict[str, Floats]:
        """Rows of a canonical table by `column` and period of `occurred_us`, shape (n + 1,) each.

        Those that were `since` (a column of µs) known by the end of their period alone count: the newest
        period has no more.
        """
        span, end = self.span_us, self.end_us
        known = f"AND {since} <= {end} - {span} * (({end} - occurred_us) // {span})" if since else ""
        rows = self.tables.con.raw_sql(
            f"SELECT {column}, ({end} - occurred_us) // {span} AS period, count(*) "
            f"FROM {table} WHERE occurred_us <= {end} AND {column} IS NOT NULL {known} "
            f"GROUP BY 1, 2 HAVING period <= {self.n} ORDER BY 1, 2"
        ).fetchall()
        found: dict[str, Floats] = {}
        for name, period, count in rows:
            found.setdefault(str(name), np.zeros(self.n + 1))[int(period)] = count
        return found

    def _missing(self, period: int) -> float:
        """The share of a period that is in holes."""
        start, end = self.ends(period + 1), self.ends(period)
        return sum(max(min(to, end) - max(since, start), 0) for since, to in self.holes) / self.span_us

    def hole_notes(self) -> list[str]:
        """Each hole by its dates, with what the figures then mean."""
        return [
            f"a hole in time: nothing came from {from_us(since).date()} to {from_us(to).date()}; periods "
            "that lose a quarter to it are left out of what is compared with; figures over it lack its leads"
            for since, to in self.holes
        ]


def _period(us: NDArray[np.int64], end_us: int, span: int, n: int) -> NDArray[np.int64]:
    period = (end_us - us) // span
    return np.asarray(np.where(period <= n, period, -1), dtype=np.int64)


def _holes(tables: Tables, first_us: int, end_us: int) -> tuple[tuple[int, int], ...]:
    """Spans without a row that a Poisson process of this company's rate would not leave."""
    parts = ["SELECT created_us AS us FROM leads"]
    if tables.events is not None:
        parts.append("SELECT occurred_us FROM events")
    days = tables.con.raw_sql(
        f"SELECT us // {DAY_US}, count(*) FROM ({' UNION ALL '.join(parts)}) "
        f"WHERE us BETWEEN {first_us} AND {end_us} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    if len(days) < 2 * _HOLE_DAYS:
        return ()
    day = np.array([row[0] for row in days], dtype=np.int64)
    typical = float(np.median([row[1] for row in days]))
    last = np.append(day, end_us // DAY_US + 1)
    gaps = np.diff(last) - 1
    empty = (gaps >= _HOLE_DAYS) & (np.exp(-typical * gaps) * len(day) < _UNLIKELY)
    return tuple(
        (int(day[at] + 1) * DAY_US, min(int(last[at + 1]) * DAY_US, end_us)) for at in np.flatnonzero(empty)
    )
