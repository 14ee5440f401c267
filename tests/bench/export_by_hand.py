"""A pipeline for one recipe as one would write it: DuckDB reads, aggregates and writes, LightGBM predicts.

`python -m tests.bench.export_by_hand ARTEFACT OUT REASONS` scores leads.csv and events.csv of its folder. The
features are the model's, in the SQL that leadscore's own definitions come to. Cells are cast and not checked,
nothing is counted, no odd cell, copy or second person is looked for; a reason is the name of a column.
Boosters are asked through LightGBM; the lines and rates that a blend may hold are ours, a few operations on
arrays.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from features.catalogue import Feature
from features.columns import Columns, Floats
from features.readings.offline import columns_of, expression
from features.recipe import Recipe
from features.tables import bound, tables_from_frames
from serving.artefact import load_artefact
from serving.scorer import Scorer
from serving.scorers import Blend, Trees
from serving.scorers.line import columns_of as line_columns
from serving.scorers.line import line_names
from tests.bench.export import MOMENT

CHUNK = 100_000
FREE = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "orange.fr",
    "free.fr",
    "wanadoo.fr",
    "gmx.de",
)


def main(folder: Path, out: str, reasons: int) -> None:
    """Everything in one go, a chunk of leads at a time."""
    artefact = load_artefact(folder)
    model, recipe = artefact.model, artefact.manifest.recipe
    assert isinstance(model, Trees | Blend)
    query = _query(model.features, recipe)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false; SET memory_limit = '4GB'")
    con.execute("CREATE TABLE raw AS SELECT row_number() OVER () - 1 AS row, * FROM read_csv('leads.csv')")
    con.execute(f"CREATE TABLE leads AS SELECT {_fields(recipe)} FROM raw")
    con.execute("""
        CREATE TABLE events AS SELECT l.row, epoch_us(occurred_at) AS occurred_us,
               epoch_us(greatest(ingested_at, occurred_at)) AS available_us, e.kind,
               floor(coalesce(value, 0) * 1000 + 0.5)::DOUBLE AS value
        FROM read_csv('events.csv') e JOIN raw l USING (lead_id) WHERE occurred_at <= now()""")
    con.execute(f"CREATE TABLE scores (row BIGINT, probability DOUBLE, score INTEGER{_told(reasons)})")
    rows = con.execute("SELECT count(*) FROM raw").fetchall()[0][0]
    for start in range(0, rows, CHUNK):
        con.execute(f"""
            CREATE OR REPLACE TABLE moments AS
            SELECT row - {start} AS moment, row, epoch_us('{MOMENT}'::TIMESTAMPTZ) AS as_of_us
            FROM leads WHERE row >= {start} AND row < {start + CHUNK}""")
        columns = columns_of(model.features, con.sql(query).to_arrow_table())
        found = _scored(model, columns, artefact.manifest.references["model"], reasons, start)
        con.register("found", found)
        con.execute("INSERT INTO scores SELECT * FROM found")
    con.execute(
        f"COPY (SELECT raw.* EXCLUDE (row), scores.* EXCLUDE (row) FROM raw JOIN scores USING (row) "
        f"ORDER BY row) TO '{out}' (HEADER)"
    )


def _query(features: tuple[Feature, ...], recipe: Recipe) -> str:
    """The SQL of the features, over tables of the canonical names."""
    import pandas as pd

    lead = {recipe.lead.id: ["1"], recipe.lead.created_at: ["2025-01-01"]}
    lead |= {field.column or name: [None] for name, field in recipe.lead.fields.items()}
    lead |= {name: [None] for name in (recipe.lead.account_id, recipe.lead.cost, recipe.lead.opted_out)}
    declared = recipe.events
    assert declared is not None
    event = {declared.lead_id: ["1"], declared.occurred_at: ["2025-01-01"], declared.kind: ["x"]}
    event |= {name: [None] for name in (declared.event_id, declared.ingested_at, declared.value)}
    tables = tables_from_frames(recipe, pd.DataFrame(lead), pd.DataFrame(event))
    tables.con.raw_sql("CREATE TABLE moments (moment BIGINT, row BIGINT, as_of_us BIGINT)")
    return str(tables.con.compile(expression(features, recipe, tables, bound(tables.con, "moments"))))


def _fields(recipe: Recipe) -> str:
    """The canonical columns of the leads, cast and no more."""
    kinds = {
        "number": "{0}::DOUBLE",
        "boolean": "{0}::DOUBLE",
        "phone": "(length(regexp_replace({0}::VARCHAR, '\\D', '', 'g')) BETWEEN 7 AND 15)::DOUBLE",
        "email": "CASE WHEN split_part({0}, '@', 2) IN " + repr(FREE) + " THEN 'free' ELSE 'company' END",
        "text": "' ' || lower(regexp_replace({0}, '[^\\w]+', ' ', 'g')) || ' '",
        "category": "lower(trim({0}))",
    }
    cells = [f"{kinds[field.type].format(name)} AS f_{name}" for name, field in recipe.lead.fields.items()]
    cells += [
        f"split_part(split_part({name}, '@', 2), '.', 1) AS \"f_{name}.label\""
        for name, field in recipe.lead.fields.items()
        if field.type == "email"
    ]
    return ", ".join(["row", "lead_id", "epoch_us(created_at) AS created_us", "account_id", *cells])


def _told(reasons: int) -> str:
    return ", reasons_for VARCHAR, reasons_against VARCHAR" if reasons else ""


def _scored(model: Trees | Blend, columns: Columns, reference: Any, reasons: int, start: int) -> Any:
    """An Arrow table of row, probability, score and, on request, reasons."""
    import pyarrow as pa

    exact = model.probability(_margin(model, columns))
    found: dict[str, Any] = {"row": np.arange(start, start + len(exact)), "probability": np.round(exact, 6)}
    found["score"] = np.array(reference.scores(exact))
    if reasons:
        shares = _shares(model, columns)
        names, parts = np.array(list(shares), dtype=object), np.array(list(shares.values())).T
        found["reasons_for"], found["reasons_against"] = (
            _words(names, sign * parts, reasons) for sign in (1, -1)
        )
    return pa.table(found)


def _margin(model: Scorer, columns: Columns) -> Floats:
    """The log-odds, shape `(n_leads,)`."""
    if isinstance(model, Blend):
        margins = [_margin(member, columns) for member in model.members]
        return np.average(margins, axis=0, weights=model.weights or None) + model.shift
    if not isinstance(model, Trees):
        return model.margin(columns)
    matrix = _matrix(model, columns)
    total = np.mean([booster.predict(matrix, raw_score=True) for booster in model.boosters], axis=0)
    return total if model.offset is None else total + model.offset.margin(columns)


def _shares(model: Scorer, columns: Columns) -> dict[str, Floats]:
    """What each column adds to the log-odds."""
    found: dict[str, Floats] = {}
    if isinstance(model, Blend):
        weights = model.weights or (1.0,) * len(model.members)
        for weight, member in zip(weights, model.members, strict=True):
            for name, part in _shares(member, columns).items():
                found[name] = found.get(name, 0.0) + part * (weight / sum(weights))
        return found
    if not isinstance(model, Trees):
        found_by_ours = model.contributions(columns)
        return dict(zip(found_by_ours.names, found_by_ours.values.T, strict=True))
    names = [*model.encoder.booster_names, *(line_names(model.line) if model.line else ())]
    matrix = _matrix(model, columns)
    parts = np.mean([booster.predict(matrix, pred_contrib=True) for booster in model.boosters], axis=0)
    return dict(zip(names, parts.T[:-1], strict=True))


def _matrix(model: Trees, columns: Columns) -> Floats:
    """What the boosters read."""
    matrix = model.encoder.transform(columns)
    if model.line is None:
        return matrix
    return np.hstack([matrix, line_columns(model.line, model.line.contributions(columns))])


def _words(names: Any, parts: Floats, most: int) -> list[str]:
    best = np.argsort(-parts, axis=1)[:, :most]
    return ["; ".join(row) for row in names[best].tolist()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
