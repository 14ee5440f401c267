"""An outcome that two columns say together: whether a case is closed, and how it ended if it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.cells import boolean
from features.discovery.relations import is_plain, relation_of
from features.leaks.words import marks_lost
from features.outcome import divide, is_earlier_name, named_outcomes
from features.profiles import TableProfile, plain, profile, reads_as_won, won_among
from features.sql import named, quoted

OUTCOME = "outcome_of_two"
_CLOSED = re.compile(
    r"\b(?:closed|is closed|finished|completed|cloture|cloturee|ferme|fermee|termine|terminee|abgeschlossen"
    r"|geschlossen|beendet|erledigt)\b"
)
_CLOSED_VALUE = re.compile(
    r"(?:closed|finished|completed|done|cloturee?|fermee?|terminee?|abgeschlossen|geschlossen|beendet|erledigt)"
)
_REASON = re.compile(
    r"\b(?:reason|motif|raison|grund|sub ?stage|sub ?status|sous (?:etape|statut)|unterstatus|detail|result"
    r"|resultat|ergebnis)\b"
)
_FEW_VALUES = 20
_SAME = 0.98
_FEWEST = 20


def with_outcome_of_two(
    leads: TableProfile, relation: str | None, folder: Path | None
) -> tuple[TableProfile, str | None, str | None]:
    """The leads with one column made of two, the SELECT that makes it, and a sentence; else as they were.

    One column says that a case was won: a yes, or a reason or substage that reads so. Where it does not, the
    case may be open still: another column says that it is closed, or lost, and tells lost from open. Only
    where the engine reads the file as it is.
    """
    pair = _pair(leads)
    if pair is None or OUTCOME in leads.columns or (relation is None and not is_plain(leads)):
        return leads, relation, None
    won, closed = _has(leads, pair.won, pair.won_values), _has(leads, pair.closed, pair.closed_values)
    frame = leads.raw.frame.copy()
    frame[OUTCOME] = np.select([won, closed], ["Won", "Lost"], "Open")
    select = (
        f"SELECT *, CASE WHEN trim({named(pair.won)}) IN ({_list(pair.won_values)}) THEN 'Won'\n"
        f"WHEN trim({named(pair.closed)}) IN ({_list(pair.closed_values)}) THEN 'Lost'\n"
        f"ELSE 'Open' END AS {named(OUTCOME)}\n"
        f"FROM {f'({relation})' if relation else relation_of(leads, folder)} AS t"
    )
    widened = profile(leads.path, replace(leads.raw, frame=frame))
    for name, column in leads.columns.items():
        widened.columns[name] = column
    for name in (pair.won, pair.closed):
        widened.columns[name] = replace(widened.columns[name], role="modified_at")
    open_ = int((~closed & ~won).sum())
    said = (
        f"'{pair.won}' and '{pair.closed}': say the outcome together: {open_:,} leads that "
        f"were not won are not {'lost' if pair.apart else 'closed'}, so that they are open and not lost; the "
        f"column '{OUTCOME}' is made of both"
    )
    return replace(widened, crm=leads.crm, remarks=leads.remarks), select, said


@dataclass(frozen=True)
class _Pair:
    """Two columns and their values: what says won, and what says closed, or lost (`apart` from won)."""

    won: str
    won_values: tuple[str, ...]
    closed: str
    closed_values: tuple[str, ...]
    apart: bool

    def needed(self, leads: TableProfile) -> bool:
        """Whether both are: enough leads are lost, and enough neither won nor closed."""
        won, closed = _has(leads, self.won, self.won_values), _has(leads, self.closed, self.closed_values)
        both, lost, open_ = (won & closed).sum(), (closed & ~won).sum(), (~closed & ~won).sum()
        fits = both <= (1 - _SAME) * won.sum() if self.apart else both >= _SAME * won.sum()
        return bool(fits and min(won.sum(), lost, open_) >= _FEWEST)


def _pair(leads: TableProfile) -> _Pair | None:
    """The first two columns that say the outcome together, where both are needed."""
    pairs = (
        _Pair(won, won_values, closed, closed_values, apart)
        for closed, closed_values, apart in _ends(leads)
        for won, won_values in _wins(leads)
        if won != closed and won_values
    )
    return next((pair for pair in pairs if pair.needed(leads)), None)


def _ends(leads: TableProfile) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """(column, values, whether they say lost): a yes to closed or lost, or the "closed" of a status."""
    for name, column in leads.columns.items():
        if column.format.type == "boolean" and column.format.distinct == 2:
            lost = marks_lost(plain(name))
            if lost or _CLOSED.search(plain(name)):
                yield name, tuple(sorted(value for value in _values(leads, name) if _yes(value))), lost
        elif column.format.type == "category" and column.format.distinct <= _FEW_VALUES:
            values = _values(leads, name)
            closed = tuple(value for value in values if _CLOSED_VALUE.fullmatch(plain(value)))
            if len(closed) == 1 and not won_among(values):
                yield name, closed, False


def _wins(leads: TableProfile) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(column, values that mean won): of two values and called an outcome, or a reason that reads so."""
    for name in named_outcomes(leads):
        if leads.columns[name].format.distinct == 2 and not is_earlier_name(name):
            yield name, divide(leads, name).won
    for name, column in leads.columns.items():
        few = column.format.type == "category" and column.format.distinct <= _FEW_VALUES
        if few and _REASON.search(plain(name)) and not is_earlier_name(name):
            yield name, tuple(value for value in _values(leads, name) if reads_as_won(value))


def _values(leads: TableProfile, name: str) -> list[str]:
    return [str(cell) for cell in leads.cells(name).dropna().unique()]


def _has(leads: TableProfile, name: str, values: tuple[str, ...]) -> NDArray[np.bool_]:
    return leads.cells(name).isin(values).to_numpy(dtype=bool)


def _yes(cell: str) -> bool:
    return boolean(cell) is True


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(quoted(value) for value in values)
