"""Where the memory or the disk ends, the files are named and what to do; nothing half made is left."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import data
from features import load_recipe
from features.errors import LeadscoreError
from features.room import room_ended, within_room
from features.snapshots import write_matrix
from leadscore.command import Verbs


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acme")
    data.simulate(folder, 60, 1)
    return folder


@given(st.integers(1, 24))
@settings(max_examples=3, deadline=None)
def test_a_matrix_is_written_or_its_files_are_named(company: Path, megabytes: int) -> None:
    out, told = company / "matrix.parquet", None
    out.unlink(missing_ok=True)
    try:
        write_matrix(load_recipe(company / "recipe.toml"), company, out, memory_limit=f"{megabytes}MB")
    except LeadscoreError as error:
        told = error
    assert (told is None) == out.exists()
    assert told is not None or megabytes > 1
    assert not list(company.glob("*.unfinished"))
    if told is not None:
        assert all(str(company / f"{name}.parquet") in told.problem for name in ("leads", "events"))
        assert "memory does not suffice" in told.problem
        assert "TMPDIR" in told.remedy


def test_a_temporary_folder_that_cannot_be_written_is_named(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.write_text("no folder")
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    with pytest.raises(LeadscoreError) as told:
        write_matrix(load_recipe(company / "recipe.toml"), company, tmp_path / "m", memory_limit="8MB")
    assert str(company / "events.parquet") in told.value.problem
    assert f"'{closed}'" in told.value.remedy
    assert "TMPDIR" in told.value.remedy


def hungry() -> None:
    with duckdb.connect() as con:
        con.execute("SET memory_limit = '2MB'; SET temp_directory = ''")
        con.execute("SELECT count(DISTINCT md5(range::VARCHAR)) FROM range(100000)").fetchall()


def full() -> None:
    with Path("/dev/full").open("w") as file:
        file.write("x")


def greedy() -> None:
    bytearray(2**62)


@pytest.mark.parametrize(
    ("ends", "said"),
    [(hungry, "memory does not suffice"), (greedy, "memory does not suffice"), (full, "no room on the disk")],
)
def test_every_verb_says_it_without_a_traceback(ends: Callable[[], None], said: str) -> None:
    done = CliRunner().invoke(Verbs(commands={"it": click.Command("it", callback=ends)}), ["it"])
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("error", [ValueError("x"), FileNotFoundError(2, "gone"), LeadscoreError("x")])
def test_what_is_no_such_end_stays_what_it_is(error: Exception) -> None:
    assert room_ended(error, "a.csv") is None
    with pytest.raises(type(error)) as same, within_room("a.csv"):
        raise error
    assert same.value is error
