"""A log of events alone (cases, activities, times) is cut into leads, events and outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.discovery.event_meaning import certain_kinds
from features.discovery.relations import is_plain, relation_of
from features.outcome import OutcomeColumn, declared_outcome, find_column
from features.profiles import Company, Joined, TableProfile, date_column, profile
from features.sql import named, quoted

_CREATED = "log_created_at"
_CONSTANT = 0.99
_KNOWS = 0.95
_WON_ONCE = 1.5
"""Wins of a won case, on average, from which a column that repeats is an age or a city, and no case."""


@dataclass(frozen=True)
class CutLog:
    """The parts of a log as tables, and the SELECT of each for the recipe."""

    company: Company
    relations: dict[str, str]
    remarks: tuple[str, ...]


def cut_log(
    tables: Sequence[TableProfile], asked: str | None, id_column: str | None, folder: Path | None
) -> CutLog | None:
    """The parts of a log: one plain file that repeats its cases, where the outcome asked for is an event.

    Events that hardly any but won cases have are the outcome under another name, and are left out with it.
    """
    if len(tables) != 1 or asked is None or not is_plain(tables[0]):
        return None
    log = tables[0]
    case, when = _case(log, id_column), _latest_date(log)
    kind = find_column(log, asked.partition("=")[0], "--outcome")
    if case is None or when is None or not _varies(log, case, kind):
        return None
    declared = declared_outcome(log, asked)
    if _lists_leads(log, case, declared, told=id_column is not None):
        return None
    ended = plausible_ends(log, case, declared)
    frame = pd.DataFrame({"case": log.cells(case), "kind": log.cells(kind)})
    others = [name for name in log.columns if name not in (case, kind, when)]
    constant = [name for name in others if _is_constant(log, case, name)]
    disguised = disguised_kinds(frame, ended)
    leads = _leads(log, case, when, constant)
    events = some_rows(log, ~frame["kind"].isin({*ended.won, *ended.lost, *disguised}), [case, kind, when])
    ends = some_rows(log, frame["kind"].isin({*ended.won, *ended.lost}), [case, kind, when])
    company = Company(
        leads, (Joined(events, "events", case, case), Joined(ends, "outcomes", case, case)), unknown=()
    )
    relations = _relations(relation_of(log, folder), case, kind, when, constant, ended, disguised)
    remarks = [f"{log.raw.name}: a log; each {case} is a lead, created at its first {when}"]
    if disguised:
        remarks.append(f"{', '.join(disguised)}: nearly all who have it are won; left out of the events")
    return CutLog(company, relations, tuple(remarks))


def _case(log: TableProfile, id_column: str | None) -> str | None:
    """The column that repeats for the events of one case: the option's, one named like an id, else by form.

    By form it is, of the full columns that repeat, the one with most values: goods, sellers and kinds of
    events are fewer than cases.
    """
    if id_column is not None:
        return find_column(log, id_column, "--id")
    able = [
        column
        for column in log.columns.values()
        if column.format.type in ("number", "category", "id", "email", "text")
        and 20 <= column.format.distinct <= 0.5 * column.format.filled
        and column.format.filled == log.rows
    ]
    named_so = [column for column in able if _is_named_so(column.name)]
    best = named_so[:1] or sorted(able, key=lambda column: -column.format.distinct)[:1]
    return best[0].name if best else None


def _is_named_so(name: str) -> bool:
    return name.lower().endswith(("id", "case", "key"))


def _lists_leads(log: TableProfile, case: str, ended: OutcomeColumn, *, told: bool) -> bool:
    """Whether each row is a lead of its own, and `case` (`told` by the option or found) only something of it.

    A yes or no is the end of a row, never one event among others. Rows with an id of their own are leads
    unless something else is called an id; an account has many. A case is hardly won twice.
    """
    if log.columns[ended.column].format.type == "boolean":
        return True
    if told:
        return False
    named_so, own = _is_named_so(case), log.role("id") is not None
    if own and (not named_so or log.columns[case].role == "account_id"):
        return True
    won = log.cells(case)[log.cells(ended.column).isin(ended.won)]
    return (own or not named_so) and len(won) >= _WON_ONCE * won.nunique()


def _latest_date(log: TableProfile) -> str | None:
    """The full date column with the most distinct values: that of the event, not of its case."""
    dates = [c for c in log.columns.values() if c.format.type == "date" and c.format.filled == log.rows]
    return max(dates, key=lambda column: column.format.distinct).name if dates else None


def _varies(log: TableProfile, case: str, kind: str) -> bool:
    pairs = pd.DataFrame({"case": log.cells(case), "kind": log.cells(kind)}).drop_duplicates()
    return len(pairs) > 1.5 * pairs["case"].nunique()


def _is_constant(log: TableProfile, case: str, name: str) -> bool:
    values = log.raw.frame[name].groupby(log.cells(case).to_numpy()).nunique(dropna=False)
    return float((values <= 1).mean()) >= _CONSTANT


def plausible_ends(log: TableProfile, case: str, asked: OutcomeColumn) -> OutcomeColumn:
    """Losses are those that read so and that hardly any won case has: an offer may be declined on the way."""
    frame = pd.DataFrame({"case": log.cells(case), "kind": log.cells(asked.column)})
    won = set(frame.loc[frame["kind"].isin(asked.won), "case"])
    lost = tuple(
        value
        for value in asked.lost
        if frame.loc[frame["kind"] == value, "case"].isin(won).mean() <= 1 - _KNOWS
    )
    return replace(asked, lost=lost)


def disguised_kinds(frame: pd.DataFrame, ended: OutcomeColumn) -> list[str]:
    """Kinds of events that hardly any but won cases have."""
    cases = frame["case"].drop_duplicates()
    won = cases.isin(frame.loc[frame["kind"].isin(ended.won), "case"]).to_numpy().astype(np.float64)
    others = frame[~frame["kind"].isin({*ended.won, *ended.lost})]
    return list(certain_kinds(others["case"], others["kind"], cases, won))


def _leads(log: TableProfile, case: str, when: str, constant: Sequence[str]) -> TableProfile:
    """One row a case, in the order in which they came."""
    times = pd.DataFrame({"case": log.cells(case), "us": log.values(when)})
    first = times.groupby("case")["us"].idxmin().sort_values()
    frame = log.raw.frame.loc[first.to_numpy(), [case, *constant]].reset_index(drop=True)
    frame[_CREATED] = log.raw.frame.loc[first.to_numpy(), when].to_numpy()
    order = times.groupby("case")["us"].min().reindex(log.cells(case).loc[first.to_numpy()]).argsort()
    leads = profile(log.path, replace(log.raw, frame=frame.iloc[order.to_numpy()].reset_index(drop=True)))
    leads.columns[case] = replace(leads.columns[case], role="id")
    for column in list(leads.columns.values()):
        if column.role == "created_at":
            leads.columns[column.name] = replace(column, role=None)
    leads.columns[_CREATED] = replace(leads.columns[_CREATED], role="created_at")
    return leads


def some_rows(log: TableProfile, keep: pd.Series, names: list[str]) -> TableProfile:
    """Some rows and columns of the log, typed as in the whole."""
    frame = log.raw.frame.loc[keep.to_numpy(), names].reset_index(drop=True)
    columns = {
        name: replace(
            log.columns[name],
            format=replace(
                log.columns[name].format, filled=int(frame[name].count()), distinct=int(frame[name].nunique())
            ),
        )
        for name in names
    }
    return TableProfile(log.path, replace(log.raw, frame=frame), columns, log.crm)


def _relations(
    source: str,
    case: str,
    kind: str,
    when: str,
    constant: Sequence[str],
    ended: OutcomeColumn,
    disguised: Sequence[str],
) -> dict[str, str]:
    """The SELECTs that cut the file in the same way."""
    ends = ", ".join(quoted(value) for value in (*ended.won, *ended.lost))
    hidden = ", ".join(quoted(value) for value in (*ended.won, *ended.lost, *disguised))
    picked = "".join(f", arg_min({named(name)}, {named(when)}) AS {named(name)}" for name in constant)
    columns = f"{named(case)}, {named(kind)}, {named(when)}"
    return {
        "leads": f"SELECT {named(case)}{picked}, min({named(when)}) AS {_CREATED}\n"
        f"FROM {source} GROUP BY {named(case)}\nORDER BY {_CREATED}, {named(case)}",
        "events": f"SELECT {columns}\nFROM {source}\nWHERE {named(kind)} NOT IN ({hidden})",
        "outcomes": f"SELECT {columns}\nFROM {source}\nWHERE {named(kind)} IN ({ends})",
    }


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
