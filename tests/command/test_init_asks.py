"""`init` says how sure it is, explains a column, and asks at a terminal with its best guess as default."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from features.recipe import lines_to_check
from features.recipe.file import load_recipe
from leadscore import main
from tests.made.folders import MadeFolder, make_folder


@pytest.fixture(scope="module")
def doubtful(tmp_path_factory: pytest.TempPathFactory) -> MadeFolder:
    return make_folder("two outcomes, english", tmp_path_factory.mktemp("doubtful"))


def init(made: MadeFolder, out: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["init", *map(str, made.files), "-o", str(out), *options])


def at_a_terminal(made: MadeFolder, out: Path, *options: str, typed: str) -> str:
    """What a person sees on stderr who types that; stdin and stderr are a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "leadscore", "init", *map(str, made.files), "-o", str(out), *options]
    with subprocess.Popen(
        command, stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL, env={**os.environ, "TERM": "dumb"}
    ) as running:
        os.close(theirs)
        os.write(ours, typed.encode())
        seen = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other side is closed
                break
            seen += part
            if not part:
                break
    os.close(ours)
    assert running.returncode == 0, seen.decode()
    return seen.decode()


def test_every_deciding_guess_says_how_sure_why_and_what_decides_otherwise(
    doubtful: MadeFolder, tmp_path: Path
) -> None:
    told = json.loads(init(doubtful, tmp_path / "r.toml", "--json").stdout)["guesses"]
    rows = {guess["question"]: guess for guess in told}
    assert {name: guess["certainty"] for name, guess in rows.items()} == {
        "outcome": "likely", "won": "sure", "id": "sure", "creation": "sure",
    }  # fmt: skip
    assert rows["outcome"]["others"] == ["Qualified"]
    assert {guess["option"] for guess in told} == {"--outcome COLUMN=VALUE", "--id COLUMN", "--time COLUMN"}


def test_what_is_not_sure_is_to_be_checked_beside_its_line(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=400, freq="D").strftime("%Y-%m-%d")
    frame = pd.DataFrame(
        {
            "k": [f"Z{n:04d}q" for n in range(400)],
            "began": days,
            "size": [n % 37 for n in range(400)],
            "result": ["qualified", "weak", "disqualified", "weak"] * 100,
        }
    )
    frame.to_csv(tmp_path / "list.csv", index=False)
    out = tmp_path / "r.toml"
    done = CliRunner().invoke(main, ["init", str(tmp_path / "list.csv"), "-o", str(out)])
    assert done.exit_code == 0, done.stderr
    marked = {line.split(" = ")[0] for line in lines_to_check(out.read_text(encoding="utf-8"))}
    assert marked == {"id", "created_at", "won"}
    options = ["--outcome", "result=qualified", "--id", "k", "--time", "began", "--force"]
    done = CliRunner().invoke(main, ["init", str(tmp_path / "list.csv"), "-o", str(out), *options])
    assert done.exit_code == 0, done.stderr
    assert lines_to_check(out.read_text(encoding="utf-8")) == []


def test_at_a_terminal_the_best_guess_is_the_default(doubtful: MadeFolder, tmp_path: Path) -> None:
    out = tmp_path / "r.toml"
    seen = at_a_terminal(doubtful, out, typed="\n")
    assert "outcome: Customer is likely: by its name. Could be too: Qualified." in seen
    assert "[Customer=Yes]" in seen
    assert load_recipe(out).outcomes.column == "Customer"
    assert lines_to_check(out.read_text(encoding="utf-8")) == []


def test_at_a_terminal_another_answer_decides_and_a_wrong_one_is_asked_again(
    doubtful: MadeFolder, tmp_path: Path
) -> None:
    out = tmp_path / "r.toml"
    seen = at_a_terminal(doubtful, out, typed="Nonsense=1\nQualified=Yes\n")
    assert "has no column 'Nonsense'" in seen
    assert load_recipe(out).outcomes.column == "Qualified"


def test_with_yes_or_in_a_script_nobody_is_asked(doubtful: MadeFolder, tmp_path: Path) -> None:
    assert "Which column" not in at_a_terminal(doubtful, tmp_path / "a.toml", "--yes", typed="")
    done = init(doubtful, tmp_path / "b.toml")
    assert "Which column" not in done.stderr
    assert [len(lines_to_check((tmp_path / name).read_text())) for name in ("a.toml", "b.toml")] == [1, 1]


def test_explain_prints_all_that_was_measured_and_writes_nothing(
    doubtful: MadeFolder, tmp_path: Path
) -> None:
    out = tmp_path / "r.toml"
    rows = json.loads(init(doubtful, out, "--explain", "qualified", "--json").stdout)
    said = {row["measured"]: row["found"] for row in rows}
    assert said["type"] == "boolean"
    assert said["known"] == "written at the end"  # all customers have it
    assert any(row["found"].startswith("alone it orders the outcome with an AUC of") for row in rows)
    assert any("'Yes' would mean won" in row["found"] for row in rows)
    assert not out.exists()


def test_explain_shows_no_personal_value_and_names_the_nearest_column(tmp_path: Path) -> None:
    made = make_folder("second key, english", tmp_path)
    shown = init(made, tmp_path / "r.toml", "--explain", "Email")
    assert "@xxxx" in shown.stdout
    assert "firm" not in shown.stdout
    wrong = init(made, tmp_path / "r.toml", "--explain", "Emial")
    assert wrong.exit_code == 2
    assert "did you mean 'Email'?" in wrong.stderr


@pytest.fixture
def unnamed(tmp_path: Path) -> MadeFolder:
    """A list in which nothing is called an outcome, and that ends in what nobody could take for one."""
    frame = pd.DataFrame(
        {
            "id": [f"k{n}" for n in range(300)],
            "colour": ["red", "blue", "blue"] * 100,
            "form": ["long", "short", "short", "short", "short"] * 60,
            "size": [n % 23 for n in range(300)],
        }
    )
    frame.to_csv(tmp_path / "list.csv", index=False)
    return MadeFolder("unnamed", (tmp_path / "list.csv",), "list.csv", "", "", "id", "")


def test_a_script_that_finds_no_outcome_writes_what_is_to_be_checked(
    unnamed: MadeFolder, tmp_path: Path
) -> None:
    out = tmp_path / "r.toml"
    done = init(unnamed, out)
    assert done.exit_code == 0, done.stderr
    assert "no column looks like the outcome" in done.stderr
    (line,) = [line for line in lines_to_check(out.read_text(encoding="utf-8")) if "column = " in line]
    assert "'form=long' could be it too; 'colour=red' could be it too" in line
    assert load_recipe(out).outcomes.column is None
    asked = tmp_path / "asked.toml"
    assert init(unnamed, asked, "--outcome", "none").exit_code == 0
    assert not any("column = " in line for line in lines_to_check(asked.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("typed", "taken"), [("\n", "form"), ("none\n", None), ("colour=red\n", "colour")])
def test_at_a_terminal_the_outcome_is_asked_for(
    unnamed: MadeFolder, tmp_path: Path, typed: str, taken: str | None
) -> None:
    seen = at_a_terminal(unnamed, tmp_path / "r.toml", typed=typed + 5 * "\n")
    assert "none: score by rules" in seen
    assert "[form=long]" in seen
    assert load_recipe(tmp_path / "r.toml").outcomes.column == taken
