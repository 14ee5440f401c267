"""Which column of a dropped export is which field of the model, and how sure that is."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    cells = {str(name): [cell for cell in frame[name] if not is_missing(cell)] for name in frame.columns}
    known, parsers = nameable(recipe), {parser.name: parser for parser in field_parsers(recipe)}
    pairs = _pairs(known, found.names) | {
        field: (column, "same" if column == known[field] else "known")
        for field, column in (chosen or {}).items()
        if field in known and (not column or column in found.names)
    }
    fields = []
    for field in known:
        column, how = pairs[field]
        filled = cells.get(column, [])
        parser = parsers.get(field)
        good = None if parser is None else sum(_reads(parser.parse, cell) for cell in filled)
        if how == "near" and good is not None and good < len(filled) / 2:
            column, how, filled, good = "", "none", [], 0  # only its name is like it
        kind = recipe.lead.fields[field].type if parser is not None else "role"
        examples = tuple(dict.fromkeys(str(cell)[:60] for cell in filled[:50]))[:_SHOWN]
        fields.append(FieldMatch(field, kind, column, how, len(frame), len(filled), good, examples))
    return Matched(found.names, found.rows, tuple(fields))


def _reads(parse: object, cell: object) -> bool:
    assert callable(parse)
    try:
        parse(cell)
    except ValueError:
        return False
    return True


def _pairs(known: Mapping[str, str], names: Sequence[str]) -> dict[str, tuple[str, How]]:
    """Field → (column, how): by the same name, else as a CRM calls the same thing, else by a near name."""
    found: dict[str, tuple[str, How]] = {
        field: (column, "same") for field, column in known.items() if column in names
    }
    spare = [name for name in names if name not in known.values()]
    for how in ("known", "near"):
        for field, column in known.items():
            if field in found or not spare:
                continue
            other = known_name(column, spare) if how == "known" else near_name(column, spare)
            if other is not None:
                found[field] = (other, "known" if how == "known" else "near")
                spare.remove(other)
    return {field: found.get(field, ("", "none")) for field in known}
