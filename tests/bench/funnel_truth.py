"""`python -m tests.bench.funnel_truth`: how often the funnel's intervals hold the known truth.

The truth of a rate is the mean of the known probabilities of the matured leads of an origin; of an amount the
mean over a company of 40,000 leads. Takes some minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import data
from features import load_recipe, read_tables
from features.clock import DAY_US
from features.tables import fetch_frame
from leadscore.terminal import print_table
from serving.funnel import make_funnel

LARGE = 40_000
SEEDS = range(41, 61)


def mean_amounts(folder: Path) -> pd.Series:  # type: ignore[type-arg]
    """Origin → the mean amount of a customer, in a company so large that it is known."""
    data.simulate(folder, leads=LARGE, seed=1)
    leads = pd.read_parquet(folder / "leads.parquet", columns=["lead_id", "origin"]).drop_duplicates(
        "lead_id"
    )
    won = pd.read_parquet(folder / "outcomes.parquet").query("stage == 'won'").merge(leads, on="lead_id")
    return won.groupby("origin")["amount"].mean()


def funnel_against_truth(
    folder: Path,
    seeds: Iterable[int],
    *,
    leads: int = 1_500,
    amounts: pd.Series | None = None,  # type: ignore[type-arg]
) -> pd.DataFrame:
    """A row an interval: seed, origin, figure, low, high, truth; of each company of `seeds` in `folder`."""
    rows: list[tuple[object, ...]] = []
    for seed in seeds:
        place = folder / str(seed)
        data.simulate(place, leads=leads, seed=seed)
        recipe = load_recipe(place / "recipe.toml")
        tables = read_tables(recipe, place)
        known = _true_rates(place, fetch_frame(tables.con, "leads"), tables.end_us)
        for group in make_funnel(recipe, tables).groups:
            rate, truth = group.steps[-1].from_creation, float(known[group.name])
            rows.append((seed, group.name, "becomes a customer", rate.low, rate.high, truth))
            cost = group.cost_per.get("customer")
            if cost is not None and group.cost_per_lead is not None:
                rows.append(
                    (seed, group.name, "cost per customer", cost.low, cost.high, group.cost_per_lead / truth)
                )
            value = group.value_per_lead
            if amounts is not None and value is not None:
                worth = truth * float(amounts[group.name])
                rows.append((seed, group.name, "value of a lead", value.low, value.high, worth))
    frame = pd.DataFrame(rows, columns=["seed", "origin", "figure", "low", "high", "truth"])
    high = frame["high"].fillna(float("inf"))  # no customer yet: the cost of one has no upper end
    return frame.assign(held=(frame["low"] <= frame["truth"]) & (frame["truth"] <= high))


def _true_rates(place: Path, leads: pd.DataFrame, end_us: int) -> pd.Series:  # type: ignore[type-arg]
    """Origin → the mean true probability of its matured leads."""
    matured = leads[leads["created_us"] + 90 * DAY_US <= end_us]
    created = pa.array(matured["created_us"].to_numpy(dtype="int64"), pa.timestamp("us", "UTC"))
    asked = pa.table({"lead_id": pa.array(list(matured["lead_id"])), "as_of": created})
    lives, events = (pq.read_table(place / f"{name}.parquet") for name in ("truth", "events"))
    truth = data.true_probability(lives, events, asked, 90)
    return pd.Series(truth).groupby(matured["origin"].to_numpy()).mean()


def main() -> None:
    """Print the share of intervals that hold the truth, by figure."""
    with TemporaryDirectory() as place:
        amounts = mean_amounts(Path(place) / "large")
        found = funnel_against_truth(Path(place), SEEDS, amounts=amounts)
    told = found.groupby("figure", sort=False)["held"].agg(["sum", "size", "mean"]).reset_index()
    print_table(["figure", "hold the truth", "of", "share"], told.to_numpy().tolist())


if __name__ == "__main__":
    main()
