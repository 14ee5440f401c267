"""Exports as people send them: the row is kept, what is wrong stands in its column, the rest is scored."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from features import LeadscoreError
from leadscore import main
from serving.answer.ladder import Ladder
from serving.batch.export import score_export
from serving.returned import BatchSummary
from serving.words.translation import translated
from tests.made import scorers
from tests.serving.test_score_export import HEADER, NOW, cells

LADDER = Ladder.by_rules(scorers.recipe())
LINES = [
    f"l{place};2026-02-01;{place + 5};retail;CEO;p{place}@acme{place}.io;no;;note {place}"
    for place in range(40)
]
HEAD = ";".join(HEADER)


def run(source: Path | str, out: Path) -> BatchSummary:
    return score_export(scorers.recipe(), LADDER, source, out, as_of_us=NOW, block_rows=7)


def text(lines: list[str]) -> bytes:
    return "\r\n".join([*lines, ""]).encode()


def ragged(folder: Path) -> bytes:
    return text([HEAD, *LINES[:10], LINES[10] + ";beyond", *LINES[11:20], "l20;2026-02-01;8", *LINES[21:]])


def broken_quote(folder: Path) -> bytes:
    return text([HEAD, *LINES[:39], 'l39;2026-02-01;"8;retail;;;;;'])


def twice(folder: Path) -> bytes:
    return text([HEAD, *LINES[:20], HEAD, *LINES[20:]])


def totals(folder: Path) -> bytes:
    return text([HEAD, *LINES, "Total général;;;;;;;;", "40 records"])


def wide(folder: Path) -> bytes:
    more = ";".join(f"field {place}" for place in range(300))
    return text([f"{HEAD};{more}", *(f"{line}{';' * 300}" for line in LINES)])


def mixed(folder: Path) -> bytes:
    rows = [f"l{place};2026-02-01;8;Société;;;;;\r\n" for place in (38, 39)]
    return text([HEAD, *LINES[:-2]]) + rows[0].encode() + rows[1].encode("cp1252")


def marked(folder: Path) -> bytes:
    return b"\xef\xbb\xbf" + text([HEAD, *LINES])


WAYS: dict[str, tuple[Callable[[Path], bytes], int, int, str]] = {
    "ragged rows": (ragged, 40, 1, "long row"),
    "a broken quote in the last row": (broken_quote, 40, 1, "quotes"),
    "a header twice": (twice, 40, 0, "repeats the header"),
    "totals at the end": (totals, 40, 0, "below the last lead"),
    "300 columns of which nine are usable": (wide, 40, 0, ""),
    "mixed encodings": (mixed, 40, 0, "mixed encoding"),
    "a byte order mark": (marked, 40, 0, ""),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_odd_costs_its_row_at_most(tmp_path: Path, way: str) -> None:
    write, rows, wrong, said = WAYS[way]
    (tmp_path / "leads.csv").write_bytes(write(tmp_path))
    summary = run(tmp_path / "leads.csv", tmp_path / "out.csv")
    out = cells(tmp_path / "out.csv", sep=";", encoding="utf-8-sig")
    assert out["lead_id"].tolist() == [f"l{place}" for place in range(rows)]
    assert summary.errors == wrong == (out["error"] != "").sum()
    assert not said or any(said in what for _, what, _, _ in summary.oddities())


def test_a_workbook_keeps_its_dates_phones_ids_and_merged_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*HEADER, "phone"])
    for place in range(6):
        sheet.append([f"{place:05d}", 46054, 8, "retail", "", "", "", "", "", 33612345678.0])
    sheet.merge_cells("D2:D4")
    other = book.create_sheet("Archive")
    for place in range(4):
        other.append([f"a{place}", "2026-02-01"])
    book.save(tmp_path / "leads.xlsx")
    summary = run(tmp_path / "leads.xlsx", tmp_path / "out.xlsx")
    found = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    rows = list(found.iter_rows(min_row=2, max_col=10, values_only=True))
    assert [row[0] for row in rows] == [f"{place:05d}" for place in range(6)]
    assert {(row[1], row[9]) for row in rows} == {(46054, 33612345678)}
    assert any("another sheet" in what for _, what, _, _ in summary.oddities())
    assert summary.rows == 6


def test_ids_that_lost_their_leading_zeros_are_pointed_out(tmp_path: Path) -> None:
    """A spreadsheet makes 7 of 007: nothing is joined by guess, and the summary says what happened."""
    (tmp_path / "leads.csv").write_bytes(text([HEAD, *(line[1:] for line in LINES)]))
    happened = [f"00{place};2026-02-03;page_view" for place in (7, 8)] + ["nobody;2026-02-03;page_view"]
    (tmp_path / "events.csv").write_bytes(text(["lead_id;occurred_at;kind", *happened]))
    how = {"events": tmp_path / "events.csv", "as_of_us": NOW, "block_rows": 7}
    summary = score_export(scorers.recipe(), LADDER, tmp_path / "leads.csv", None, **how)  # type: ignore[arg-type]
    assert ("events", "rows of unknown leads", 3, "dropped") in summary.quality
    (said,) = [warning for warning in summary.warnings if "zeros" in warning]
    assert said.startswith("2 events would have their lead")
    assert translated(said, "fr").startswith("2 événements auraient leur prospect")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["irregular", "xlsx"])
def test_a_killed_run_of_an_irregular_file_or_a_workbook_goes_on(tmp_path: Path, kind: str) -> None:
    """Killed while the first, a middle and the last block is scored: the file is the same, no row twice."""
    source, end = tmp_path / "leads.csv", ".csv"
    source.write_bytes(text([HEAD, *LINES[:39], 'l39;2026-02-01;"8;retail;;;;;']))
    if kind == "xlsx":
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in [HEADER, *(line.split(";") for line in LINES)]:
            book.active.append(row)
        source, end = tmp_path / "leads.xlsx", ".xlsx"
        book.save(source)
    run(source, tmp_path / f"whole{end}")
    for place, rows in enumerate((1, 20, 39)):
        out = tmp_path / f"out{place}{end}"
        child = os.fork()
        if child == 0:
            stop = lambda done, total=None, rows=rows: os._exit(9) if done > rows else None  # noqa: E731
            score_export(scorers.recipe(), LADDER, source, out, as_of_us=NOW, block_rows=7, progress=stop)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        assert not out.exists()
        run(source, out)
        assert shown(out) == shown(tmp_path / f"whole{end}")


def shown(path: Path) -> object:
    """What stands in a file; a workbook's own moment of writing does not."""
    if path.suffix == ".csv":
        return path.read_bytes()
    return [list(sheet.iter_rows(values_only=True)) for sheet in openpyxl.load_workbook(path).worksheets]


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(text([HEAD, *(LINES * 5000)]))
    enough = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as file:
            while not enough.wait(0.001):
                file.write((LINES[0] + "\r\n").encode())

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(LeadscoreError, match="was written to while it was read"):
            run(path, tmp_path / "out.csv")
    finally:
        enough.set()
        writer.join()
    assert not (tmp_path / "out.csv").exists()


def test_without_room_on_the_disk_the_run_ends_and_goes_on_later(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(text([HEAD, *LINES]))
    run(path, tmp_path / "whole.csv")
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000))  # what is written at the end is larger
        try:
            run(path, tmp_path / "out.csv")
        except LeadscoreError as error:
            os._exit(5 if "Make room on the disk" in str(error) else 6)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
    assert not (tmp_path / "out.csv").exists()
    run(path, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_language_that_nobody_has_and_an_empty_file_are_said(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(scorers.RECIPE)
    (tmp_path / "leads.csv").write_bytes(text([HEAD]))
    words = ["score", str(tmp_path / "leads.csv"), "--recipe", str(tmp_path / "recipe.toml")]
    words += ["-o", str(tmp_path / "out.csv")]
    done = CliRunner().invoke(main, [*words, "--language", "tlh"])
    assert done.exit_code == 2
    assert "'en', 'fr'" in done.stderr
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert "has no row below its header" in done.stderr
