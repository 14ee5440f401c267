"""A text that is read line by line says what it says when it is held whole, whatever is odd about it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features import LeadscoreError
from features.exports.reader import read_raw
from features.exports.spool import Spool, spool, with_surplus
from features.exports.streamed import LaidLines, Oddities, batches_of, surveyed, text_lines

PLAIN = [
    "",
    "",
    "a",
    "12",
    "é",
    "a@b.co",
    "x y",
    "2026-01-02",
    "name",
    "Total 3",
    "00123",
    "sum",
    "40 records",
]
ODD = ["'a'", " ", '"a', 'a"b', '"a"b', '"a\nb"', "\r", "\x0b", '"x""y"', '"', "Total général", '"1,5;6\t7"']
CELL = st.sampled_from([*PLAIN, *ODD])


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """Titles, a header or none, rows of about its width, empty rows, a second header, totals."""
    delimiter, newline = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    width = draw(st.integers(1, 6))
    header = draw(
        st.sampled_from([["name", "id", "E-mail", " Job  title", "", "id"][:width], [], ["7", "8"]])
    )
    rows = [[title] for title in draw(st.lists(st.sampled_from(["Leads of May", ""]), max_size=2))]
    rows.append(header)
    for _ in range(draw(st.integers(0, 12))):
        size = draw(st.sampled_from([width] * 12 + [0, 1, width + 1, width + 2]))
        row = draw(st.lists(CELL, min_size=size, max_size=size))
        rows.append(draw(st.sampled_from([row] * 9 + [header, [""] * width])))
    rows += draw(st.lists(st.sampled_from([["Total", "12"], ["", ""], ["written by the CRM"]]), max_size=3))
    lines = [delimiter.join(row) + newline for row in rows]
    encodings = draw(st.sampled_from([["utf-8"], ["cp1252"], ["utf-8", "cp1252"], ["utf-16"], ["utf-16-le"]]))
    if encodings[0].startswith("utf-16"):
        return "".join(lines).encode(encodings[0])
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return mark + b"".join(line.encode(draw(st.sampled_from(encodings)), "replace") for line in lines)


@settings(max_examples=300, deadline=None)
@given(texts())
@example(b"name,id\n\xe9,\xc3\xa9\n")
@example(b"sep=;\nname;id\na;b\n")
@example(b"name,id\na,b,c\nd\n")
@example(b"id,name,,\n1,a,,\n2,b,,x\n3,c,,y\n")
def test_a_streamed_text_has_the_rows_names_and_oddities_of_one_held_whole(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        path.write_bytes(content)
        try:
            raw = with_surplus(read_raw(path))
        except LeadscoreError:
            return
        oddities = Oddities()
        written, lines = text_lines(path, oddities)
        laid = LaidLines(lines, Path(folder) / "lines")
        layout = surveyed(laid, oddities)
        assert layout is not None
        batches = list(batches_of(laid, layout, oddities))
    surplus = [f"surplus {place + 1}" for place in range(layout.surplus)]
    assert [*layout.names, *surplus] == list(raw.frame.columns)
    columns = [
        [cell for batch in batches for cell in batch[place]] for place in range(len(raw.frame.columns) + 2)
    ]
    assert columns[:-2] == [raw.frame.iloc[:, place].tolist() for place in range(len(raw.frame.columns))]
    assert columns[-2] == raw.lines.tolist()
    assert columns[-1] == raw.shifted.tolist()
    assert oddities.rows() == raw.counts()
    assert written == raw.dialect.text


def test_an_irregular_text_is_laid_down_with_its_dialect(tmp_path: Path) -> None:
    rows = [f"{place};Éts {place};x" for place in range(9_000)]
    rows[8_990] = '8990;"open;x'
    (tmp_path / "leads.csv").write_text(
        "Leads\r\nid;name;note\r\n" + "\r\n".join([*rows, "Total;;9000"]), newline=""
    )
    found: Spool = spool(tmp_path / "leads.csv", tmp_path / "laid")
    assert (found.rows, found.names, found.regular) == (9_000, ("id", "name", "note"), False)
    assert found.dialect.header_line == 2
    assert {kind for kind, _, _ in found.oddities} == {
        "above the header",
        "quotes",
        "below the last lead (a total or remark)",
    }
    ((_, table),) = found.blocks([0])
    assert table.column("id").to_pylist() == [str(place) for place in range(9_000)]
    assert [path.name for path in (tmp_path / "laid").iterdir()] == ["leads.csv.cells.parquet"]


@pytest.mark.parametrize("content", [b"\n\n", b";;;\n;;\n"])
def test_a_text_without_a_cell_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "leads.csv").write_bytes(content)
    with pytest.raises(LeadscoreError, match="holds no"):
        spool(tmp_path / "leads.csv", tmp_path / "laid")
