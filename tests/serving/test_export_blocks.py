"""An export in blocks: the same answers whatever the blocks, and a killed run goes on where it stopped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from features import LeadscoreError
from serving.answer.ladder import Ladder
from serving.batch.export import score_export
from serving.batch.resume import opened_work
from serving.returned import ADDED, BatchSummary
from tests.made import scorers
from tests.serving.test_score_export import EVENTS, HEADER, NOW, ROWS, cells, written

pytestmark = pytest.mark.slow

MORE = [
    ["007", "2026-02-01", "120", "Software", "VP Sales", "a@acme.io", "no", "", "keeps  its   spaces"],
    ["k", "2026-02-01", "50", "retail", "", "A@acme.io ", "", "", "the address of 007"],
    ["e", "2026-01-01", "many", "", "", "", "", "", "1,5"],
    ["007", "2026-02-01", "122", "Software", "", "", "", "", "other cells again"],
]
TABLE = [*ROWS, *MORE]
STRANGERS = [["nobody", "2026-02-10", "page_view"], ["", "2026-02-10", "page_view"]]


@pytest.fixture(scope="module")
def ladder() -> Ladder:
    return Ladder.by_rules(scorers.recipe())


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    return written(tmp_path / "leads.csv", HEADER, TABLE)


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return written(tmp_path / "events.csv", ["lead_id", "occurred_at", "kind"], [*EVENTS, *STRANGERS])


def run(
    ladder: Ladder, leads: Path, out: Path | None, events: Path | None, rows: int, **how: object
) -> BatchSummary:
    settings = {"as_of_us": NOW, **how}
    return score_export(scorers.recipe(), ladder, leads, out, events=events, block_rows=rows, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 13])
@pytest.mark.parametrize("with_events", [True, False])
def test_blocks_of_any_size_give_the_same_file_and_the_same_summary(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path, rows: int, with_events: bool
) -> None:
    given = events if with_events else None
    whole = run(ladder, leads, tmp_path / "whole.csv", given, 1000)
    parts = run(ladder, leads, tmp_path / "parts.csv", given, rows)
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    other = {"out": None, "columns": None}
    told = [{**summary.as_dict(), **other, "quality": _counted(summary)} for summary in (parts, whole)]
    assert told[0] == told[1]
    assert whole.rows == len(TABLE) == sum(whole.statuses.values())


def _counted(summary: BatchSummary) -> list[tuple[str, str, int, str]]:
    """Without the cells of 'e', whose copy may be in another block."""
    return sorted(row for row in summary.quality if "company_size" not in row[1])


def test_a_file_of_blocks_is_read_as_one_held_whole(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path
) -> None:
    """The first row of an id counts and its copies share its answer, wherever they stand."""
    run(ladder, leads, tmp_path / "out.csv", events, 2)
    out = cells(tmp_path / "out.csv")
    added = list(ADDED[:-1])
    assert out.loc[10, added].tolist() == out.loc[0, added].tolist()
    assert out.loc[12, added].tolist() == out.loc[4, added].tolist()
    assert "appeared before with other cells" in out["error"][6]
    assert "appeared before with other cells" in out["error"][13]
    assert out["ls_status"][11] == "uncalibrated"


def test_who_is_in_the_file_under_another_id_is_pointed_out(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path
) -> None:
    summary = run(ladder, leads, tmp_path / "out.csv", events, 4)
    out = cells(tmp_path / "out.csv")
    assert out["ls_same_person"][11] == "007"
    assert out["ls_same_person"][3] == "c"
    assert (out["ls_same_person"] != "").sum() == summary.persons["email"] == 2


def test_a_killed_run_goes_on_and_doubles_and_loses_nothing(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path
) -> None:
    run(ladder, leads, tmp_path / "whole.csv", events, 3)
    out = tmp_path / "out.csv"

    def killed(done: int, total: int | None = None) -> None:
        if done > 7:
            os._exit(9)

    child = os.fork()
    if child == 0:
        run(ladder, leads, out, events, 3, progress=killed)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert not out.exists()
    partial = tmp_path / "out.csv.partial"
    before = {path.name: path.stat().st_mtime_ns for path in partial.glob("block-*.parquet")}
    assert len(before) == 2
    seen: list[int] = []
    run(ladder, leads, out, events, 3, as_of_us=None, progress=lambda done, total=None: seen.append(done))
    assert min(seen) > 6, "blocks that were done are not scored again"
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes(), "at the moment of the killed run"
    assert not partial.exists()


def test_what_was_begun_for_another_file_or_moment_is_not_gone_on_with(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path
) -> None:
    run(ladder, leads, tmp_path / "whole.csv", events, 3)
    out = tmp_path / "out.csv"

    def stopped(done: int, total: int | None = None) -> None:
        if done > 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(ladder, leads, out, events, 3, as_of_us=NOW + 1, progress=stopped)
    assert len(list((tmp_path / "out.csv.partial").glob("block-*"))) == 2
    run(ladder, leads, out, events, 3)
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_two_runs_do_not_write_one_file(ladder: Ladder, leads: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with opened_work(out, [], None, NOW), pytest.raises(LeadscoreError, match="another run is at work"):
        run(ladder, leads, out, None, 3)


def test_a_file_that_cannot_be_read_leaves_nothing_behind(ladder: Ladder, tmp_path: Path) -> None:
    empty = written(tmp_path / "leads.csv", HEADER, [])
    with pytest.raises(LeadscoreError, match="has no row below its header"):
        run(ladder, empty, tmp_path / "out.csv", None, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["leads.csv"]
