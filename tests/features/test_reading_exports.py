"""Whatever an export looks like, each of its rows is read or reported, and no cell is changed."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from features.errors import LeadscoreError
from features.exports.reader import RawTable, list_parts, read_raw

PLAIN = "id,name,city\n1,Ann,Paris\n2,Bob,Rome\n3,Cyd,Oslo\n"


def written(folder: Path, content: bytes | str, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(table: RawTable) -> list[list[str | None]]:
    return table.frame.to_numpy(dtype=object).tolist()


def kinds(table: RawTable) -> list[str]:
    return table.problems["kind"].tolist()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiter_encoding_and_line_ends_are_found(
    tmp_path: Path, delimiter: str, encoding: str, newline: str
) -> None:
    text = "id,société,ville\n1,Café,Nîmes\n2,Île,Brême\n".replace(",", delimiter).replace("\n", newline)
    table = read_raw(written(tmp_path, text.encode(encoding)))
    assert list(table.frame) == ["id", "société", "ville"]
    assert rows(table) == [["1", "Café", "Nîmes"], ["2", "Île", "Brême"]]
    assert table.dialect.text is not None
    assert (table.dialect.text.delimiter, table.dialect.text.newline) == (delimiter, newline)
    assert table.lines.tolist() == [2, 3]
    assert kinds(table) == []


def test_a_decimal_comma_is_not_taken_for_the_delimiter(tmp_path: Path) -> None:
    text = "id;montant;taux\n" + "".join(f"{n};{n},50;0,{n}\n" for n in range(1, 30))
    assert list(read_raw(written(tmp_path, text)).frame) == ["id", "montant", "taux"]


def test_lines_in_another_encoding_are_read_and_reported(tmp_path: Path) -> None:
    content = b"id,name\n1,Zo\xc3\xab\n2,Zo\xeb\n"
    table = read_raw(written(tmp_path, content))
    assert rows(table) == [["1", "Zoë"], ["2", "Zoë"]]
    assert table.problems[["line", "kind"]].to_numpy().tolist() == [[3, "mixed encoding"]]


CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters='",;\n|\t'), max_size=8
)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=3, max_size=12), st.sampled_from(",;\t"))
def test_what_a_csv_writer_wrote_comes_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]], delimiter: str
) -> None:
    body = [[f"L{place}", f"full{place}", *row] for place, row in enumerate(cells)]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [["id", "key", "a", "b", "c"], *body]
    )
    table = read_raw(written(tmp_path_factory.mktemp("law"), out.getvalue()))
    assert rows(table) == [[cell or None for cell in row] for row in body]


def test_ragged_rows_stay_in_their_place(tmp_path: Path) -> None:
    text = "id,name,city\n1,Ann,Paris\n2,Bob\n3,Cyd,Oslo,extra\n4,Dee,Lyon,,\n"
    table = read_raw(written(tmp_path, text))
    assert rows(table) == [
        ["1", "Ann", "Paris"],
        ["2", "Bob", None],
        ["3", "Cyd", "Oslo"],
        ["4", "Dee", "Lyon"],
    ]
    assert table.problems[["line", "kind"]].to_numpy().tolist() == [[3, "short row"], [4, "long row"]]
    assert table.shifted.tolist() == [False, False, True, False]
    assert table.surplus == {4: ("extra",)}


def test_a_quote_that_never_closes_costs_no_other_row(tmp_path: Path) -> None:
    body = [f'{n},"Name {n}",City' for n in range(1, 200)]
    body[50] = '51,"Name 51,City'
    table = read_raw(written(tmp_path, "id,name,city\n" + "\n".join(body) + "\n"))
    assert table.frame["id"].tolist() == [str(n) for n in range(1, 200)]
    assert table.frame["city"].tolist() == ["City"] * 199
    assert table.problems[["line", "kind"]].to_numpy().tolist() == [[52, "quotes"]]


def test_text_behind_a_closing_quote_shifts_nothing(tmp_path: Path) -> None:
    table = read_raw(written(tmp_path, 'id,name,city\n1,"Ann" (new),Paris\n2,5" pipe,Rome\n'))
    assert table.frame["city"].tolist() == ["Paris", "Rome"]


def test_a_line_break_in_a_quoted_cell_belongs_to_the_cell(tmp_path: Path) -> None:
    table = read_raw(written(tmp_path, 'id,note\n1,"two\nlines"\n2,"one"\n'))
    assert rows(table) == [["1", "two\nlines"], ["2", "one"]]
    assert table.lines.tolist() == [2, 4]


def test_a_title_above_and_totals_below_are_left_out_and_said(tmp_path: Path) -> None:
    table_text = "id,name,city,sum\n1,Ann,Paris,4\n2,Bob,Rome,5\n3,Cyd,Bonn,1\n"
    text = f'Leads report 2025,,,\n,,,\n{table_text}Total,,,10\n"Copyright ACME"\n'
    table = read_raw(written(tmp_path, text))
    assert table.frame["id"].tolist() == ["1", "2", "3"]
    assert table.dialect.header_line == 3
    assert table.problems["line"].tolist() == [1, 2, 7, 8]


@pytest.mark.parametrize("as_sheet", [True, False])
def test_remarks_below_an_empty_row_are_left_out_and_a_lone_id_stays(tmp_path: Path, as_sheet: bool) -> None:
    lead = ["00Q1", "Ann", "Paris", "4"]
    last = {"foot": [["Total", "2", "", ""], ["Do not distribute", "", "", ""]],
            "id": [["00Q3", "", "", ""]], "address": [["ann@acme.io", "", "", ""]]}  # fmt: skip
    for name, below in last.items():
        lines = [["id", "name", "city", "sum"], lead, ["00Q2", *lead[1:]], [""] * 4, *below]
        if as_sheet:
            book = Workbook()
            assert book.active is not None
            for line in lines:
                book.active.append([cell or None for cell in line])
            path = tmp_path / f"{name}.xlsx"
            book.save(path)
        else:
            path = written(tmp_path, "".join(",".join(line) + "\n" for line in lines))
        table = read_raw(path)
        found = table.frame["id"].tolist()
        assert found == ["00Q1", "00Q2"] + ([] if name == "foot" else [below[0][0]])
        assert (table.problems["kind"] == "below the last lead (a total or remark)").sum() == (
            2 if name == "foot" else 0
        )


def test_a_header_in_the_middle_is_left_out_and_said(tmp_path: Path) -> None:
    table = read_raw(written(tmp_path, PLAIN + PLAIN))
    assert table.frame["id"].tolist() == ["1", "2", "3"] * 2
    assert table.problems[["line", "kind"]].to_numpy().tolist() == [[5, "that repeats the header"]]


def test_names_used_twice_or_missing_are_told_apart(tmp_path: Path) -> None:
    table = read_raw(written(tmp_path, "id,Email,,Email\n1,a@x.org,q,b@x.org\n2,c@x.org,r,d@x.org\n"))
    assert list(table.frame) == ["id", "Email", "column 3", "Email (2)"]
    assert kinds(table) == ["no name", "name used twice"]


def test_a_file_without_header_keeps_its_first_row(tmp_path: Path) -> None:
    table = read_raw(written(tmp_path, "1,ann@x.org,2025-01-01\n2,bob@x.org,2025-01-02\n"))
    assert len(table.frame) == 2
    assert kinds(table) == ["no header"]


def test_leading_zeros_and_odd_numbers_stay_as_written(tmp_path: Path) -> None:
    table = read_raw(written(tmp_path, 'id;n\n00123;1 200,50 €\n00124;"1.000,00"\n'))
    assert rows(table) == [["00123", "1 200,50 €"], ["00124", "1.000,00"]]


def test_three_hundred_columns_with_two_filled(tmp_path: Path) -> None:
    header = ",".join(f"c{n}" for n in range(300))
    body = "\n".join(f"{n},v" + "," * 298 for n in range(50))
    table = read_raw(written(tmp_path, f"{header}\n{body}\n"))
    assert table.frame.shape == (50, 300)
    assert kinds(table) == []


def test_gzip_zip_and_parquet_are_opened(tmp_path: Path) -> None:
    pressed = written(tmp_path, gzip.compress(PLAIN.encode()), "leads.csv.gz")
    archive = tmp_path / "leads.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("leads.csv", PLAIN)
        file.writestr("__MACOSX/._leads.csv", "x")
    assert rows(read_raw(pressed)) == rows(read_raw(archive))
    typed = tmp_path / "leads.parquet"
    pd.DataFrame({"id": [1, 2], "at": pd.to_datetime(["2025-01-01", "2025-01-02"])}).to_parquet(typed)
    assert read_raw(typed).frame["id"].dtype == np.int64


def test_a_workbook_is_read_whatever_its_name(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Report", None, None, None])
    sheet.append(["id", "group", "when", "share"])
    sheet.append(["007", "north", datetime(2025, 3, 1), 0.5])
    sheet.append(["008", None, datetime(2025, 3, 1, 14, 30), 3.0])
    sheet.append([9, "south", None, True])
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("B3:B4")
    book.create_sheet("Notes")
    path = tmp_path / "leads.csv"
    book.save(path)
    table = read_raw(path)
    assert table.dialect.kind == "xlsx"
    assert table.lines.tolist() == [3, 4, 5]
    assert rows(table) == [
        ["007", "north", "2025-03-01", "0.5"],
        ["008", "north", "2025-03-01 14:30:00", "3"],
        ["9", "south", None, "TRUE"],
    ]


def test_strict_stops_at_the_first_oddity(tmp_path: Path) -> None:
    with pytest.raises(LeadscoreError, match=r"leads.csv: line 3: has 2 cells where the header has 3"):
        read_raw(written(tmp_path, "id,name,city\n1,Ann,Paris\n2,Secret\n"), strict=True)
    assert len(read_raw(written(tmp_path, PLAIN), strict=True).frame) == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "blank lines"),
        (bytes(range(256)) * 40, "binary bytes"),
        (b"%PDF-1.4 ...", "PDF"),
        (b"<html><table><tr><td>Lead</td></tr></table>", "web page"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "Excel 97"),
        (b"\x1f\x8b broken", "gzip is damaged"),
        (b"PK\x03\x04 broken", "damaged or incomplete"),
        (b"PAR1 broken", "not a readable Parquet"),
        (b'[{"id": 1, "won": true}]', "is JSON"),
        (b'{"id": 1}\n{"id": 2}\n', "is JSON"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(LeadscoreError, match=says) as caught:
        read_raw(written(tmp_path, content))
    assert caught.value.remedy


def test_too_much_text_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.write(b"id,name\n")
        file.truncate(2_000_000_000)  # sparse: takes no room on the disk
    with pytest.raises(LeadscoreError, match="Parquet"):
        read_raw(path)


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(LeadscoreError, match="is a folder"):
        read_raw(tmp_path)
    with pytest.raises(LeadscoreError, match="no such file"):
        read_raw(tmp_path / "absent.csv")


def test_sheets_and_zipped_files_are_tables_of_their_own(tmp_path: Path) -> None:
    book = Workbook()
    note = book.active
    assert note is not None
    note.append(["Export of 2025"])
    for title, cells in (
        ("Leads", [["id", "size"], ["a", 1], ["b", 2]]),
        ("Visits", [["id", "on"], ["a", 3]]),
    ):
        sheet = book.create_sheet(title)
        for row in cells:
            sheet.append(row)
    workbook = tmp_path / "crm.xlsx"
    book.save(workbook)
    archive = tmp_path / "crm.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("out/leads.csv", PLAIN)
        file.writestr("out/visits.csv", "id,on\n1,2025-01-01\n")
    assert list_parts(workbook) == ("Leads", "Visits")
    assert rows(read_raw(workbook, part="Visits")) == [["a", "3"]]
    assert list_parts(archive) == ("out/leads.csv", "out/visits.csv")
    assert read_raw(archive, part="out/leads.csv").name == "crm.zip#out/leads.csv"
    assert list_parts(written(tmp_path, PLAIN)) == ()


@pytest.mark.parametrize("name", ["crm.xlsx", "crm.zip"])
def test_a_part_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("zip"):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("leads.csv", PLAIN)
    else:
        Workbook().save(path)
    with pytest.raises(LeadscoreError, match=r"it has (leads\.csv|Sheet)"):
        read_raw(path, part="absent")


def test_a_zip_of_several_tables_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.csv", PLAIN)
        file.writestr("b.csv", PLAIN)
    with pytest.raises(LeadscoreError, match=r"2 files that may be tables \(a.csv, b.csv\)"):
        read_raw(path)


def test_an_open_document_is_named(tmp_path: Path) -> None:
    path = tmp_path / "leads.ods"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("content.xml", "<x/>")
    with pytest.raises(LeadscoreError, match="OpenDocument"):
        read_raw(path)
