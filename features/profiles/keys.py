"""Which column of one table names the rows of another: proven by coverage, uniqueness and names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from features.errors import LeadscoreError
from features.profiles.presets import plain
from features.profiles.table import ColumnProfile, TableProfile

FITS = 0.5
"""The share of its values that a column must have among the keys."""
_FITS_ALIKE = 0.05
"""For two columns of one name: an export of events may hold many more leads than that of leads."""
_NEARLY = 0.95
_NAMING = ("id", "category", "number", "email")
_ANY_TABLE = frozenset(
    {"id", "ids", "no", "n", "nr", "num", "number", "numero", "nummer"}
    | {"key", "code", "ref", "reference", "name", "nom", "uuid"}
)
"""Words that say "this names a row", and not of what."""
_SLIPS: dict[str, Callable[[str], str]] = {
    "without leading zeros": lambda text: text.lstrip("0"),
    "without the '.0' at the end": lambda text: text.removesuffix(".0"),
    "whatever the capitals": str.casefold,
    "without blanks and signs": lambda text: "".join(filter(str.isalnum, text)),
}


@dataclass(frozen=True)
class Pointer:
    """A column whose cells name rows by their `key`: the `share` of its values that do, in [0, 1].

    `alike` says whether both names speak of the same thing.
    """

    column: str
    key: str
    share: float
    alike: bool


def keys_of(table: TableProfile) -> list[str]:
    """The columns that could name a row: the one with the role of an id first, then the unique and full."""
    declared = table.role("id")
    unique = [c.name for c in table.columns.values() if _is_unique(c, table.rows) and c is not declared]
    return [*([declared.name] if declared else []), *unique]


def nearly_keys(table: TableProfile) -> list[str]:
    """The columns that could name a row, then those that would but for a few rows that stand twice."""
    keys = keys_of(table)
    nearly = [
        column.name
        for column in table.columns.values()
        if column.format.type in (*_NAMING, "text") and column.name not in keys
        if _NEARLY * table.rows <= column.format.distinct <= column.format.filled
    ]
    return [*keys, *nearly]


def find_pointer(table: TableProfile, named: TableProfile, keys: Sequence[str]) -> Pointer | None:
    """The column of `table` that names rows of `named`: one of a related name before one that merely fits.

    Numbers that count from about 1 fit any column of small numbers; between those only the name proves it.
    """
    found = [
        pointer
        for key in keys
        for name, column in table.columns.items()
        if column.format.type in (*_NAMING, "text") and column.format.distinct > 1
        if (pointer := _pointer(table, name, named, key)) is not None
    ]
    return max(found, key=lambda one: (one.alike, one.share, one.key == keys[0]), default=None)


def refuse_no_match(table: TableProfile, leads: TableProfile) -> None:
    """Raises where both files have a column of one name that tells leads apart, and hardly a value in common.

    Raises:
        LeadscoreError: with what the values have in common once zeros, capitals or signs are left aside.
    """
    for key in keys_of(leads):
        own = next((name for name in table.columns if _says_whose(name) and plain(name) == plain(key)), None)
        if own is None:
            continue
        cells, keyed = table.cells(own).dropna(), leads.cells(key).dropna()
        share = float(cells.isin(keyed).mean()) if len(cells) else 0.0
        slip = _slip(set(cells), set(keyed))
        aside = f"; {slip[0]} {slip[1]:.0%} of its values would" if slip else ""
        few = "none" if share == 0 else f"only {share:.1%}"
        raise LeadscoreError(
            f"{table.raw.name}: column '{own}' is called as in {leads.raw.name}, but {few} of its "
            f"{len(cells):,} cells names a lead there{aside}.",
            "Export both files with the ids as text, from the same leads; or leave this file out.",
        )


def are_related(name: str, key: str) -> bool:
    """Whether two names speak of the same thing: equal, or with a word in common that says of what.

    >>> are_related("lead_id", "Lead ID"), are_related("Product ID", "Lead ID")
    (True, False)
    """
    one, other = plain(name), plain(key)
    return one == other or bool((set(one.split()) & set(other.split())) - _ANY_TABLE)


def _says_whose(name: str) -> bool:
    return bool(set(plain(name).split()) - _ANY_TABLE)


def _is_unique(column: ColumnProfile, rows: int) -> bool:
    return column.format.distinct == column.format.filled == rows > 1 and column.format.type in _NAMING


def _pointer(table: TableProfile, name: str, named: TableProfile, key: str) -> Pointer | None:
    values, keys = set(table.cells(name).dropna()), set(named.cells(key).dropna())
    common = len(values & keys)
    if not common:
        return None
    share, alike = common / len(values), are_related(name, key)
    of_one_name = plain(name) == plain(key) and max(share, common / len(keys)) >= _FITS_ALIKE
    by_chance = not alike and _counts_from_one(named.cells(key))
    return Pointer(name, key, share, alike) if (share >= FITS or of_one_name) and not by_chance else None


def _counts_from_one(keys: pd.Series) -> bool:
    """Whether keys are whole numbers about as large as they are many: small numbers are among them."""
    texts = keys.dropna().astype(str)
    if not len(texts) or not texts.str.fullmatch(r"[0-9]{1,9}").all():
        return False
    return int(texts.astype(int).max()) <= 3 * len(texts)


def _slip(values: set[str], keys: set[str]) -> tuple[str, float] | None:
    """What must be left aside for at least half of `values` to be `keys`, and their share then."""
    for words, read in _SLIPS.items():
        wanted = {read(key) for key in keys}
        share = sum(read(value) in wanted for value in values) / max(len(values), 1)
        if share >= FITS:
            return words, share
    return None
