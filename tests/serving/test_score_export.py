"""Batch: every row comes back, in its order, untouched, and answered exactly as over HTTP."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features import LeadscoreError
from features.clock.instants import parse_moment
from serving.answer.ladder import Ladder
from serving.api.envelope import score_items
from serving.batch.export import score_export
from serving.returned.columns import ADDED, row_of
from serving.returned.summary import BatchSummary
from tests.made import scorers

AS_OF = "2026-03-02T12:00:00+00:00"
NOW = parse_moment(AS_OF, "UTC")
HEADER = ["lead_id", "created_at", "company_size", "industry", "title", "email", "opted_out", "stage", "note"]
ROWS = [
    ["007", "2026-02-01", "120", "Software", "VP Sales", "a@acme.io", "no", "", "keeps  its   spaces"],
    ["b", "2026-02-20T10:00:00+01:00", "", "retail", "", "", "", "", ""],
    ["c", "2026-01-01", "8", "", "CEO", "x@gmail.com", "", "won", "closed"],
    ["d", "2026-01-01", "8", "", "CEO", "x@gmail.com", "yes", "", ""],
    ["e", "2026-01-01", "many", "", "", "", "", "", "1,5"],
    ["f", "2026-12-01", "8", "", "", "", "", "", "comes later"],
    ["007", "2026-02-01", "121", "Software", "", "", "", "", "same id, other cells"],
    ["b", "2026-02-20T10:00:00+01:00", "", "retail", "", "", "", "", ""],
    ["", "2026-02-01", "5", "", "", "", "", "", "no id"],
    ["h", "", "5", "finance", "Élève", "h@bücher.example", "", "In talks", '"quoted"; and, all'],
]
EVENTS = [
    ["007", "2026-03-02T11:30:00Z", "demo_request"],
    ["007", "2026-02-10", "page_view"],
    ["b", "2026-03-02T12:00:00+00:00", "page_view"],
    ["b", "2026-03-02T12:00:01+00:00", "demo_request"],
    ["h", "2026-03-01T00:00:00", "unsubscribe"],
]
AMOUNTS = [3, None, 0, 5, 6, 7, 8, None, 9, 10]


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    return scorers.saved(tmp_path_factory.mktemp("model"))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return written(tmp_path / "leads.csv", HEADER, ROWS)


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return written(tmp_path / "events.csv", ["lead_id", "occurred_at", "kind"], EVENTS)


def written(path: Path, header: list[str], rows: list[list[str]], **how: Any) -> Path:
    with path.open("w", newline="", encoding=how.pop("encoding", "utf-8")) as file:
        writer = csv.writer(file, **how)
        writer.writerows([header, *rows])
    return path


def cells(path: Path, **how: Any) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, **how)


def run(ladder: Ladder, export: Path, out: Path | None, events: Path | None, **how: Any) -> BatchSummary:
    return score_export(scorers.recipe(), ladder, export, out, events=events, as_of_us=NOW, **how)


def test_every_row_comes_back_in_order_with_its_cells_untouched(
    ladder: Ladder, export: Path, events: Path, tmp_path: Path
) -> None:
    summary = run(ladder, export, tmp_path / "out.csv", events)
    out = cells(tmp_path / "out.csv")
    assert list(out.columns) == [*HEADER, *ADDED]
    assert out[HEADER].to_numpy().tolist() == ROWS
    assert summary.rows == len(ROWS) == sum(summary.statuses.values())


def test_each_row_has_its_status_and_wrong_rows_say_why(
    ladder: Ladder, export: Path, events: Path, tmp_path: Path
) -> None:
    summary = run(ladder, export, tmp_path / "out.csv", events)
    out = cells(tmp_path / "out.csv")
    assert out["ls_status"].tolist() == [
        *("scored", "scored", "closed", "opted_out", "error", "error", "error", "scored", "error", "scored")
    ]
    assert summary.errors == 4
    assert "company_size" in out["error"][4]
    assert "many" not in out["error"][4]
    assert "created_at: is after as_of" in out["error"][5]
    assert "appeared before" in out["error"][6]
    assert "lead_id: is empty" in out["error"][8]
    assert out.loc[1, list(ADDED)].tolist() == out.loc[7, list(ADDED)].tolist()
    scored = out["ls_status"] == "scored"
    assert (out.loc[scored, "error"] == "").all()
    assert (out.loc[~scored, "ls_probability"] == "").all()


def test_ranks_are_those_of_the_file(ladder: Ladder, export: Path, events: Path, tmp_path: Path) -> None:
    run(ladder, export, tmp_path / "out.csv", events)
    out = cells(tmp_path / "out.csv")
    known = out[out["ls_probability"] != ""]
    expected = known["ls_probability"].astype(float).rank(ascending=False, method="min").astype(int)
    assert known["ls_rank"].astype(int).tolist() == expected.tolist()


@pytest.mark.parametrize("with_events", [True, False])
def test_batch_and_http_give_the_same_answers(
    ladder: Ladder, export: Path, events: Path, tmp_path: Path, with_events: bool
) -> None:
    run(ladder, export, tmp_path / "out.csv", events if with_events else None)
    out = cells(tmp_path / "out.csv")
    for row in (0, 1, 2, 3, 9):
        names = [name for name in HEADER if name not in ("lead_id", "stage", "note")]
        own = [{"occurred_at": moment, "kind": kind} for name, moment, kind in EVENTS if name == ROWS[row][0]]
        request = {
            "lead_id": ROWS[row][0],
            "fields": {name: ROWS[row][HEADER.index(name)] for name in names},
            "events": own if with_events else None,
            "as_of": AS_OF,
            "stage": ROWS[row][HEADER.index("stage")] or None,
        }
        (score,) = score_items(ladder, [request], 0)
        added = ["" if cell is None else str(cell) for cell in row_of(score)]
        got = out.loc[row, list(ADDED[1:-1])].tolist()
        warnings = ADDED.index("ls_warnings") - 1
        if with_events:  # a file cannot say which of its events came too late for which lead
            added[warnings] = got[warnings] = ""
        assert got == added


def test_parquet_and_workbooks_keep_their_types(
    ladder: Ladder, export: Path, events: Path, tmp_path: Path
) -> None:
    run(ladder, export, tmp_path / "csv.csv", events)
    frame = cells(export)
    frame["amount"] = pd.array([*AMOUNTS], dtype="Int64")
    frame.to_parquet(tmp_path / "leads.parquet", index=False)
    run(ladder, tmp_path / "leads.parquet", tmp_path / "out.parquet", events)
    again = pd.read_parquet(tmp_path / "out.parquet")
    assert [None if pd.isna(amount) else amount for amount in again["amount"]] == AMOUNTS
    assert str(again["ls_probability"].dtype) == "float64"
    frame.to_excel(tmp_path / "leads.xlsx", index=False)
    run(ladder, tmp_path / "leads.xlsx", tmp_path / "out.xlsx", events)
    book = pd.read_excel(tmp_path / "out.xlsx")
    assert [None if pd.isna(amount) else amount for amount in book["amount"]] == AMOUNTS
    expected = cells(tmp_path / "csv.csv")["ls_status"].tolist()
    assert again["ls_status"].tolist() == book["ls_status"].tolist() == expected


def test_a_file_is_written_as_it_was_read(ladder: Ladder, events: Path, tmp_path: Path) -> None:
    source = written(tmp_path / "l.csv", HEADER, ROWS, delimiter=";", encoding="cp1252")
    run(ladder, source, tmp_path / "out.csv", events)
    out = cells(tmp_path / "out.csv", sep=";", encoding="cp1252")
    assert out[HEADER].to_numpy().tolist() == ROWS


def test_a_row_with_too_many_cells_is_an_error_and_loses_none_of_them(ladder: Ladder, tmp_path: Path) -> None:
    rows = [*ROWS[:3], [*ROWS[3], "one", "two more"], *ROWS[4:]]
    summary = run(ladder, written(tmp_path / "l.csv", HEADER, rows), tmp_path / "out.csv", None)
    out = cells(tmp_path / "out.csv")
    assert len(out) == len(ROWS)
    assert out.loc[3, [*HEADER, "surplus 1", "surplus 2"]].tolist() == rows[3]
    assert "more or fewer cells than the header" in out["error"][3]
    assert out["ls_status"][0] == "scored"
    assert any(table == "export" for table, *_ in summary.quality)


def test_stdin_and_stdout(
    ladder: Ladder, export: Path, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(ladder, export, tmp_path / "out.csv", events)

    class Pipe:
        def __init__(self, content: bytes) -> None:
            self.buffer = io.BytesIO(content)

    into, back = Pipe(export.read_bytes()), Pipe(b"")
    monkeypatch.setattr("sys.stdin", into)
    monkeypatch.setattr("sys.stdout", back)
    score_export(scorers.recipe(), ladder, "-", "-", events=events, as_of_us=NOW)
    monkeypatch.undo()
    streamed = pd.read_csv(io.BytesIO(back.buffer.getvalue()), dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(streamed, cells(tmp_path / "out.csv"))


def test_a_dry_run_writes_nothing(ladder: Ladder, export: Path, events: Path, tmp_path: Path) -> None:
    summary = run(ladder, export, tmp_path / "out.csv", events, dry_run=True)
    assert not (tmp_path / "out.csv").exists()
    assert summary.statuses["scored"] == 4
    assert summary.hottest[0].lead_id == "007"


def test_an_export_that_was_scored_already_is_refused(
    ladder: Ladder, export: Path, events: Path, tmp_path: Path
) -> None:
    run(ladder, export, tmp_path / "out.csv", events)
    with pytest.raises(LeadscoreError, match="already has the columns ls_rank"):
        run(ladder, tmp_path / "out.csv", tmp_path / "again.csv", events)


@pytest.mark.parametrize("out", ["out.json", "nowhere/out.csv"])
def test_a_target_that_cannot_be_written_is_refused_before_any_work(
    ladder: Ladder, tmp_path: Path, out: str
) -> None:
    with pytest.raises(LeadscoreError, match=r"cannot write|does not exist"):
        run(ladder, tmp_path / "absent.csv", tmp_path / out, None)


def test_a_misspelt_column_is_warned_of_with_the_name_that_is_meant(ladder: Ladder, tmp_path: Path) -> None:
    header = ["company_sise" if name == "company_size" else name for name in HEADER]
    summary = run(ladder, written(tmp_path / "l.csv", header, ROWS), None, None)
    assert any(
        "lacks the column 'company_size' (did you mean 'company_sise'?)" in w for w in summary.warnings
    )
    assert summary.statuses["scored"] >= 4, "HTTP takes such a lead too"


def test_an_old_file_and_a_file_without_events_are_warned_about(ladder: Ladder, export: Path) -> None:
    summary = score_export(scorers.recipe(), ladder, export, None, as_of_us=NOW + 400 * 86_400_000_000)
    assert any("no events were given" in warning for warning in summary.warnings)
    assert any("--as-of" in warning for warning in summary.warnings)


def test_the_newest_date_of_a_file_is_its_own_and_not_the_declared_end(ladder: Ladder, export: Path) -> None:
    later = NOW + 400 * 86_400_000_000
    recipe = scorers.recipe()
    ended = recipe.model_copy(update={"split": recipe.split.model_copy(update={"history_end": "2020-01-01"})})
    found = [score_export(one, ladder, export, None, as_of_us=later).warnings for one in (recipe, ended)]
    assert found[0] == found[1]
    assert any("the newest date in the file is" in warning for warning in found[1])
