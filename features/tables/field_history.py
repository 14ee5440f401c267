"""Slowly changing fields: what a current-valued field held at any moment, from a table of changes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.cells import CellParser, field_parsers
from features.clock import FIRST_US
from features.recipe import Recipe
from features.sql import named, quoted
from features.tables.columns import require_columns
from features.tables.duck import register_frame
from features.tables.quality import Quality, count_dropped
from features.tables.sql_cells import dated_sql, text_sql, types_of

_EVER = 2**63 - 1


def create_field_history(con: Any, recipe: Recipe, view: str, now_us: int, quality: Quality) -> None:
    """Create `history`: row, field (canonical column), changed_us, until_us, number, text.

    A value holds in `[changed_us, until_us)`. Of two values at one instant the greater text stays (any fixed
    choice; it must not depend on the order of rows), and the other is counted. Changes of unknown leads, of
    fields that are not declared current, without a readable date or dated after now are dropped and counted.
    What a field held before its first change, and the present value of one that has none, hold since ever
    where the recipe says how they are known.

    Raises:
        LeadscoreError: a column that the recipe names is absent.
    """
    columns = recipe.field_history
    types = types_of(con, view)
    roles = {role: getattr(columns, role) for role in ("lead_id", "field", "value", "changed_at")}
    require_columns("field_history", {f"[field_history] {r}": c for r, c in roles.items()}, list(types))
    parsers = [p for p in field_parsers(recipe) if recipe.lead.fields[p.field].known == "current"]
    register_frame(con, "history_fields", _names(recipe, parsers))
    _stage(con, recipe, view, roles, types, now_us)
    count_dropped(con, "field_history", quality)
    register_frame(con, "parsed_values", _parsed(con, recipe, parsers, quality))
    con.raw_sql(f"""
        CREATE OR REPLACE TABLE history AS
        WITH changes AS (
            SELECT h.row, p.column_name AS field, h.changed_us, p.number, p.text
            FROM staged_field_history h
            JOIN parsed_values p ON p.field = h.field AND p.value IS NOT DISTINCT FROM h.value
            WHERE h.dropped IS NULL
            QUALIFY row_number() OVER (PARTITION BY h.row, p.column_name, h.changed_us
                                       ORDER BY h.value DESC NULLS LAST) = 1)
        SELECT row, field, changed_us, number, text, coalesce(lead(changed_us) OVER
            (PARTITION BY row, field ORDER BY changed_us), {_EVER}) AS until_us
        FROM changes""")
    if columns.unchanged == "present":
        _add_unchanged(con, parsers, quality)
    _count_others(con, quality)
    quality.count(
        "field_history", "current fields with a history", len({parser.field for parser in parsers}),
        "taken as of each moment",
    )  # fmt: skip
    for table in ("history_fields", "parsed_values", "staged_field_history"):
        con.raw_sql(f"DROP TABLE {table}")


def _names(recipe: Recipe, parsers: list[CellParser]) -> pd.DataFrame:
    """The names under which a change may speak of a field: the recipe's, or its column's."""
    fields = dict.fromkeys(parser.field for parser in parsers)
    rows = {recipe.lead.fields[field].column or field: field for field in fields} | {f: f for f in fields}
    rows |= {name: field for name, field in recipe.field_history.names.items() if field in fields}
    frame = pd.DataFrame({"name": list(rows), "field": list(rows.values())})
    return frame.astype(object)


def _stage(
    con: Any, recipe: Recipe, view: str, roles: dict[str, str], types: dict[str, str], now_us: int
) -> None:
    """Each change with its lead and field, and the reason why it is dropped, if it is."""
    dates = {"changed us": roles["changed_at"]}
    relation = dated_sql(con, view, dates, types, recipe.recipe.zone, None)
    changes = f"""
        SELECT {text_sql(roles["lead_id"], types[roles["lead_id"]])} AS lead_id,
               {text_sql(roles["field"], types[roles["field"]])} AS name,
               {named(roles["value"])}::VARCHAR AS value, {_old(recipe, types)} AS old,
               "changed us" AS changed_us
        FROM {relation}"""
    before = f"""
        UNION ALL SELECT lead_id, name, old, {FIRST_US} FROM changes WHERE changed_us <= {now_us}
        QUALIFY row_number() OVER (PARTITION BY lead_id, name ORDER BY changed_us, old) = 1"""
    if recipe.field_history.old_value not in types:
        before = ""
    con.raw_sql(f"""
        CREATE OR REPLACE TABLE staged_field_history AS
        WITH changes AS ({changes})
        SELECT l.row, f.field, h.changed_us, h.value,
               CASE WHEN l.row IS NULL THEN 'of unknown leads'
                    WHEN f.field IS NULL THEN 'of fields that are not declared current'
                    WHEN h.changed_us IS NULL THEN 'without a readable date'
                    WHEN h.changed_us > {now_us} THEN 'dated in the future' END AS dropped
        FROM (SELECT lead_id, name, value, changed_us FROM changes {before}) h
        LEFT JOIN leads l ON l.lead_id = h.lead_id
        LEFT JOIN history_fields f ON f.name = h.name""")


def _old(recipe: Recipe, types: dict[str, str]) -> str:
    """The cell before a change; a ledger's table of changes has none."""
    column = recipe.field_history.old_value
    return f"{named(column)}::VARCHAR" if column is not None and column in types else "NULL::VARCHAR"


def _add_unchanged(con: Any, parsers: list[CellParser], quality: Quality) -> None:
    """The present value since ever, of leads without a change of a field that the table tells of."""
    told = {name for (name,) in con.raw_sql("SELECT DISTINCT field FROM staged_field_history").fetchall()}
    added = 0
    for parser in (parser for parser in parsers if parser.field in told):
        cell = named(f"f_{parser.name}")
        number, text = ("NULL", cell) if parser.stored == "string" else (f"{cell}::DOUBLE", "NULL")
        column = quoted(parser.name)
        added += con.raw_sql(f"""
            INSERT INTO history
            SELECT row, {column}, {FIRST_US}, {number}, {text}, {_EVER}
            FROM leads l WHERE NOT EXISTS (SELECT 1 FROM history h WHERE h.row = l.row AND h.field = {column})
        """).fetchall()[0][0]
    quality.count("field_history", "fields of leads without a change", added, "taken as they are since ever")


def _count_others(con: Any, quality: Quality) -> None:
    """Count the values that gave way to another one of the same field at the same instant."""
    others = """
        SELECT coalesce(sum(n - 1), 0)::BIGINT FROM (
            SELECT count(DISTINCT coalesce(value, '')) AS n FROM staged_field_history
            WHERE dropped IS NULL GROUP BY row, field, changed_us)"""
    count = con.raw_sql(others).fetchall()[0][0]
    what = "values of a field beside another one at the same instant"
    quality.count("field_history", what, count, "dropped, the last by alphabet kept")


def _parsed(con: Any, recipe: Recipe, parsers: list[CellParser], quality: Quality) -> pd.DataFrame:
    """Each distinct (field, value) of the changes by canonical column, parsed once."""
    query = "SELECT DISTINCT field, value FROM staged_field_history WHERE dropped IS NULL"
    rows: list[tuple[str, str | None, str, float | None, str | None]] = []
    unreadable = 0
    for name, value in con.raw_sql(query).fetchall():
        for parser in (parser for parser in parsers if parser.field == name):
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
