"""How leads ended: a table of outcomes, or a column of the leads, as one canonical table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.errors import LeadscoreError
from features.lead.closing import closing_sql
from features.recipe import Recipe
from features.sql import named
from features.tables.columns import moments_column, require_columns
from features.tables.currency import require_one_currency
from features.tables.duck import register_frame
from features.tables.quality import Quality, count_dropped
from features.tables.sql_cells import dated_sql, number_sql, text_sql, types_of, usable_sql


def create_outcomes(con: Any, recipe: Recipe, view: str, now_us: int, quality: Quality) -> None:
    """Create `outcomes`: row (of the lead), occurred_us, stage, closing ('won', 'lost' or NULL), amount.

    Dropped and counted: outcomes of unknown leads, without a stage, dated in the future. A closing outcome
    without a readable date is kept with NULL: its lead is closed, since an unknown date (see
    `count_undated`). An outcome before the lead's creation is kept and counted: that lead was never open.

    Raises:
        LeadscoreError: a column that the recipe names is absent; or the recipe asks for values, and amounts
            are in several currencies.
    """
    outcomes = recipe.outcomes
    occurred_at = outcomes.occurred_at
    if occurred_at is None:
        raise LeadscoreError(
            "recipe: [outcomes] has no 'occurred_at', which a table of outcomes needs.",
            "Name the column that dates each outcome.",
        )
    roles = {"lead_id": outcomes.lead_id, "stage": outcomes.stage, "occurred_at": occurred_at}
    asked = {"amount": outcomes.amount, "currency": outcomes.currency}
    roles |= {role: column for role, column in asked.items() if column}
    require_columns(
        "outcomes",
        {f"[outcomes] {role}": column for role, column in roles.items()},
        list(types_of(con, view)),
    )
    if recipe.recipe.value:
        require_one_currency(con, recipe, view)
    _stage(con, recipe, view, roles, now_us, quality)
    count_dropped(con, "outcomes", quality)
    _keep_staged(con, quality)


def _stage(con: Any, recipe: Recipe, view: str, roles: dict[str, str], now_us: int, quality: Quality) -> None:
    """Create `staged_outcomes`: the rows of `view` with their lead, and why one is dropped."""
    outcomes, types = recipe.outcomes, types_of(con, view)
    dates = {"occurred_at us": roles["occurred_at"]}
    relation = dated_sql(con, view, dates, types, recipe.recipe.zone, outcomes.occurred_format)
    amount = "NULL::DOUBLE"
    if "amount" in roles:
        number = number_sql(con, "outcomes", view, roles["amount"], types[roles["amount"]], quality)
        amount = f"CASE WHEN {usable_sql(number)} THEN {number} END"
    con.raw_sql(f"""
        CREATE OR REPLACE TABLE staged_outcomes AS
        SELECT l.row, l.created_us, o.occurred_us, o.stage,
               {closing_sql(recipe.outcomes, "o.stage")} AS closing, o.amount,
               CASE WHEN l.row IS NULL THEN 'of unknown leads' WHEN o.stage IS NULL THEN 'without a stage'
                    WHEN o.occurred_us > {now_us} THEN 'dated in the future' END AS dropped
        FROM (SELECT {text_sql(roles["lead_id"], types[roles["lead_id"]])} AS lead_id,
                     "occurred_at us" AS occurred_us,
                     {text_sql(roles["stage"], types[roles["stage"]])} AS stage, {amount} AS amount
              FROM {relation}) o
        LEFT JOIN leads l ON l.lead_id = o.lead_id""")


def _keep_staged(con: Any, quality: Quality) -> None:
    """Create `outcomes` of the staged rows that stay; those before their lead's creation are counted."""
    query = (
        "SELECT count(*) FROM staged_outcomes "
        "WHERE dropped IS NULL AND closing IS NOT NULL AND occurred_us < created_us"
    )
    before = con.raw_sql(query).fetchall()[0][0]
    quality.count(
        "outcomes", "closing rows before the lead's creation", before, "kept: the lead was never open"
    )
    con.raw_sql(
        "CREATE OR REPLACE TABLE outcomes AS SELECT DISTINCT row, occurred_us, stage, closing, amount "
        "FROM staged_outcomes WHERE dropped IS NULL"
    )
    con.raw_sql("DROP TABLE staged_outcomes")


def column_outcomes(
    recipe: Recipe, raw: pd.DataFrame, leads: pd.DataFrame, con: Any, clock: int, quality: Quality
) -> pd.DataFrame:
    """The outcome column of the leads as outcomes; rows whose cell is empty have none (unknown).

    As in a table of outcomes, what is dated after `clock` cannot have happened: dropped and counted.
    """
    cells = raw.iloc[leads["row"]].reset_index(drop=True)
    stage = cells[str(recipe.outcomes.column)].astype("string").str.strip()
    stage = stage.mask(stage == "", pd.NA)
    occurred = pd.Series(pd.array([pd.NA] * len(cells), dtype="Int64"))
    column = recipe.outcomes.occurred_at
    if column is not None and column in cells.columns and not recipe.outcomes.at_once:
        occurred = moments_column(cells[column], recipe.recipe.zone, "end", recipe.outcomes.occurred_format)
    frame = pd.DataFrame({"row": leads["row"], "occurred_us": occurred, "stage": stage})
    future = frame["stage"].notna() & (frame["occurred_us"] > clock).fillna(False)
    quality.count("outcomes", "rows dated in the future", int(future.sum()), "dropped")
    frame = frame[frame["stage"].notna() & ~future].reset_index(drop=True)
    register_frame(con, "stages", pd.DataFrame({"stage": frame["stage"].drop_duplicates()}))
    end_of = closing_sql(recipe.outcomes, named("stage"))
    closing = dict(con.raw_sql(f"SELECT stage, {end_of} FROM stages").fetchall())
    con.raw_sql("DROP TABLE stages")
    return frame.assign(
        closing=pd.Series([closing[stage] for stage in frame["stage"]], dtype=object, index=frame.index),
        amount=pd.Series(float("nan"), index=frame.index),
    )
