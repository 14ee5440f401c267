"""Features: the engine's reading against a pandas groupby and hand-written SQL, and the fold of one lead."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import data
from features import Feature, Recipe, Tables, default_features, load_recipe, read_tables
from features.catalogue import DecayedCount, EventCount, Recency
from features.catalogue.events import ValueTotal
from features.clock.instants import DAY_US, from_us
from features.columns import Columns
from features.lead.lead import Lead, Visible, gather
from features.lead.reader import parse_lead
from features.readings import OnlinePlan, offline
from features.snapshots import snapshots
from tests.bench.features_by_hand import by_pandas, by_sql
from tests.bench.rows import Row, at_least, at_most, cpu_seconds

LEADS = 10_000
AS_OF_US = 1_750_000_000_000_000
Windowed = EventCount | DecayedCount | Recency | ValueTotal


def run() -> list[Row]:
    """Ratios of CPU time, one thread each."""
    with TemporaryDirectory() as folder:
        data.simulate(Path(folder), LEADS, 1)
        recipe = load_recipe(Path(folder) / "recipe.toml")
        tables = read_tables(recipe, folder)
        tables.con.raw_sql("SET threads = 1")
        return [*_in_bulk(recipe, tables), *_growth_in_bulk(recipe, tables), *_one_lead(recipe)]


def _in_bulk(recipe: Recipe, tables: Tables) -> list[Row]:
    moments = snapshots(recipe, tables).frame
    windowed = [feature for feature in default_features(recipe) if isinstance(feature, Windowed)]
    ours = offline(windowed, recipe, tables, moments)
    for other in (by_pandas(windowed, tables, moments), by_sql(windowed, tables, moments)):
        _must_equal(windowed, ours, other)
    seconds = cpu_seconds(lambda: offline(windowed, recipe, tables, moments))
    pandas = cpu_seconds(lambda: by_pandas(windowed, tables, moments), 1)
    sql = cpu_seconds(lambda: by_sql(windowed, tables, moments))
    whole = default_features(recipe)
    every = cpu_seconds(lambda: offline(whole, recipe, tables, moments), 1)
    say = f"{len(windowed)} windows of {len(moments):,} snapshots"
    return [
        at_least(f"{say}: pandas groupby / offline", pandas / seconds, "×", 10),
        at_most(f"{say}: offline / hand-written SQL", seconds / sql, "×", 1.5),
        Row(f"all {len(whole)} features", len(moments) / every, "snapshots/s"),
    ]


def _must_equal(features: list[Windowed], ours: Columns, other: Columns) -> None:
    """What is not equal cannot be compared in speed; by hand nobody rounds, hence the tolerance."""
    for feature in features:
        one, two = ours[feature.name].astype(float), other[feature.name].astype(float)
        assert np.allclose(one, two, rtol=0, atol=1e-6, equal_nan=True), feature.name


def _growth_in_bulk(recipe: Recipe, tables: Tables) -> list[Row]:
    """CPU time of 2, 4, 8 times the snapshots against proportion; below 1 where fixed costs are shared."""
    features, frame = default_features(recipe), snapshots(recipe, tables).frame
    whole = frame.sample(len(frame), random_state=1)
    times = {}
    for share in (1, 2, 4, 8):
        part = whole.head(len(whole) * share // 8)
        times[share] = cpu_seconds(partial(offline, features, recipe, tables, part))
    return [
        at_most(f"offline, {n}× the snapshots: time / {n}× that of one", times[n] / times[1] / n, "×", 1.25)
        for n in (2, 4, 8)
    ]


def _one_lead(recipe: Recipe) -> list[Row]:
    features = default_features(recipe)
    fold = {n: _fold_us(recipe, features, n) for n in (10, 100, 1_000, 2_000, 4_000, 8_000)}
    rows = [
        Row("online, lead with 10 events, all features", fold[10], "µs"),
        at_most("online, lead with 100 events, all features", fold[100], "µs", 200),
        Row("online, lead with 1,000 events, all features", fold[1_000], "µs"),
        Row("reading a request with 100 events, before features", _read_us(recipe, 100), "µs"),
    ]
    growth = {n: fold[n * 1_000] / fold[1_000] / n for n in (2, 4, 8)}
    return rows + [
        at_most(f"online, {n}× of 1,000 events: time / {n}× that of one", growth[n], "×", 1.25)
        for n in growth
    ]


def _fold_us(recipe: Recipe, features: tuple[Feature, ...], events: int) -> float:
    """µs to sort visible events and compute every feature; no garbage collection, as in the service."""
    lead, log, plan = _lead(recipe, 0), _events(recipe, events), OnlinePlan(features)
    repeats = max(1, 6_000 // (100 + events))

    def fold() -> None:
        for _ in range(repeats):
            by_kind = gather({kind: found.copy() for kind, found in log.items() if found}, AS_OF_US)
            plan.row(Lead(lead.lead_id, AS_OF_US, lead.created_us, lead.values, by_kind))

    gc.disable()
    try:
        return cpu_seconds(fold, 50) / repeats * 1e6
    finally:
        gc.enable()


def _read_us(recipe: Recipe, events: int) -> float:
    return cpu_seconds(lambda: _lead(recipe, events), 200) * 1e6


def _events(recipe: Recipe, events: int) -> Visible:
    """Events over 240 days, kinds in turn."""
    assert recipe.events is not None
    kinds = list(recipe.events.kinds)
    ages = np.random.default_rng(1).integers(0, 240 * DAY_US, events).tolist()
    return {kind: [(age, 0) for age in ages[place :: len(kinds)]] for place, kind in enumerate(kinds)}


def _lead(recipe: Recipe, events: int) -> Lead:
    log = [
        {"occurred_at": from_us(AS_OF_US - age).isoformat(), "kind": kind}
        for kind, found in _events(recipe, events).items()
        for age, _ in found
    ]
    fields = {"job_title": "VP Sales", "email": "ann@acme.co.uk", "company_size": 120, "industry": "software"}
    created = from_us(AS_OF_US - 241 * DAY_US).isoformat()
    return parse_lead(recipe, lead_id="1", fields=fields, events=log, as_of_us=AS_OF_US, created_at=created)
