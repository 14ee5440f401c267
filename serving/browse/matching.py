"""Which column of a dropped export is which field of the model, and how sure that is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from features.cells import field_parsers, is_missing
from features.exports import check_back, spool
from features.recipe import Recipe
from serving.batch import known_name, nameable, near_name
from serving.returned import ADDED

_LOOKED_AT = 2_000
_SHOWN = 3
How = Literal["same", "known", "near", "none"]


@dataclass(frozen=True)
class FieldMatch:
    """A field or role, the column it is read from ('': none), how that was found, and what the cells say.

    `filled` of the cells that were looked at hold something, and `readable` of those are as the field's
    type wants them (None: there is no type).
    """

    field: str
    type: str
    column: str
    how: How
    looked: int = 0
    filled: int = 0
    readable: int | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matched:
    """An export as it was looked at: its columns, its rows, and each field of the recipe."""

    names: tuple[str, ...]
    rows: int
    fields: tuple[FieldMatch, ...]

    @property
    def readable(self) -> bool:
        """Whether any field of the model was found."""
        return any(one.column and one.type != "role" for one in self.fields)


def matched(recipe: Recipe, leads: Path, chosen: Mapping[str, str] | None = None) -> Matched:
    """`leads` beside the fields of `recipe`; `chosen` says what a person decided.

    Raises:
        LeadscoreError: the file cannot be read, has no row, or was scored before.
    """
    with tempfile.TemporaryDirectory(dir=leads.parent, prefix=".look-") as folder:
        found = spool(leads, Path(folder) / "leads")
        check_back(found, ADDED, None)
        starts = [0, _LOOKED_AT] if found.rows > _LOOKED_AT else [0]
        start, table = next(iter(found.blocks(starts)))
        frame = found.raw(start, table).frame
    filled = {str(name): [cell for cell in frame[name] if not is_missing(cell)] for name in frame.columns}
    cells = _Cells(filled, {parser.name: parser.parse for parser in field_parsers(recipe)})
    known = nameable(recipe)
    pairs = _pairs(known, found.names, cells.fit) | {
        field: (column, "same" if column == known[field] else "known")
        for field, column in (chosen or {}).items()
        if field in known and (not column or column in found.names)
    }
    fields = []
    for field in known:
        column, how = pairs[field]
        kind = recipe.lead.fields[field].type if field in cells.parsers else "role"
        here = filled.get(column, [])
        examples = tuple(dict.fromkeys(str(cell)[:60] for cell in here[:50]))[:_SHOWN]
        good = cells.readable(field, column)
        fields.append(FieldMatch(field, kind, column, how, len(frame), len(here), good, examples))
    return Matched(found.names, found.rows, tuple(fields))


@dataclass(frozen=True)
class _Cells:
    """The cells of each column that hold something, and what reads a cell of each field."""

    filled: Mapping[str, Sequence[object]]
    parsers: Mapping[str, Callable[[object], object]]

    def readable(self, field: str, column: str) -> int | None:
        """How many cells of `column` are as the type of `field` wants them; None: it has no type."""
        parse = self.parsers.get(field)
        return None if parse is None else sum(_reads(parse, cell) for cell in self.filled.get(column, ()))

    def fit(self, field: str, column: str) -> bool:
        """Whether half of the cells or more are."""
        good = self.readable(field, column)
        return good is None or good >= len(self.filled.get(column, ())) / 2


def _reads(parse: Callable[[object], object], cell: object) -> bool:
    try:
        parse(cell)
    except ValueError:
        return False
    return True


def _pairs(
    known: Mapping[str, str], names: Sequence[str], fits: Callable[[str, str], bool]
) -> dict[str, tuple[str, How]]:
    """Field → (column, how): by the same name, else as a CRM calls the same thing, else by a near name.

    A column of a near name whose cells do not fit a field is left to those that they fit.
    """
    found: dict[str, tuple[str, How]] = {
        field: (column, "same") for field, column in known.items() if column in names
    }
    spare = [name for name in names if name not in known.values()]
    for how in ("known", "near"):
        for field, column in known.items():
            if (same := next((found[one] for one in found if known[one] == column), None)) is not None:
                found[field] = same  # a role and a field may read one column
            if field in found or not spare:
                continue
            fitting = partial(fits, field)
            other = known_name(column, spare) if how == "known" else _fitting(column, spare, fitting)
            if other is not None:
                found[field] = (other, "known" if how == "known" else "near")
                spare.remove(other)
    return {field: found.get(field, ("", "none")) for field in known}


def _fitting(column: str, spare: Sequence[str], fits: Callable[[str], bool]) -> str | None:
    left = list(spare)
    while left and (other := near_name(column, left)) is not None:
        if fits(other):
            return other
        left.remove(other)  # only its name is like it
    return None
