"""Which column says how a lead ended, and which of its values mean won; asked for when it is not plain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from features.cells import number
from features.errors import LeadscoreError
from features.profiles import TableProfile, plain, presets, won_among
from features.profiles.endings import LOST

_MOST_VALUES, _MOST_STAGES = 40, 20
# What an open lead has too: not won so far.
_DENIAL = re.compile(
    r"(?:no|nein|n|0|false|faux|non|nao|nee|falso|not converted|nonconverted|unconverted|non convertie?)"
)
_NAMED = {"outcome": 4.0, "status": 3.0}
_EARLIER = re.compile(
    r"\b(?:prev|previous|prior|past|earlier|former|preceding|precedente?s?|anterieure?s?|ancienn?e?"
    r"|previ[oa]s?|anterior(?:es)?|precedenti|eerdere"
    r"|vorherige[rsnm]?|vorige[rsnm]?|fruhere[rsnm]?"
    r"|(?:last|derniere?|letzte[rsnm]?) (?:campaign|campagne|kampagne|call|appel|anruf))\b"
)


@dataclass(frozen=True)
class OutcomeColumn:
    """The column that holds the outcome, and its values (as written) that mean won, lost, or neither yet."""

    column: str
    won: tuple[str, ...]
    lost: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """All values of the column."""
        return (*self.won, *self.lost, *self.other)


def declared_outcome(table: TableProfile, asked: str) -> OutcomeColumn:
    """The outcome that the option `COLUMN=VALUE` (or COLUMN alone) declares; several values are cut by '|'.

    Raises:
        LeadscoreError: no such column or value; with those that there are.
    """
    name, _, value = asked.partition("=")
    column = find_column(table, name, "--outcome")
    values = values_of(table, column)
    if not value:
        found = divide(table, column)
        if found.won:
            return found
        raise LeadscoreError(
            f"--outcome {asked}: does not say which value means won; the column has {_listed(values)}.",
            f"Name it: --outcome '{column}=VALUE'.",
        )
    wanted = {text.strip().casefold() for text in value.split("|")}
    won = tuple(text for text in values if text.casefold() in wanted)
    if not won:
        raise LeadscoreError(
            f"--outcome {asked}: the column has no such value; it has {_listed(values)}.",
            "Name one of these, as written in the file.",
        )
    return with_rest(column, values, won)


def named_outcomes(table: TableProfile) -> dict[str, float]:
    """Columns that are called an outcome → how surely, by preset, name and values; from 3 on plainly.

    The result of an earlier campaign is known when a lead comes, whatever its name says.
    """
    few = [
        name
        for name, column in table.columns.items()
        if column.format.type in ("boolean", "category", "number")
        and 1 < column.format.distinct <= _MOST_VALUES
        and not is_earlier(name)
    ]
    return {name: score for name in few if (score := _score(table, name)) > 0}


def is_earlier(name: str) -> bool:
    """Whether a column is called after what was before this lead.

    >>> is_earlier("Résultat précédent"), is_earlier("previous_outcome"), is_earlier("Result")
    (True, True, False)
    """
    return _EARLIER.search(plain(name)) is not None


def stage_columns(table: TableProfile, least: int) -> Iterator[str]:
    """Columns of `least` to 20 values that could hold stages of this lead, whatever they are called."""
    for name, column in table.columns.items():
        few = column.format.type == "category" and least <= column.format.distinct <= _MOST_STAGES
        if few and column.role in (None, "status", "outcome") and not is_earlier(name):
            yield name


def candidates(table: TableProfile) -> str:
    """Columns of few values with these values, for the error that asks for the outcome."""
    few = [
        f"{name} ({_listed(values_of(table, name))})"
        for name, column in table.columns.items()
        if 1 < column.format.distinct <= 12 and not column.personal and column.format.type != "date"
    ]
    return "; ".join(few[:12]) or "none has between 2 and 12 values"


def could_mean_won(table: TableProfile) -> tuple[str, ...]:
    """COLUMN=VALUE of what could be the outcome, the likeliest first: few values, far back, the rarest."""
    few = [
        (column.format.distinct, -place, f"{name}={min(values, key=lambda value: values[value])}")
        for place, (name, column) in enumerate(table.columns.items())
        if 1 < column.format.distinct <= 12 and column.format.type in ("boolean", "category")
        if not column.personal and not is_earlier(name) and (values := values_of(table, name))
    ]
    return tuple(option for _, _, option in sorted(few)[:6])


def find_column(table: TableProfile, name: str, option: str) -> str:
    """The column called `name`, also in another spelling.

    Raises:
        LeadscoreError: there is none.
    """
    if name in table.columns:
        return name
    alike = [column for column in table.columns if plain(column) == plain(name)]
    if len(alike) == 1:
        return alike[0]
    raise LeadscoreError(
        f"{option}: {table.raw.name} has no column '{name}'; it has {', '.join(list(table.columns)[:40])}.",
        "Name one of these.",
    )


def is_plainly_lost(value: str) -> bool:
    """Whether `value` says that a lead was lost ("Perdu", "dead"), and not only that it is not won ("0").

    >>> is_plainly_lost("Closed Lost"), is_plainly_lost("no")
    (True, False)
    """
    return LOST.search(plain(value)) is not None and _DENIAL.fullmatch(plain(value)) is None


def _score(table: TableProfile, name: str) -> float:
    """How much a column looks like an outcome: a preset's word, then its name, then its values."""
    column, values = table.columns[name], values_of(table, name)
    preset = {plain(value) for value in column.won}
    if column.role == "outcome":
        if any(plain(value) in preset for value in values):
            # Two-valued beats a stage: "Converted" is surer than "Status".
            return 20.0 + (column.format.type == "boolean")
    elif column.role not in (None, "status"):
        return 0.0
    inside = any(word in _outcome_words() for word in plain(name).split())
    named = _NAMED.get(column.role or "", 0.5 if inside else 0.0)
    if not named:
        return 0.0
    won = won_among(values)
    if not won or len(won) == len(values):
        return 0.0
    if len(values) > 2 and all(number(value) is not None for value in values):
        return 0.0  # classes 1, 2, 3: no one of them says yes
    return named + (0.25 if len(values) == 2 else 0.0)


def last_of_a_data_set(table: TableProfile) -> str | None:
    """The last column where it says yes or no, of a table that names nobody and holds no status.

    Data sets made for learning put the outcome last, under any name; lists that people keep do not.
    """
    listed = any(
        column.format.type in ("email", "phone") or column.role in ("person", "status", "outcome")
        for column in table.columns.values()
    )
    name = list(table.columns)[-1]
    last = table.columns[name]
    if listed or last.role is not None or last.format.type != "boolean" or last.format.distinct != 2:
        return None
    return name if last.format.filled == table.rows else None


def _outcome_words() -> frozenset[str]:
    """Single words that name an outcome, such as the one in "lead_converted_flag"."""
    names = presets()["plain"].columns["outcome"].names
    return frozenset(plain(name) for name in names if len(name) > 2 and " " not in name)


def divide(table: TableProfile, column: str) -> OutcomeColumn:
    """The values of `column` that mean won, lost, or neither as yet."""
    values = values_of(table, column)
    preset = {plain(value) for value in table.columns[column].won}
    won = tuple(value for value in values if plain(value) in preset)
    won = won or won_among(values)
    lost = {plain(value) for value in table.columns[column].lost}
    found = with_rest(column, values, won)
    if not lost:
        return found
    ended = [value for value in values if value not in won]
    listed = tuple(value for value in ended if plain(value) in lost or is_plainly_lost(value))
    rest = tuple(value for value in ended if value not in listed)
    return OutcomeColumn(column, won, listed, rest)


def with_rest(column: str, values: Mapping[str, int], won: tuple[str, ...]) -> OutcomeColumn:
    """What is not won is lost where it says so, or where it is the only other value; else it is open."""
    rest = [value for value in values if value not in won]
    lost = rest if len(rest) == 1 else [value for value in rest if LOST.search(plain(value))]
    return OutcomeColumn(column, won, tuple(lost), tuple(value for value in rest if value not in lost))


def values_of(table: TableProfile, name: str) -> dict[str, int]:
    """Distinct values with their counts, commonest first."""
    counts = table.cells(name).value_counts()
    return {str(value): int(count) for value, count in counts.head(200).items()}


def _listed(values: Mapping[str, int]) -> str:
    shown = ", ".join(list(values)[:12])
    return f"{shown}, …" if len(values) > 12 else shown
