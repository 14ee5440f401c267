"""How each lead ended, whether a column of the leads says it, a table beside them, or a date alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns import Floats
from features.errors import LeadscoreError
from features.outcome.choice import OutcomeChoice, choose_outcome
from features.outcome.dates import dated_losses, dating_column, format_of, instants_of, is_undated
from features.outcome.ended import ended_columns, ending_date
from features.outcome.guess import (
    OutcomeColumn,
    candidates,
    could_mean_won,
    declared_outcome,
    is_plainly_lost,
)
from features.profiles import Company, Joined, TableProfile, date_column, stage_column, won_among
from features.profiles.endings import divide_stages
from features.recipe import DateFormat

ANY_VALUE = "*"


class OutcomeNotFoundError(LeadscoreError):
    """Nothing looks like the outcome; `options` are COLUMN=VALUE of what could be it, the likeliest first."""

    def __init__(self, problem: str, options: tuple[str, ...]) -> None:
        super().__init__(
            problem,
            "Say which column and value mean won: --outcome COLUMN=VALUE; or --outcome none, where nothing "
            "says it and the rules are to answer.",
        )
        self.options = options


@dataclass(frozen=True)
class OutcomeSource:
    """Where the outcome is, and what it says of each lead.

    `main` is the leads' column, or None with `joined`, a table whose columns are `stage` and `date`. `won`
    (n_leads,) is 1, 0 or NaN (unknown), `closed` (n_leads,) whether the case is over, `occurred` (n_leads,)
    the µs of the win or None where nothing dates it. `columns` are the leads' columns that this uses up;
    `undated_losses` are the values that mean lost, without a date: of `lost_values` where they say lost
    plainly, of `other_values` where they only deny a win ("0", "no"), which an open lead has too. `choice`
    says why this column was taken, where nobody named one.
    """

    main: str | None
    joined: Joined | None
    stage: str | None
    date: str | None
    date_format: DateFormat | None
    won_values: tuple[str, ...]
    lost_values: tuple[str, ...]
    other_values: tuple[str, ...]
    won: Floats
    closed: NDArray[np.bool_]
    occurred: Floats | None
    columns: frozenset[str]
    undated_losses: tuple[str, ...] = ()
    choice: OutcomeChoice | None = None


def no_outcome(leads: TableProfile) -> OutcomeSource:
    """For an export of leads that are all open: nothing in it says how a lead ended."""
    unknown = np.full(leads.rows, np.nan)
    still_open = np.zeros(leads.rows, dtype=np.bool_)
    return OutcomeSource(None, None, None, None, None, (), (), (), unknown, still_open, None, frozenset())


def find_outcome(company: Company, asked: str | None) -> OutcomeSource:
    """The outcome of a company's leads; `asked` is the option COLUMN=VALUE.

    Raises:
        LeadscoreError: nothing says it, or only one kind of end is there; with what could be named.
    """
    table = company.kind("outcomes")
    name = asked.partition("=")[0] if asked else None
    if table is not None and (name is None or name in table.table.columns) and not _asks_leads(company, name):
        return _from_table(company.leads, table, asked)
    if asked is not None:
        return _from_column(company.leads, declared_outcome(company.leads, asked))
    chosen = choose_outcome(company.leads)
    if chosen is not None:
        return replace(_from_column(company.leads, chosen.found), choice=chosen)
    dated = company.leads.role("outcome_at")
    if dated is not None and 0 < dated.format.filled < 0.98 * company.leads.rows:
        return _from_date(company.leads, dated.name)
    _refuse_one_kind(company.leads)
    raise OutcomeNotFoundError(
        f"{company.leads.raw.name}: no column looks like the outcome. Columns of few values: "
        f"{candidates(company.leads)}{_among_events(company)}.",
        _options(company.leads),
    )


def _options(leads: TableProfile) -> tuple[str, ...]:
    """COLUMN=VALUE of what could mean won: first where a date goes with it, then of columns of few values."""
    ended = [f"{one.column}={value}" for one in ended_columns(leads) for value in one.ended]
    return tuple(dict.fromkeys((*ended[:4], *could_mean_won(leads))))[:6]


def _among_events(company: Company) -> str:
    """Kinds of events that read as a win, for the error that asks for the outcome."""
    events = company.kind("events")
    kind = None if events is None else stage_column(events.table, events.key)
    if events is None or kind is None:
        return ""
    won = won_among(events.table.cells(kind).dropna().unique())
    return f"; of {events.table.raw.name}: {kind} ({', '.join(won[:6])})" if won else ""


def _refuse_one_kind(leads: TableProfile) -> None:
    """A column that is called an outcome but has one value teaches nothing."""
    for column in leads.columns.values():
        if column.role in ("outcome", "status") and column.format.distinct == 1:
            if column.format.filled < leads.rows:
                raise LeadscoreError(
                    f"{leads.raw.name}: column '{column.name}' looks like the outcome and has one value or "
                    "none; an empty outcome is unknown, so that no lead is known to be lost.",
                    "Write 'no' where a lead was not won, or name another outcome: --outcome COLUMN=VALUE.",
                )
            raise LeadscoreError(
                f"{leads.raw.name}: column '{column.name}' looks like the outcome and has one value only; a "
                "model needs leads that were won and leads that were not.",
                "Export leads of both kinds, or name another outcome: --outcome COLUMN=VALUE.",
            )


def _asks_leads(company: Company, name: str | None) -> bool:
    return name is not None and name in company.leads.columns


def _from_column(leads: TableProfile, found: OutcomeColumn) -> OutcomeSource:
    """The outcome in a column of the leads, dated by another where one dates wins."""
    cells = leads.cells(found.column)
    found = _with_losses(leads, cells, found)
    unknown = cells.isna() | (cells.isin(found.other) if is_undated(leads) else False)
    won = np.where(unknown, np.nan, cells.isin(found.won).astype(np.float64))
    if not np.nansum(won) or np.nansum(won) == np.isfinite(won).sum():
        state = "won" if np.nansum(won) else "not won"
        raise LeadscoreError(
            f"{leads.raw.name}: by column '{found.column}' every lead is {state}; a model needs both.",
            "Export leads of both kinds, or name another outcome: --outcome COLUMN=VALUE.",
        )
    date = dating_column(leads, won) or ending_date(leads, found)
    occurred = None if date is None else instants_of(leads, date)
    lost, other = found.lost, found.other
    undated: tuple[str, ...] = ()
    if occurred is not None:
        lost = dated_losses(cells, found, occurred)
        undated = tuple(value for value in found.lost if value not in lost)
        lost = tuple(value for value in found.lost if value in lost or is_plainly_lost(value))
        other = (*other, *(value for value in undated if value not in lost))
        occurred = np.where(won == 1, occurred, np.nan)
    closed = (won == 1) | cells.isin(found.lost).to_numpy(dtype=bool)
    return OutcomeSource(
        found.column, None, None, date, format_of(leads, date), found.won, lost, other, won, closed, occurred,
        frozenset({found.column} | ({date} if date else set())), undated,
    )  # fmt: skip


def _with_losses(leads: TableProfile, cells: pd.Series, found: OutcomeColumn) -> OutcomeColumn:
    """Without dates an open case never becomes a lost one: it is unknown where enough are told lost.

    Where hardly any is, all that were not won are taken for lost.
    """
    if not is_undated(leads) or not found.other:
        return found
    told, others = cells.isin(found.lost).sum(), cells.isin(found.other).sum()
    if told >= 20 and told >= 0.1 * (told + others):
        return found
    return replace(found, lost=(*found.lost, *found.other), other=())


def _from_date(leads: TableProfile, name: str) -> OutcomeSource:
    """A date of the win is the outcome: filled means won."""
    occurred = instants_of(leads, name)
    won: Floats = np.isfinite(occurred).astype(np.float64)
    dated = not is_undated(leads)
    return OutcomeSource(
        name, None, None, name if dated else None, format_of(leads, name), (ANY_VALUE,), (), (), won,
        won == 1, occurred if dated else None, frozenset({name}),
    )  # fmt: skip


def _from_table(leads: TableProfile, joined: Joined, asked: str | None) -> OutcomeSource:
    """The outcome in a table of stages or deals; without a stage, each of its rows is a win."""
    table = joined.table
    date = date_column(table)
    if date is None:
        raise LeadscoreError(
            f"{table.raw.name}: names leads but has no date, so that it is not known when they were won.",
            "Export the date of each outcome.",
        )
    if is_undated(leads):
        raise LeadscoreError(
            f"{leads.raw.name}: no date says when leads came, so that the outcomes in {table.raw.name} "
            "cannot be set against them.",
            "Name a column of dates: --time COLUMN; or name other leads, where this file holds none.",
        )
    stage, won_values, lost_values = _stages(joined, asked)
    frame = pd.DataFrame({"lead": table.cells(joined.key), "us": instants_of(table, date)})
    frame["stage"] = table.cells(stage) if stage is not None else ANY_VALUE
    is_win = frame["stage"].isin(won_values) if stage is not None else frame["us"].notna()
    wins = frame[is_win].groupby("lead")["us"].min()
    keys = leads.cells(joined.lead_key)
    won: Floats = np.asarray(keys.isin(wins.index), dtype=np.float64)
    over = frame[is_win | frame["stage"].isin(lost_values)]["lead"]
    if not won.any():
        raise LeadscoreError(
            f"{table.raw.name}: no row says that a lead was won; column '{stage}' has "
            f"{', '.join(sorted(frame['stage'].dropna().unique())[:12])}.",
            f"Say which value means won: --outcome '{stage}=VALUE'.",
        )
    others = (
        () if stage is None else tuple(sorted(set(frame["stage"].dropna()) - {*won_values, *lost_values}))
    )
    return OutcomeSource(
        None, joined, stage or date, date, format_of(table, date), won_values, lost_values, others, won,
        keys.isin(over).to_numpy(dtype=bool), keys.map(wins).to_numpy(dtype=np.float64), frozenset(),
    )  # fmt: skip


def _stages(joined: Joined, asked: str | None) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """The stage column and its won and lost values; (None, any, none) where every row is a win."""
    table = joined.table
    if asked is not None:
        found = declared_outcome(table, asked)
        return found.column, found.won, found.lost
    stage = stage_column(table, joined.key)
    if stage is None:
        return None, (ANY_VALUE,), ()
    won, lost = divide_stages(dict.fromkeys(table.cells(stage).dropna().unique(), 1))
    return (stage, won, lost) if won else (None, (ANY_VALUE,), ())
