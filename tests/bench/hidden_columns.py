"""A company's leads as `tests.bench.hidden_states` reads them, and what its filter says as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.clock import days_us
from features.columns import Floats
from features.tables import Tables
from serving.calibration import log_odds
from tests.bench.hidden_states import Codes, Lives, filtered, fit_chain
from tests.bench.limit_company import Company

_EVER = 2**62
_LEAST = 1e-5


@dataclass(frozen=True)
class Seen:
    """`created` of each lead; events (row, available_us, kind as number, of `n_kinds`); first closings (row,
    occurred_us, won)."""

    created: Codes
    events: pd.DataFrame
    closed: pd.DataFrame
    n_kinds: int

    @classmethod
    def of(cls, tables: Tables) -> Seen:
        """Leads are numbered in the order of the tables."""
        leads = tables.leads.execute().sort_values("row")
        place = pd.Series(np.arange(len(leads)), index=leads["row"])
        assert tables.events is not None
        assert tables.outcomes is not None
        events, outcomes = (
            table[table["row"].isin(place.index)].assign(row=lambda one: place[one["row"]].to_numpy())
            for table in (tables.events.execute(), tables.outcomes.execute())
        )
        kinds, names = pd.factorize(events["kind"], sort=True)
        closings = outcomes[outcomes["closing"].notna() & outcomes["occurred_us"].notna()]
        first = closings.sort_values("occurred_us").drop_duplicates("row")
        return cls(
            leads["created_us"].to_numpy(np.int64),
            events.assign(kind=kinds)[["row", "available_us", "kind"]],
            first.assign(won=first["closing"] == "won")[["row", "occurred_us", "won"]],
            len(names),
        )

    def lives(self, rows: Codes, until_us: int, step_us: int, first_us: int) -> Lives:
        """The leads `rows`, in that order, as seen up to a moment; step 0 ends `first_us` after creation."""
        new = np.full(len(self.created), -1)
        new[rows] = np.arange(len(rows))
        events, closed = (
            table[new[table["row"]] >= 0].assign(row=lambda one: new[one["row"]])
            for table in (self.events, self.closed)
        )
        begin = self.created[rows] + first_us
        over = closed[closed["occurred_us"] <= until_us]
        lead, end = over["row"].to_numpy(np.int64), np.full(len(rows), until_us)
        end[lead] = over["occurred_us"].to_numpy(np.int64)

        def step_of(which: Codes, at_us: Codes) -> Codes:
            return np.maximum(-((begin[which] - at_us) // step_us), 0)

        steps = step_of(np.arange(len(rows)), end)
        events = events[events["available_us"].to_numpy(np.int64) <= end[events["row"]]]
        row, at = (events[name].to_numpy(np.int64) for name in ("row", "available_us"))
        last = np.where(over["won"], self.n_kinds, self.n_kinds + 1)
        return Lives(
            steps,
            np.r_[row, lead],
            np.r_[step_of(row, at), steps[lead]],
            np.r_[events["kind"].to_numpy(np.int64), last],
            self.n_kinds + 2,
        )


def hidden_columns(
    company: Company, tables: Tables, n_states: int, step_days: float, first_days: float = 0.0
) -> Mapping[str, Floats]:
    """Log-odds of each state against the first, and of being won within the horizon, for every row.

    The chain is fitted on what was seen of all leads before the first test moment.
    """
    seen, frame = Seen.of(tables), company.labelled.frame
    step_us, first_us, until = days_us(step_days), days_us(first_days), company.split.first_test_us
    known = np.flatnonzero(seen.created < until)
    chain = fit_chain(
        seen.lives(np.random.default_rng(0).permutation(known), until, step_us, first_us), n_states
    )
    ids = tables.leads.execute().sort_values("row")["lead_id"].astype(str)
    lead = pd.Series(np.arange(len(ids)), index=ids)[frame["lead_id"].astype(str)].to_numpy()
    age = frame["as_of_us"].to_numpy(np.int64) - seen.created[lead]
    step = np.maximum((age - first_us + 1) // step_us, 0)
    last = np.zeros(len(ids), dtype=np.int64)
    np.maximum.at(last, lead, step)
    lives = seen.lives(np.arange(len(ids)), _EVER, step_us, first_us)
    kept = lives.step <= last[lives.lead]
    lives = replace(lives, steps=last, lead=lives.lead[kept], step=lives.step[kept], kind=lives.kind[kept])
    states = np.clip(filtered(chain, lives, lead, step), _LEAST, 1.0)
    won = states @ chain.within(round(company.recipe.recipe.horizon_days / step_days))
    found = {f"hidden_{at}": np.log(states[:, at] / states[:, 0]) for at in range(1, n_states)}
    return found | {"hidden_won": log_odds(np.clip(won, _LEAST, 1 - _LEAST))}
