"""Slowly changing fields: what a current-valued field held at any moment, from a table of changes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.canonical_leads import require_columns
from features.moment_sql import dated_sql, text_sql, types_of
from features.parse import CellParser, field_parsers
from features.quality import Quality
from features.recipe import Recipe
from features.source import named, register_frame


def create_field_history(con: Any, recipe: Recipe, view: str, quality: Quality) -> None:
    """Create `history`: row, field (canonical column), changed_us, until_us, number, text.

    A value holds in `[changed_us, until_us)`. Of two values at one instant the greater text stays (any fixed
    choice; it must not depend on the order of rows). Changes of unknown leads, of fields that are not
    declared current, or without a readable date are dropped and counted.
    """
    columns = recipe.field_history
    types = types_of(con, view)
    roles = {role: getattr(columns, role) for role in ("lead_id", "field", "value", "changed_at")}
    require_columns("field_history", {f"[field_history] {r}": c for r, c in roles.items()}, list(types))
    parsers = [p for p in field_parsers(recipe) if recipe.lead.fields[p.field].known == "current"]
    register_frame(con, "parsed_values", _parsed(con, view, recipe, parsers, types, quality))
    dates = {"changed us": roles["changed_at"]}
    relation = dated_sql(con, view, dates, types, recipe.recipe.zone, None)
    con.raw_sql(f"""
        CREATE OR REPLACE TABLE history AS
        WITH changes AS (
            SELECT l.row, p.column_name AS field, h.changed_us, p.number, p.text, h.value
            FROM (SELECT {text_sql(roles["lead_id"], types[roles["lead_id"]])} AS lead_id,
                         {text_sql(roles["field"], types[roles["field"]])} AS field,
                         {named(roles["value"])}::VARCHAR AS value,
                         "changed us" AS changed_us FROM {relation}) h
            JOIN leads l USING (lead_id)
            JOIN parsed_values p ON p.field = h.field AND p.value IS NOT DISTINCT FROM h.value
            WHERE h.changed_us IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY l.row, p.column_name, h.changed_us
                                       ORDER BY h.value DESC NULLS LAST) = 1)
        SELECT row, field, changed_us, number, text, coalesce(lead(changed_us) OVER
            (PARTITION BY row, field ORDER BY changed_us), 9223372036854775807) AS until_us
        FROM changes""")
    con.raw_sql("DROP TABLE parsed_values")
    _count(con, view, quality, len({parser.name for parser in parsers}), len(parsers))


def _parsed(
    con: Any, view: str, recipe: Recipe, parsers: list[CellParser], types: dict[str, str], quality: Quality
) -> pd.DataFrame:
    """Each distinct (field, value) of the table by canonical column, parsed once."""
    columns = recipe.field_history
    field = text_sql(columns.field, types[columns.field])
    query = f"SELECT DISTINCT {field}, {named(columns.value)}::VARCHAR FROM {view} WHERE {field} IS NOT NULL"
    rows: list[tuple[str, str | None, str, float | None, str | None]] = []
    unreadable = 0
    for name, value in con.raw_sql(query).fetchall():
        for parser in parsers:
            if name in (parser.field, recipe.lead.fields[parser.field].column):
                try:
                    parsed = parser.parse(value)
                except ValueError:
                    parsed, unreadable = None, unreadable + parser.reports
                number = None if parsed is None or isinstance(parsed, str) else float(parsed)
                text = parsed if isinstance(parsed, str) else None
                rows.append((name, value, parser.name, number, text))
    quality.count("field_history", "distinct values that do not parse", unreadable, "treated as missing")
    names = ["field", "value", "column_name", "number", "text"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"number": "float64", "field": object, "value": object, "text": object})


def _count(con: Any, view: str, quality: Quality, fields: int, columns: int) -> None:
    read = con.raw_sql(f"SELECT count(*) FROM {view}").fetchall()[0][0]
    quality.count("field_history", "rows read", read, "")
    quality.count("field_history", "current fields with a history", fields, "taken as of each moment")
