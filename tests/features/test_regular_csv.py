"""Both readers of CSV against each other: the fast one reads the same cells, or refuses."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.exports.laying import spool
from features.exports.reader import read_raw
from features.exports.regular import IrregularError, regular_batches, regular_text

PLAIN = st.sampled_from(
    ["", "a", "12", "é", "a@b.co", "x y", "2026-01-02", "name", "Total 3", "00123", "'a'"]
)
QUOTED = st.sampled_from(['"a"', '"x""y"', '"é"', '""', '" "', '"1,5;6\t7"'])
ODD = st.sampled_from(
    ['"a', 'a"b', '"a"b', " ", "a\nb", '"a\nb"', "\r", "\x00", "\x0b", "\u2028", '"a\r\nb"', '"']
)
CELL = st.one_of(PLAIN, PLAIN, PLAIN, QUOTED, ODD)
REGULAR = st.one_of(PLAIN, QUOTED)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    width = draw(st.integers(1, 5))
    cell = draw(st.sampled_from([CELL, REGULAR, REGULAR]))
    rows = [["name", "id", "E-mail", " Job  title", "note"][:width]]
    for _ in range(draw(st.integers(0, 8))):
        size = draw(st.sampled_from([width] * 20 + [0, 1, width + 1]))
        rows.append(draw(st.lists(cell, min_size=size, max_size=size)))
    text = newline.join(delimiter.join(row) for row in rows) + draw(
        st.sampled_from(["", newline, newline * 2])
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"]))
    return text.encode(encoding, errors="replace")


@settings(max_examples=400, deadline=None)
@given(texts())
@example(b"name,id\na,b\n\xe9,\xc3\xa9\n")
@example(b"sep=;\nname;id\na;b\n")
@example(b'name,id\n"a",b\n"c"\n,d\n')
def test_the_fast_reader_reads_what_the_tolerant_one_reads_or_refuses(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        path.write_bytes(content)
        try:
            text = regular_text(path, Path(folder))
            batches = list(regular_batches(text))
        except IrregularError:
            return
        read = [list(cells) for batch in batches for cells in zip(*batch.to_pydict().values(), strict=True)]
        raw = read_raw(path)
        assert raw.frame.to_numpy().tolist() == read
        assert tuple(raw.frame.columns) == text.names
        assert raw.dialect.text == text.dialect
        assert raw.lines.tolist() == list(range(2, len(read) + 2))
        assert raw.problems.empty
        assert not raw.shifted.any()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_crms_export_is_regular(tmp_path: Path, encoding: str, newline: str) -> None:
    rows = ["id;société;note", *(f'{place};"Éts ""{place}""";; '[:-2] for place in range(500))]
    path = tmp_path / "leads.csv"
    path.write_bytes(newline.join([*rows, ""]).encode(encoding))
    found = spool(path, tmp_path)
    assert found.regular
    assert (found.rows, found.names) == (500, ("id", "société", "note"))
    ((_, table),) = found.blocks([0])
    assert table.column("société").to_pylist()[7] == 'Éts "7"'


@pytest.mark.parametrize("starts", [[0], [0, 1], [0, 10, 20, 30], [0, 29_999], list(range(0, 40_000, 777))])
def test_blocks_are_cut_anywhere_and_any_number_is_passed_over(tmp_path: Path, starts: list[int]) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("\n".join(["id,x", *(f"{place},{place % 7}" for place in range(40_000))]))
    found = spool(path, tmp_path)
    for skip in {0, 1, len(starts) - 1}:
        blocks = list(found.blocks(starts, skip))
        assert [start for start, _ in blocks] == starts[skip:]
        ids = [int(cell) for _, table in blocks for cell in table.column("id").to_pylist()]
        assert ids == list(range(starts[skip] if skip < len(starts) else 40_000, 40_000))
