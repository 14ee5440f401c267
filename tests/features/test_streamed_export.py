"""A text that is read line by line says what it says when it is held whole, whatever is odd about it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features import LeadscoreError
from features.exports import Handback, write_export
from features.exports.laying import spool, with_surplus
from features.exports.reader import read_raw
from features.exports.spool import Spool
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


@pytest.mark.slow
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


def rewritten(folder: Path, change: Callable[[str, bytes], bytes]) -> None:
    """leads.xlsx: whole.xlsx with its parts changed."""
    with ZipFile(folder / "whole.xlsx") as whole, ZipFile(folder / "leads.xlsx", "w") as made:
        for item in whole.namelist():
            made.writestr(item, change(item, whole.read(item)))


def test_a_sheet_that_is_streamed_is_the_sheet_that_is_held(tmp_path: Path) -> None:
    """With a title, ranges merged both ways, formatted columns beyond the last, a total, a wrong size."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Leads of May"])
    sheet.append(["id", "name", "size", "note"])
    for place in range(3_000):
        sheet.append([f"{place:05d}", f"n{place}", 46_054.0 + place, None])
    sheet.append([])
    sheet.append(["Total", None, 3_000])
    for area in ("B5:B8", "C9:D9", "B20:D2900"):
        sheet.merge_cells(area)
    sheet["H7"].font = openpyxl.styles.Font(bold=True)
    book.create_sheet("Archive").append(["a", "b"])
    book.save(tmp_path / "whole.xlsx")
    size = re.compile(rb'dimension ref="[^"]*"')
    rewritten(tmp_path, lambda item, content: size.sub(b'dimension ref="A1"', content))
    raw, found = read_raw(tmp_path / "leads.xlsx"), spool(tmp_path / "leads.xlsx", tmp_path / "laid")
    ((_, table),) = found.blocks([0])
    assert found.names == tuple(raw.frame.columns) == ("id", "name", "size", "note")
    assert [table.column(name).to_pylist() for name in found.names] == [
        raw.frame[name].tolist() for name in found.names
    ]
    assert table.column("line").to_pylist() == raw.lines.tolist() == list(range(3, 3_003))
    assert raw.frame["name"].tolist()[2:6] == ["n2"] * 4
    assert raw.frame["note"].tolist()[6] == raw.frame["size"].tolist()[6] == "46060"
    assert raw.frame["note"].tolist()[2_800] == "n17"
    assert list(found.oddities) == raw.counts()
    assert found.dialect == raw.dialect


def test_a_workbook_that_is_damaged_in_its_rows_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for place in range(50):
        book.active.append([place, "x"])
    book.save(tmp_path / "whole.xlsx")
    rewritten(tmp_path, lambda item, content: content[: len(content) // 2] if "sheet1" in item else content)
    with pytest.raises(LeadscoreError, match="is not a readable workbook"):
        spool(tmp_path / "leads.xlsx", tmp_path / "laid")


def test_a_large_workbook_is_written_anew_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("features.exports.workbook.COPIED", 0)
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [["id", "size"], ["007", 5], ["008", 6.5]]:
        book.active.append(row)
    book.save(tmp_path / "leads.xlsx")
    laid = spool(tmp_path / "leads.xlsx", tmp_path / "laid")
    added = pa.table({"ls_maturity": ["hot", None]})
    blocks = [(table, added) for _, table in laid.blocks([0])]
    write_export(Handback(laid, ("ls_maturity",), lambda: iter(blocks), 2), tmp_path / "out.xlsx")
    rows = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0].iter_rows(values_only=True)
    assert list(rows) == [("id", "size", "ls_maturity"), ("007", "5", "hot"), ("008", "6.5", None)]
