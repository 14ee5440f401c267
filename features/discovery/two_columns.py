"""An outcome that two columns say together: whether a case is closed, and how it ended if it is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from features.cells import boolean
from features.discovery.relations import is_plain, relation_of
from features.outcome import divide, is_earlier_name, named_outcomes
from features.profiles import TableProfile, plain, profile
from features.sql import named, quoted

OUTCOME = "outcome_of_two"
_CLOSED = re.compile(
    r"\b(?:closed|is closed|finished|completed|cloture|cloturee|ferme|fermee|termine|terminee|abgeschlossen"
    r"|geschlossen|beendet|erledigt)\b"
)
_SAME = 0.98
_FEWEST = 20


def with_outcome_of_two(
    leads: TableProfile, relation: str | None, folder: Path | None
) -> tuple[TableProfile, str | None, str | None]:
    """The leads with one column made of two, the SELECT that makes it, and a sentence; else as they were.

    A yes/no column says that a case was won; where it says no, the case may be open still. Another yes/no
    column that says it is closed, and says so of all won cases, tells lost from open. Only where the engine
    reads the file as it is.
    """
    found = _pair(leads)
    if found is None or OUTCOME in leads.columns or (relation is None and not is_plain(leads)):
        return leads, relation, None
    won_column, won_values, closed_column = found
    won = leads.cells(won_column).isin(won_values).to_numpy(dtype=bool)
    closed = _closed(leads, closed_column)
    frame = leads.raw.frame.copy()
    frame[OUTCOME] = np.select([won, closed], ["Won", "Lost"], "Open")
    yes = sorted({str(cell) for cell in leads.raw.frame[closed_column].dropna().unique() if _yes(cell)})
    select = (
        f"SELECT *, CASE WHEN trim({named(won_column)}) IN ({_list(won_values)}) THEN 'Won'\n"
        f"WHEN trim({named(closed_column)}) IN ({_list(yes)}) THEN 'Lost'\n"
        f"ELSE 'Open' END AS {named(OUTCOME)}\n"
        f"FROM {f'({relation})' if relation else relation_of(leads, folder)} AS t"
    )
    widened = profile(leads.path, replace(leads.raw, frame=frame))
    for name, column in leads.columns.items():
        widened.columns[name] = column
    for name in (won_column, closed_column):
        widened.columns[name] = replace(widened.columns[name], role="modified_at")
    open_ = int((~closed & ~won).sum())
    said = (
        f"'{won_column}' and '{closed_column}': say the outcome together: {open_:,} leads that were not won "
        f"are not closed, so that they are open and not lost; the column '{OUTCOME}' is made of both"
    )
    return replace(widened, crm=leads.crm, remarks=leads.remarks), select, said


def _pair(leads: TableProfile) -> tuple[str, tuple[str, ...], str] | None:
    """(column of wins, its values that mean won, column that says closed), where both are needed."""
    wins = [name for name in named_outcomes(leads) if leads.columns[name].format.distinct == 2]
    ends = [
        name
        for name, column in leads.columns.items()
        if column.format.type == "boolean" and column.format.distinct == 2 and _CLOSED.search(plain(name))
    ]
    for closed_column in ends:
        for name in wins:
            if name == closed_column or is_earlier_name(name):
                continue
            values = divide(leads, name).won
            won = leads.cells(name).isin(values).to_numpy(dtype=bool)
            closed = _closed(leads, closed_column)
            lost, open_ = (closed & ~won).sum(), (~closed & ~won).sum()
            if (
                won.sum() >= _FEWEST
                and (won & closed).sum() >= _SAME * won.sum()
                and min(lost, open_) >= _FEWEST
            ):
                return name, values, closed_column
    return None


def _closed(leads: TableProfile, name: str) -> np.ndarray:
    return np.array([_yes(cell) for cell in leads.cells(name)], dtype=bool)


def _yes(cell: object) -> bool:
    return cell is not None and boolean(str(cell)) is True


def _list(values: tuple[str, ...] | list[str]) -> str:
    return ", ".join(quoted(value) for value in values)
