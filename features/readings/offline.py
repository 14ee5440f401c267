"""The set-based reading: features of many (lead, as_of) at once, as one expression over tables."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from features.catalogue import Activity, Feature, WallClock
from features.catalogue.row import Row
from features.clock.zones import wall_expr
from features.columns import Column, Columns
from features.errors import LeadscoreError
from features.lead import Tally
from features.lead.measures import Measure
from features.lead.patterns import Working
from features.readings.accounts import with_accounts
from features.readings.activity import unpacked, with_activity
from features.recipe import Recipe
from features.tables import Tables, bound, register_frame

CHUNK = 250_000
"""Moments a query: bounds the engine's working set whatever the number of moments."""
_KEPT = 16
_made: dict[Hashable, str] = {}
"""The queries of the last tables, by what they depend on."""


def offline(
    features: Sequence[Feature],
    recipe: Recipe,
    tables: Tables,
    moments: pd.DataFrame,
    *,
    chunk: int = CHUNK,
    progress: Callable[[int], None] | None = None,
) -> Columns:
    """Columns of shape `(len(moments),)`, in the order of `moments` [lead_id, as_of_us].

    Numbers are float64 with NaN, categories objects `str | None`. Only events with available ≤ as_of are
    seen. Moments are read `chunk` at a time; `progress` is told how many are done.

    Raises:
        LeadscoreError: a moment names a lead that the tables lack, or a feature a field that they lack.
    """
    chunks = arrow_chunks(features, recipe, tables, locate(tables, moments), chunk)
    return gathered(features, chunks, progress)


def gathered(
    features: Sequence[Feature], chunks: Iterable[Any], progress: Callable[[int], None] | None = None
) -> Columns:
    """The columns in Arrow tables that follow each other; `progress` is told how many moments are done."""
    parts: dict[str, list[Column]] = {feature.name: [] for feature in features}
    done = 0
    for result in chunks:
        for name, column in columns_of(features, result).items():
            parts[name].append(column)
        done += len(result)
        if progress is not None:
            progress(done)
    return Columns({name: cast(Column, np.concatenate(columns)) for name, columns in parts.items()}, done)


def arrow_chunks(
    features: Sequence[Feature], recipe: Recipe, tables: Tables, frame: pd.DataFrame, chunk: int
) -> Iterator[Any]:
    """The reading of `frame` (see `locate`) as Arrow tables of up to `chunk` moments, each unsorted."""
    register_frame(tables.con, "moments", frame.head(0))
    query = _sql(features, recipe, tables)
    for start in range(0, max(len(frame), 1), chunk):
        register_frame(tables.con, "moments", frame.iloc[start : start + chunk])
        yield unpacked(features, tables.con.con.sql(query).to_arrow_table())
    tables.con.raw_sql("DROP TABLE moments")


def _sql(features: Sequence[Feature], recipe: Recipe, tables: Tables) -> str:
    """`expression` over the table moments in the engine's SQL.

    Making it takes a second, as long as reading ten thousand leads; it depends on the shape of the tables
    alone, which all blocks of an export share.
    """
    held = [
        table for table in (tables.leads, tables.events, tables.outcomes, tables.history) if table is not None
    ]
    shapes = [(table.get_name(), *table.schema().items()) for table in held]
    key = (tuple(features), recipe.hash, *map(tuple, shapes))
    if key not in _made:
        while len(_made) >= _KEPT:
            _made.pop(next(iter(_made)), None)
        query = expression(features, recipe, tables, bound(tables.con, "moments"))
        _made[key] = str(tables.con.compile(query))
    return _made[key]


def locate(tables: Tables, moments: pd.DataFrame) -> pd.DataFrame:
    """Columns moment (0-based place), row (of the lead), as_of_us.

    Raises:
        LeadscoreError: a lead is not in the tables.
    """
    leads = tables.leads.select("lead_id", "row").to_pyarrow()
    ids = pd.Index(leads.column("lead_id").to_pylist(), dtype=object)
    rows = pd.Series(leads.column("row").to_numpy(), index=ids)
    found = rows.reindex(pd.Index(moments["lead_id"].astype(object))).to_numpy(dtype="float64")
    if np.isnan(found).any():
        raise LeadscoreError(
            f"{int(np.isnan(found).sum())} of {len(moments)} moments name a lead that the leads table lacks.",
            "Take ids from the same tables.",
        )
    return pd.DataFrame(
        {
            "moment": np.arange(len(moments), dtype=np.int64),
            "row": found.astype(np.int64),
            "as_of_us": moments["as_of_us"].to_numpy(dtype=np.int64),
        }
    )


def expression(features: Sequence[Feature], recipe: Recipe, tables: Tables, moments: Any) -> Any:
    """The whole reading as one Ibis expression: moment and one column per feature, in no order.

    Activity is an array still (see `unpacked`). `moments` is an Ibis table [moment, row, as_of_us] of the
    same engine as `tables`.
    """
    tallies = list(dict.fromkeys(tally for feature in features for tally in feature.tallies))
    rows, walls = _with_walls(features, _with_fields(recipe, tables, moments))
    tallied: dict[Tally, str] | None = None
    if tables.events is not None:
        tallied = {tally: f"t{place}" for place, tally in enumerate(tallies)}
        if tallies:
            seen = _tallied(tables.events, moments, tallied)
            rows = rows.left_join(seen, "moment").drop("moment_right")
    rows, accounts = with_accounts(features, with_activity(features, rows, tables), tables)
    row = Row(rows, tallied, walls, accounts)
    named = {feature.name: _typed(feature, row) for feature in features}
    return rows.select("moment", **named)


def _typed(feature: Feature, row: Row) -> Any:
    """The expression of a feature in the type of its column; activity is an array still."""
    found = feature.expr(row)
    if isinstance(feature, Activity):
        return found
    return found.cast("float64" if feature.dtype == "number" else "string")


def _with_walls(features: Sequence[Feature], rows: Any) -> tuple[Any, dict[tuple[str, str], str]]:
    """`rows` with a column for each wall clock that a feature looks at."""
    needed = dict.fromkeys(
        (feature.of, feature.zone) for feature in features if isinstance(feature, WallClock)
    )
    names: dict[tuple[str, str], str] = {key: f"wall_{key[0]}_{key[1]}" for key in needed}
    instants = {"creation": rows.created_us, "as_of": rows.as_of_us}
    return rows.mutate(**{name: wall_expr(instants[key[0]], key[1]) for key, name in names.items()}), names


def _with_fields(recipe: Recipe, tables: Tables, moments: Any) -> Any:
    """Moments with the leads' canonical columns; of a lead without creation time no age is known."""
    leads = tables.leads
    columns = [name for name in leads.columns if name.startswith("f_")]
    rows = moments.left_join(leads.select("row", "created_us", *columns), "row").drop("row_right")
    if tables.history is None:
        return rows
    for name in columns:
        field = name.removeprefix("f_").split(".")[0] if name[2:] not in recipe.lead.fields else name[2:]
        if recipe.lead.fields[field].known == "current":
            rows = _as_of(rows, tables, name)
    return rows


def _as_of(rows: Any, tables: Tables, column: str) -> Any:
    """`rows` with `column` taken from the history: the value that held at as_of."""
    history = tables.history
    assert history is not None
    changes = history.filter(history.field == column.removeprefix("f_"))
    kind = rows[column].type()
    value = changes.text if kind.is_string() else changes.number
    changes = changes.select("row", "changed_us", "until_us", held=value.cast(kind))
    joined = rows.drop(column).left_join(
        changes,
        [
            rows.row == changes.row,
            changes.changed_us <= rows.as_of_us,
            rows.as_of_us < changes.until_us,
        ],
    )
    return joined.rename({column: "held"}).drop("row_right", "changed_us", "until_us")


def _tallied(events: Any, moments: Any, tallied: dict[Tally, str]) -> Any:
    """One row per moment with any visible event: each tally, folded by kind first, then over kinds."""
    seen = moments.inner_join(
        events, [moments.row == events.row, events.available_us <= moments.as_of_us]
    ).select("moment", "kind", "occurred_us", "value", age=moments.as_of_us - events.occurred_us)
    measures: dict[str, Measure] = {tally.measure.key: tally.measure for tally in tallied}
    names = {key: f"m{place}" for place, key in enumerate(measures)}
    zones = {measure.wall: measure.zone for measure in measures.values() if isinstance(measure, Working)}
    seen = seen.mutate(**{name: wall_expr(seen.occurred_us, zone) for name, zone in zones.items()})
    folded = seen.group_by("moment", "kind").aggregate(
        **{names[key]: measure.per_kind(seen.age, seen) for key, measure in measures.items()}
    )
    merged = {}
    for tally, name in tallied.items():
        part = folded[names[tally.measure.key]]
        if tally.kinds:
            part = _only(part, folded.kind, tally.kinds)
        merged[name] = tally.measure.merge(part, folded.kind)
    return folded.group_by("moment").aggregate(**merged)


def _only(part: Any, kind: Any, kinds: tuple[str, ...]) -> Any:
    """`part` where the kind is one of `kinds`, NULL elsewhere: every aggregate skips it."""
    import ibis

    wanted = kind == kinds[0] if len(kinds) == 1 else kind.isin(kinds)
    return ibis.ifelse(wanted, part, ibis.null(part.type()))


def columns_of(features: Sequence[Feature], result: Any) -> Columns:
    """Columns in the order of moments, from the Arrow table that `expression` gives (in any order)."""
    places = np.argsort(result.column("moment").to_numpy(), kind="stable")
    columns = {f.name: _column(result.column(f.name), f.dtype)[places] for f in features}
    return Columns(columns, len(result))


def _column(values: Any, dtype: str) -> Column:
    if dtype == "category":
        return np.array(values.to_pylist(), dtype=object)
    numbers: np.ndarray[Any, np.dtype[np.float64]] = values.to_numpy().astype(np.float64)
    return numbers
