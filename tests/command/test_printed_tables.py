"""What is printed is what is there: cells are literal, and names and numbers are whole at any width."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from leadscore import main, terminal
from leadscore.printed_table import Printed, printed_table
from training.run.table import COMPARISON, LEAST

NAMES = st.text("abcdefgh_[]/:", min_size=1, max_size=24)
COMPARED = [
    (scorer, *[0.1234 + place / 10 for place in range(9)], "-0.0063 (-0.0083 to -0.0045)")
    for scorer in ("base_rate", "newest_first", "logistic", "model")
]


def text_of(found: Printed) -> str:
    """What a console of that width shows."""
    console = Console(file=io.StringIO(), width=found.width, highlight=False, markup=False, emoji=False)
    console.print(found.table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [200, 120, 80, 60, 40])
def test_no_name_and_no_number_is_broken_and_the_line_is_not_longer(width: int) -> None:
    found = printed_table(COMPARISON, COMPARED, width, least=LEAST)
    shown = text_of(found)
    assert max(map(len, shown.splitlines())) <= width
    for scorer, *_ in COMPARED:
        assert re.search(rf"^{scorer}\b", shown, re.MULTILINE)
    kept = [place for place, name in enumerate(COMPARISON) if name not in found.left_out]
    for row in COMPARED:
        for place in kept[1:]:
            if place < len(COMPARISON) - 1:
                assert f"{row[place]:.4f}" in shown
    assert not found.left_out or set(found.left_out) <= {*LEAST, "auc", COMPARISON[-1]}
    assert "log loss" not in found.left_out


@given(
    st.lists(NAMES, min_size=1, max_size=6, unique=True),
    st.lists(
        st.lists(NAMES | st.integers() | st.floats(allow_nan=False), min_size=6, max_size=6), max_size=4
    ),
    st.integers(10, 120),
)
def test_every_cell_that_is_kept_is_printed_as_it_is(
    columns: list[str], rows: list[Sequence[object]], width: int
) -> None:
    cells = [row[: len(columns)] for row in rows]
    found = printed_table(columns, cells, width)
    shown = text_of(Printed(found.table, 10_000, []))
    for place, name in enumerate(columns):
        if name not in found.left_out and (rows or found.width == width):
            for row in cells:
                value = row[place]
                assert (f"{value:.4f}" if isinstance(value, float) else str(value)) in shown
    whole = printed_table(columns, cells, width, whole=True)
    assert whole.left_out == []
    assert all(name in text_of(whole) for name in columns)


def test_where_two_columns_do_not_fit_rows_are_lists() -> None:
    found = printed_table(["column", "example"], [("a" * 30, "b" * 30)], 40)
    assert text_of(found).splitlines()[:2] == [f"column: {'a' * 30}", f"example: {'b' * 30}"]
    assert found.left_out == []


def test_lines_and_steps_are_literal(capsys: pytest.CaptureFixture[str]) -> None:
    words = "[gate] min_positives :smile: [/month]"
    terminal.say(words)
    with terminal.spinner(words) as step, terminal.bar(words) as tick:
        step(words)
        tick(1, 2)
    assert capsys.readouterr().err == f"{words}\n{words} …\n{words} …\n{words} …\n"
    terminal.print_table(["check [/x]", ":key:"], [(words, words)], title=words)
    assert capsys.readouterr().out.count(words) == 3


def test_a_column_named_like_markup_goes_through_init(tmp_path: Path) -> None:
    rows = "".join(
        f"L{n},{n % 7},2024-01-{n % 28 + 1:02d},{'Won' if n % 4 == 0 else 'Lost'}\n" for n in range(200)
    )
    (tmp_path / "list.csv").write_text(f"Lead ID,Price [/month],Created,[bold]Status\n{rows}")
    recipe = tmp_path / "recipe.toml"
    words = ["init", str(tmp_path / "list.csv"), "-o", str(recipe), "--outcome", "[bold]Status=Won"]
    result = CliRunner().invoke(main, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "Price [/month]" in result.stdout
    assert "[bold]Status" in result.stdout


NUMBERS = st.floats() | st.integers()


@given(st.recursive(NUMBERS, lambda one: st.lists(one) | st.dictionaries(st.text(), one)))
def test_what_scripts_read_is_json_whatever_the_numbers_are(content: object) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        terminal.print_json({"found": content})
    said = printed.getvalue()
    json.loads(said, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
