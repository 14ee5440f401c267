"""Workbooks that other programs wrote oddly: each is read, or refused in a sentence."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from features.errors import LeadscoreError
from features.exports.reader import read_raw

LEADS = [["id", "name", "city"], *([str(n), f"Ann {n}", "Paris"] for n in range(1, 6))]


def book(path: Path, rows: list[list[str]], merged: str) -> Path:
    """A workbook whose sheet names `merged` as its one merged range."""
    made = Workbook()
    for row in rows:
        made.active.append(row)  # type: ignore[union-attr]
    made.save(path.with_suffix(".whole"))
    with zipfile.ZipFile(path.with_suffix(".whole")) as whole, zipfile.ZipFile(path, "w") as odd:
        for name in whole.namelist():
            content = whole.read(name)
            if name.endswith("sheet1.xml"):
                cells = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>'
                content = content.replace(b"</sheetData>", b"</sheetData>" + cells.encode())
                assert cells.encode() in content
            odd.writestr(name, content)
    return path


@pytest.mark.parametrize("merged", ["A1:XFD1", "A1:C1", "A1:XFD1048576", "XFA1:XFD9"])
def test_a_range_merged_to_the_end_makes_no_columns(tmp_path: Path, merged: str) -> None:
    above = [["Leads of the year", "", ""]] if merged.endswith("1") else []
    table = read_raw(book(tmp_path / "leads.xlsx", [*above, *LEADS], merged))
    assert table.frame.shape[1] == 3
    if merged != "A1:XFD1048576":  # that one says that all rows are the title
        assert [list(table.frame), *table.frame.to_numpy().tolist()] == LEADS


def test_a_header_merged_to_the_end_is_numbered_up_to_the_last_value(tmp_path: Path) -> None:
    rows = [["id", "city", "name", ""], *([*row, "x"] for row in LEADS[1:])]
    table = read_raw(book(tmp_path / "leads.xlsx", rows, "C1:XFD1"))
    assert list(table.frame) == ["id", "city", "name", "name (2)"]


@pytest.mark.parametrize("merged", ["ZZZZ1:ZZZZ2", "A1:ABCDE1"])
def test_a_merged_range_that_no_sheet_has_is_a_damaged_workbook(tmp_path: Path, merged: str) -> None:
    with pytest.raises(LeadscoreError, match="is not a readable workbook"):
        read_raw(book(tmp_path / "leads.xlsx", LEADS, merged))


def test_sixteen_thousand_columns_of_one_name_are_numbered(tmp_path: Path) -> None:
    width = 16_384
    path = tmp_path / "leads.csv"
    path.write_text(
        "\n".join([",".join(["id", "name (3)", *["name"] * (width - 2)]), "a," * (width - 1) + "b"])
    )
    names = list(read_raw(path).frame)
    assert names[:5] == ["id", "name (3)", "name", "name (2)", "name (4)"]
    assert len(set(names)) == width
