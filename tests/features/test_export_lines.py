"""What is written column by column is what Python's own writer of CSV writes."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.exports.lines import lines_of

CELLS = st.one_of(st.none(), st.text(st.sampled_from("a=\"+-@;,\t\r\n'é "), max_size=6), st.text(max_size=4))
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def by_hand(rows: list[tuple[object, ...]], ours: int, delimiter: str) -> str:
    """The rows through `csv.writer`; the last `ours` cells are defused one by one."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
    for row in rows:
        cells = ["" if cell is None or cell != cell else cell for cell in row]
        first = len(cells) - ours
        own = [f"'{c}" if isinstance(c, str) and c.startswith(FORMULA) else c for c in cells[first:]]
        writer.writerow([*cells[:first], *own])
    return file.getvalue()


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5), st.sampled_from(",;\t|"))
def test_any_texts_are_written_as_by_the_writer_and_ours_are_defused(
    rows: list[tuple[str | None, ...]], delimiter: str
) -> None:
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(3)]
    made = lines_of(columns[:2], columns[2:], delimiter, "\r\n")
    assert made == by_hand([tuple(row) for row in rows], 1, delimiter)


@given(st.lists(st.tuples(st.none() | st.floats(), st.none() | st.integers(-(2**63), 2**63 - 1)), max_size=5))
def test_numbers_are_written_as_by_the_writer(rows: list[tuple[float | None, int | None]]) -> None:
    columns = [
        pa.array([row[0] for row in rows], pa.float64()),
        pa.array([row[1] for row in rows], pa.int64()),
    ]
    assert lines_of(columns, columns, ",", "\r\n") == by_hand([row * 2 for row in rows], 2, ",")


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (True, "True"),
    ],
)
def test_cells_with_a_type_of_their_own_are_written_as_texts(cell: object, written: str) -> None:
    assert lines_of([pa.array([cell])], [pa.nulls(1)], ";", "\n") == f"{written};\n"
