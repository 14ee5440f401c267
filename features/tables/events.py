"""Event logs and outcome tables → canonical tables, inside the engine: rows never pass through Python.

All of this is DuckDB SQL: it runs once, where the company's files are.
"""

from __future__ import annotations

from typing import Any

from features.cells import MISSING_TEXTS
from features.lead import CENT
from features.lead.measures import LARGEST_VALUE
from features.recipe import Recipe
from features.sql import named, quoted
from features.tables.columns import require_columns
from features.tables.quality import Quality, count_dropped
from features.tables.sql_cells import dated_sql, number_sql, text_sql, types_of, usable_sql

LINE = "leadscore_line"
"""A column of events that holds their line in a file, where who reads them has put it there."""


def create_events(con: Any, recipe: Recipe, view: str, now_us: int, quality: Quality) -> None:
    """Create `events`: row (of the lead), occurred_us, available_us, kind, value (thousandths).

    Dropped and counted: events of unknown leads, of kinds that the recipe does not name, without a readable
    date, dated after now, and repetitions of an event id of the same lead (the first available stays).
    Identical rows without event id are kept: two page views may coincide. A value that is no number counts
    0, an ingestion date that is none is that of the event; both are counted.

    What an answer must say of single leads is in `event_faults` (see `_create_faults`).

    Raises:
        LeadscoreError: a column that the recipe names is absent.
    """
    events = recipe.events
    if events is None:
        return
    types = types_of(con, view)
    roles = {role: getattr(events, role) for role in ("lead_id", "occurred_at", "kind")}
    roles |= {role: getattr(events, role) for role in ("event_id", "ingested_at", "value")}
    roles = {role: column for role, column in roles.items() if column is not None}
    require_columns("events", {f"[events] {role}": column for role, column in roles.items()}, list(types))
    dates = {f"{role} us": roles[role] for role in ("occurred_at", "ingested_at") if role in roles}
    relation = dated_sql(con, view, dates, types, recipe.recipe.zone, events.occurred_format)
    columns = ", ".join(f"{sql} AS {name}" for name, sql in _cells(con, view, roles, types, quality).items())
    kinds = ", ".join(quoted(kind.strip()) for kind in events.kinds)
    con.raw_sql(f"""
        CREATE OR REPLACE TABLE staged_events AS
        SELECT l.row, e.occurred_us, greatest(coalesce(e.ingested_us, e.occurred_us), e.occurred_us)
                 AS available_us, e.kind, e.value, e.event_id, e.ingestion_said AND e.ingested_us IS NULL
                 AS ingestion_unreadable, e.value_unreadable, e.date_said, e.line,
               CASE WHEN l.row IS NULL THEN 'of unknown leads'
                    WHEN e.kind IS NULL OR e.kind NOT IN ({kinds})
                      THEN 'of kinds that the recipe does not name'
                    WHEN e.occurred_us IS NULL THEN 'without a readable date'
                    WHEN e.occurred_us > {now_us} THEN 'dated in the future' END AS dropped
        FROM (SELECT {columns} FROM {relation}) e LEFT JOIN leads l ON l.lead_id = e.lead_id""")
    count_dropped(con, "events", quality)
    _create_faults(con)
    query = "SELECT count(*) FROM staged_events WHERE dropped IS NULL AND ingestion_unreadable"
    quality.count(
        "events", "rows without a readable ingestion date", con.raw_sql(query).fetchone()[0],
        "kept: available when they occurred",
    )  # fmt: skip
    _keep_first(con, quality, with_ids="event_id" in roles)


def _cells(
    con: Any, view: str, roles: dict[str, str], types: dict[str, str], quality: Quality
) -> dict[str, str]:
    """Canonical column → SQL over the dated relation; the columns that the recipe lacks are NULL or 0."""
    texts = {
        role: text_sql(roles[role], types[roles[role]]) if role in roles else "NULL::VARCHAR"
        for role in ("lead_id", "kind", "event_id")
    }
    cells = {"occurred_us": '"occurred_at us"', "value": "0.0::DOUBLE", "value_unreadable": "false"}
    cells |= {"ingested_us": "NULL::BIGINT", "ingestion_said": "false"}
    cells["date_said"] = _said_sql(roles["occurred_at"])
    cells["line"] = f"{named(LINE)}::BIGINT" if LINE in types else "NULL::BIGINT"
    if "ingested_at" in roles:
        cells["ingested_us"] = '"ingested_at us"'
        cells["ingestion_said"] = _said_sql(roles["ingested_at"])
    if "value" in roles:
        kind = types[roles["value"]]
        number = number_sql(con, "events", view, roles["value"], kind, quality)
        cells["value"] = _value_sql(number)
        cells["value_unreadable"] = f"{_said_sql(roles['value'])} AND ({number}) IS NULL"
    return texts | cells


def _said_sql(column: str) -> str:
    """Whether a cell holds more than a word for nothing."""
    missing = ", ".join(quoted(text) for text in sorted(MISSING_TEXTS))
    return f"coalesce(lower({text_sql(column, 'VARCHAR')}) NOT IN ({missing}), false)"


def _create_faults(con: Any) -> None:
    """Create `event_faults`: row (of the lead), what, line (of the event, where it is known).

    One row for each event that would be an error in a request: it 'lacks' its kind or date, or has an
    unreadable 'occurred_at', 'ingested_at' or 'value'; and for each that is left out with a word: of an
    'unknown' kind, or 'later' than the clock.
    """
    known = "coalesce(dropped, '') NOT IN ('of unknown leads', 'of kinds that the recipe does not name')"
    whole = f"{known} AND date_said"
    wheres = {
        "unknown": "kind IS NOT NULL AND dropped = 'of kinds that the recipe does not name'",
        "lacks": f"row IS NOT NULL AND (kind IS NULL OR ({known} AND NOT date_said))",
        "occurred_at": f"{whole} AND occurred_us IS NULL",
        "ingested_at": f"{whole} AND ingestion_unreadable",
        "value": f"{whole} AND value_unreadable",
        "later": "dropped = 'dated in the future'",
    }
    found = " UNION ALL ".join(
        f"SELECT row, '{what}' AS what, line FROM staged_events WHERE {where}"
        for what, where in wheres.items()
    )
    con.raw_sql(f"CREATE OR REPLACE TABLE event_faults AS {found}")


def _value_sql(number: str) -> str:
    clipped = f"least(greatest({number}, {-LARGEST_VALUE!r}), {LARGEST_VALUE!r})"
    return f"CASE WHEN {usable_sql(number)} THEN floor({clipped} * {CENT!r} + 0.5) ELSE 0.0 END"


def _keep_first(con: Any, quality: Quality, with_ids: bool) -> None:
    columns = "row, occurred_us, available_us, kind, value"
    con.raw_sql(
        f"CREATE OR REPLACE TABLE events AS SELECT {columns} FROM staged_events "
        f"WHERE dropped IS NULL {'AND event_id IS NULL' if with_ids else ''}"
    )
    if with_ids:
        con.raw_sql(f"""
            INSERT INTO events SELECT {columns} FROM staged_events
            WHERE dropped IS NULL AND event_id IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY row, event_id
                                       ORDER BY available_us, occurred_us, kind, value) = 1""")
        kept = con.raw_sql("SELECT count(*) FROM events").fetchall()[0][0]
        usable = con.raw_sql("SELECT count(*) FROM staged_events WHERE dropped IS NULL").fetchall()[0][0]
        quality.count(
            "events", "repetitions of an event id", usable - kept, "dropped, the first available kept"
        )
    con.raw_sql("DROP TABLE staged_events")


def count_undated(con: Any, quality: Quality) -> None:
    """Count the closing rows of `outcomes` without a readable date, where other rows have one."""
    counts = dict(
        con.raw_sql("""
            SELECT closing, count(*) FROM outcomes WHERE closing IS NOT NULL AND occurred_us IS NULL
            AND EXISTS (FROM outcomes WHERE occurred_us IS NOT NULL) GROUP BY closing""").fetchall()
    )
    treatments = {
        "won": "kept: the lead is closed, no snapshot is made",
        "lost": "kept: the lead is closed today, and not won before",
    }
    for end, treatment in treatments.items():
        quality.count("outcomes", f"{end} rows without a readable date", counts.get(end, 0), treatment)
