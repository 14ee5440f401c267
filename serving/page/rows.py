"""A chart of rows with a value and its interval each, drawn for a desk and for a telephone.

By hand, as `curves`: matplotlib draws for one size and altair needs a script; these are drawn by the hundred,
with marks and dashes for paper and words for screen readers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from serving.page.axes import (
    BLUE,
    GREY,
    INK,
    PixelScale,
    apart,
    both,
    bottom_axis,
    dot,
    drawing,
    legend,
    line,
    mark,
    nice_ticks,
    tick_words,
    top_of,
    width_of,
    words,
)
from serving.page.markup import Markup, join, tag
from serving.page.words import Words, percent

_ROW = 20
"""Height in px of a row of `rows_chart`."""
_TALL_ROW = 38
"""…where label and note stand above the value, as there is no room beside it."""
_LAST = 28
"""Px right of an axis for half of the words of a tick at its end."""


@dataclass(frozen=True)
class ValueRow:
    """One row: a value with its interval, perhaps a second value beside it, words at the right."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    other: float | None = None
    note: str = ""
    colour: str = BLUE
    mark: str = "disc"
    own: bool = False
    """Whether a company wrote the label: it is never translated."""


def rows_chart(
    rows: Sequence[ValueRow],
    *,
    title: str,
    reference: float | None = None,
    names: tuple[str, str | None, str | None] = ("", None, None),
    value_words: Words = percent,
    width: float | None = None,
    bars: bool = False,
    label_room: float = 190,
) -> Markup:
    """Rows of a value each, over a common axis that holds zero; `reference` is a vertical line.

    `names` says in the legend what the value, the other value and the reference are. With `bars` the value
    is the length of a bar from zero, else a mark. Without a `width` it is drawn for desk and telephone.
    """
    settings = (title, reference, names, value_words, bars, label_room)
    if width is not None:
        return _rows(rows, *settings, width, "")
    return both(lambda across, kind: _rows(rows, *settings, across, kind))


def _rows(
    rows: Sequence[ValueRow],
    title: str,
    reference: float | None,
    names: tuple[str, str | None, str | None],
    value_words: Words,
    bars: bool,
    label_room: float,
    width: float,
    kind: str,
) -> Markup:
    """`rows_chart` in `width` px; on a telephone label and note stand above the value."""
    tall = kind == "phone"
    each = _TALL_ROW if tall else _ROW
    room = max(max((width_of(row.note) for row in rows), default=0.0) + 12, _LAST)
    wide = min(label_room, max((width_of(row.label) for row in rows), default=0.0) + 10)
    entries = [(name, mark) for name, mark in zip(names, _marks(bars), strict=True) if name]
    key, taken = legend(entries, 0, 5, width)
    if tall:
        room, wide = float(_LAST), 16.0
    top, left = taken + 9, wide + 4
    bottom = top + each * len(rows) + 4
    across = PixelScale(_start(rows), _end(rows, reference), left, max(width - room, left + 60))
    ticks = tick_words(nice_ticks(across.low, across.high, 5), value_words)
    parts = [key, bottom_axis(across, bottom, apart(ticks, across), "", top)]
    if reference is not None:
        parts.append(line(across.at(reference), top, across.at(reference), bottom, INK, 1.5, "4 3"))
    for place, row in enumerate(rows):
        y = top + each * (place + 0.5)
        parts.append(_above(row, y - 5, width) if tall else _beside(row, across, y, wide))
        parts.append(_row(row, across, y + 9 if tall else y, bars))
    return drawing(width, bottom + 24, title, *parts, kind=kind)


def _end(rows: Sequence[ValueRow], reference: float | None) -> float:
    """The end of the axis: intervals fit, but those of tiny groups may run over it."""
    said = [v for row in rows for v in (row.value, row.other, reference) if v is not None]
    ends = [row.high for row in rows if row.high is not None]
    return min(top_of([*said, *ends]), 2 * top_of([abs(v) for v in said]))


def _start(rows: Sequence[ValueRow]) -> float:
    """Where the axis begins: zero, or as far below it as values and intervals go, in the same bounds."""
    said = [row.value for row in rows]
    lows = [-row.low for row in rows if row.low is not None]
    if not any(v < 0 for v in said) and not any(v > 0 for v in lows):
        return 0.0
    return -min(top_of([*(-v for v in said), *lows]), 2 * top_of([abs(v) for v in said]))


def _marks(bars: bool) -> tuple[Markup, Markup, Markup]:
    whisker = line(2, 5, 26, 5, BLUE, 1.5)
    value = _bar(0, 28, 5, BLUE) if bars else join([whisker, dot(14, 5, BLUE)])
    return value, dot(14, 5, GREY, hollow=True), line(14, 0, 14, 11, INK, 1.5, "3 1")


def _beside(row: ValueRow, across: PixelScale, y: float, wide: float) -> Markup:
    """The label in `wide` px left of the axis, the note right of it."""
    label = words(wide - 4, y + 4, row.label, "end", room=wide - 6, own=row.own)
    return join([label, words(across.end + 8, y + 4, row.note, soft=True)])


def _above(row: ValueRow, y: float, width: float) -> Markup:
    """The label and the note in one line of `width` px."""
    room = width - width_of(row.note) - 12
    return join(
        [words(0, y, row.label, room=room, own=row.own), words(width - 2, y, row.note, "end", soft=True)]
    )


def _row(row: ValueRow, across: PixelScale, y: float, bars: bool) -> Markup:
    """The value of one row, with its interval, at the height `y`."""
    parts = []
    if bars:
        parts.append(_bar(across.start, across.at(row.value), y, row.colour))
    if row.low is not None and row.high is not None and math.isfinite(row.low):
        parts.append(line(across.at(row.low), y, across.at(row.high), y, INK if bars else row.colour, 1.5))
    if row.other is not None and math.isfinite(row.other):
        parts.append(dot(across.at(row.other), y, GREY, hollow=True))
    if not bars and math.isfinite(row.value):
        parts.append(mark(across.at(row.value), y, row.colour, row.mark))
    return join(parts)


def _bar(start: float, end: float, y: float, colour: str) -> Markup:
    return tag(
        "rect",
        x=f"{start:.1f}",
        y=f"{y - 6:.1f}",
        width=f"{max(end - start, 0.5):.1f}",
        height="12",
        fill=colour,
    )
