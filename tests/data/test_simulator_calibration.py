"""The limit is the probability: what it says happens that often, whichever visible group is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

import data
from data.simulator.seasons import END, START, Ints
from features.clock.instants import DAY_US, to_us
from features.columns import Floats

STAMP = pa.timestamp("us", tz="UTC")
AT_DAYS = np.array([0, 1, 3, 7, 14, 30, 60, 120, 240])
HORIZON = 90


@dataclass(frozen=True)
class Judged:
    """Matured snapshots of open leads: lead, age in days, as_of, the limit, and whether the lead was won."""

    lead: Ints
    age: Ints
    as_of: Ints
    limit: Floats
    won: npt.NDArray[np.bool_]


def microseconds(column: pa.ChunkedArray) -> Ints:
    """A timestamp column as integers."""
    return np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)


def judge(truth: pa.Table, events: pa.Table, outcomes: pa.Table) -> Judged:
    """All snapshots of `AT_DAYS` that the recipe's rules allow, with label and limit."""
    closings = outcomes.filter(pc.is_in(outcomes["stage"], value_set=pa.array(["won", "lost"])))
    row = pc.index_in(closings["lead_id"], value_set=truth["lead_id"].combine_chunks()).to_numpy()
    closed, was_won = np.full(truth.num_rows, np.iinfo(np.int64).max), np.zeros(truth.num_rows, dtype=bool)
    closed[row] = microseconds(closings["occurred_at"])
    was_won[row] = pc.equal(closings["stage"], "won").to_numpy(zero_copy_only=False)
    lead, age = np.repeat(np.arange(truth.num_rows), len(AT_DAYS)), np.tile(AT_DAYS, truth.num_rows)
    as_of = microseconds(truth["created_at"])[lead] + age * DAY_US
    kept = (closed[lead] > as_of) & (as_of + HORIZON * DAY_US <= to_us(END))
    lead, age, as_of = lead[kept], age[kept], as_of[kept]
    won = was_won[lead] & (closed[lead] <= as_of + HORIZON * DAY_US)
    asked = pa.table({"lead_id": truth["lead_id"].take(pa.array(lead)), "as_of": pa.array(as_of).cast(STAMP)})
    return Judged(lead, age, as_of, data.true_probability(truth, events, asked, HORIZON), won)


def excess(judged: Judged, group: npt.NDArray[np.bool_]) -> float:
    """Observed minus expected wins of a group in standard errors; a lead's snapshots are one cluster."""
    surprise = np.bincount(judged.lead[group], (judged.won - judged.limit)[group])
    return float(surprise.sum() / np.sqrt((surprise**2).sum()))


def groups_of(judged: Judged) -> dict[str, npt.NDArray[np.bool_]]:
    """Groups that can be told at as_of: tenths of the limit, ages, quarters."""
    tenth = np.searchsorted(np.quantile(judged.limit, np.arange(1, 10) / 10), judged.limit)
    quarter = (judged.as_of - judged.as_of.min()) // (91 * DAY_US)
    groups = {f"tenth {k}": tenth == k for k in range(10)}
    groups |= {f"age {age}": judged.age == age for age in AT_DAYS}
    return groups | {f"quarter {k}": quarter == k for k in range(6)}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Judged]:
    """A simulated company of 50,000 leads and its judged snapshots."""
    folder = tmp_path_factory.mktemp("company")
    data.simulate(folder, 50_000, seed=11)
    tables = [pq.read_table(folder / f"{name}.parquet") for name in ("truth", "events", "outcomes")]
    return folder, judge(*tables)


@pytest.mark.slow
def test_the_limit_is_calibrated_in_every_visible_group(company: tuple[Path, Judged]) -> None:
    found = {name: excess(company[1], group) for name, group in groups_of(company[1]).items()}
    assert abs(excess(company[1], company[1].limit > 0)) < 3
    assert max(abs(z) for z in found.values()) < 4, found


def had_recent(judged: Judged, row: Ints, at: Ints) -> npt.NDArray[np.bool_]:
    """Whether a lead had one of the given events in the two days before as_of (where late ones hide)."""
    # Leads one after the other on one time axis, so that one search finds the last event before an as_of.
    axis = np.sort((row << 46) + at - to_us(START))
    now = (judged.lead << 46) + judged.as_of - to_us(START)
    last = axis[np.maximum(np.searchsorted(axis, now, side="right") - 1, 0)]
    return np.asarray((last <= now) & (now - last < 2 * DAY_US), dtype=bool)


def test_the_limit_is_calibrated_where_late_events_hide(company: tuple[Path, Judged]) -> None:
    folder, judged = company
    events = pq.read_table(folder / "events.parquet", columns=["lead_id", "occurred_at", "ingested_at"])
    truth = pq.read_table(folder / "truth.parquet", columns=["lead_id"])
    position = pc.index_in(events["lead_id"], value_set=truth["lead_id"].combine_chunks())
    row = position.to_numpy().astype(np.int64)
    at, ingested = microseconds(events["occurred_at"]), microseconds(events["ingested_at"])
    prompt = had_recent(judged, row[ingested == at], at[ingested == at])
    hidden = had_recent(judged, row[ingested > at], at[ingested > at])
    assert hidden.sum() > 500
    assert abs(excess(judged, prompt)) < 4
    assert abs(excess(judged, ~prompt)) < 4
    # An event that hides is not in the limit, so that its leads are better than the limit can know.
    assert excess(judged, hidden) > 2


def test_base_rates_and_ranking_are_those_of_the_field(company: tuple[Path, Judged]) -> None:
    judged = company[1]
    assert 0.04 < judged.won.mean() < 0.08
    assert 0.06 < judged.won[judged.age == 0].mean() < 0.12
    assert 0.77 < roc_auc_score(judged.won, judged.limit) < 0.82
    assert judged.limit.min() > 0
    assert judged.limit.max() < 1


@pytest.mark.slow
def test_the_limit_is_calibrated_over_a_million_leads(tmp_path: Path) -> None:
    data.simulate(tmp_path, 1_000_000, seed=12)
    files = [pq.ParquetFile(tmp_path / f"{name}.parquet") for name in ("truth", "events", "outcomes")]
    parts, first = [], 0
    for group in range(files[0].num_row_groups):
        truth, events, outcomes = (file.read_row_group(group) for file in files)
        part = judge(truth, events, outcomes)
        parts.append(Judged(part.lead + first, part.age, part.as_of, part.limit, part.won))
        first += truth.num_rows
    names = ("lead", "age", "as_of", "limit", "won")
    judged = Judged(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    found = {name: excess(judged, group) for name, group in groups_of(judged).items()}
    assert abs(excess(judged, judged.limit > 0)) < 3
    assert max(abs(z) for z in found.values()) < 4, found
