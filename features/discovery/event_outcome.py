"""Leads with a table of events, one kind of which is the outcome: that kind becomes a table of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from features.discovery.event_log import disguised_kinds, plausible_ends, some_rows
from features.discovery.outcome_guess import OutcomeColumn, declared_outcome, find_column
from features.discovery.relations import is_plain, relation_of
from features.profiles.kinds import Company, Joined, date_column
from features.sql import named, quoted


def split_events(
    company: Company, asked: str | None, folder: Path | None
) -> tuple[Company, dict[str, str], list[str]]:
    """The company with the events that are outcomes apart, the SELECTs that part them, and remarks.

    Only where the option COLUMN=VALUE names a column of the events and none of the leads, and the engine
    reads the file as it is; else the company as it was. Kinds that hardly any but won leads have go too.
    """
    events = company.kind("events")
    if asked is None or events is None or company.kind("outcomes") or not is_plain(events.table):
        return company, {}, []
    column, table = asked.partition("=")[0], events.table
    when = date_column(table)
    if column in company.leads.columns or column not in table.columns or when is None:
        return company, {}, []
    kind = find_column(table, column, "--outcome")
    ended = plausible_ends(table, events.key, declared_outcome(table, asked))
    kinds = table.cells(kind)
    hidden = disguised_kinds(pd.DataFrame({"case": table.cells(events.key), "kind": kinds}), ended)
    ends = kinds.isin({*ended.won, *ended.lost})
    before = some_rows(table, ~(ends | kinds.isin(hidden)), list(table.columns))
    after = some_rows(table, ends, [events.key, kind, when])
    joined = (
        *(other for other in company.joined if other is not events),
        Joined(before, "events", events.key, events.lead_key),
        Joined(after, "outcomes", events.key, events.lead_key),
    )
    remarks = [
        f"{table.raw.name}: nearly all who have {name} are won; left out of the events" for name in hidden
    ]
    selects = _selects(relation_of(table, folder), kind, ended, hidden)
    return replace(company, joined=joined), selects, remarks


def _selects(source: str, kind: str, ended: OutcomeColumn, hidden: list[str]) -> dict[str, str]:
    """The SELECTs of both parts."""
    ends = ", ".join(quoted(value) for value in (*ended.won, *ended.lost))
    gone = ", ".join(quoted(value) for value in (*ended.won, *ended.lost, *hidden))
    return {
        "events": f"SELECT * FROM {source}\nWHERE {named(kind)} NOT IN ({gone})",
        "outcomes": f"SELECT * FROM {source}\nWHERE {named(kind)} IN ({ends})",
    }
