"""What a column holds and how it is written: the words of those who find it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from features.recipe import FieldType
from features.recipe.formats import ValueFormat

ColumnType = FieldType | Literal["id", "empty"]

# A column is of a type when this share of its cells can be read so; the rest is reported cell by cell.
ENOUGH = 0.9
# Dates as text, in this share of the cells, say what the numbers beside them are.
TELLING = 0.1
JUDGED = 4000  # distinct values looked at, commonest first


@dataclass(frozen=True)
class ColumnFormat:
    """What a column holds: its type, how it is written, which texts mean "no value", and counts of cells.

    `misfits` counts filled cells that cannot be read as `type`; `doubtful` says that day and month could be
    exchanged without a cell noticing; `dated` counts the cells that are dates in a column that is none.
    """

    type: ColumnType
    format: ValueFormat | None = None
    missing: tuple[str, ...] = ()
    filled: int = 0
    distinct: int = 0
    misfits: int = 0
    doubtful: bool = False
    dated: int = 0


def share_of(head: dict[str, int], cells: int, fits: Callable[[str], bool]) -> float:
    """The share of the `cells` whose text `fits`."""
    return sum(count for text, count in head.items() if fits(text)) / cells
