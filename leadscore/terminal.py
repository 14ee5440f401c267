"""What people see in a terminal: results on stdout, talk and bars on stderr, nothing personal on either.

Every cell and every line is printed as it is: what stands in a column's name is no markup.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from features.progress import Step, Tick
from leadscore.printed_table import printed_table
from leadscore.progress_lines import told_counts, told_steps

_PIPE_WIDTH = 200
"""Characters of a line where stdout is no terminal."""


def say(text: str = "") -> None:
    """Talk to the person at the terminal (stderr), never a result."""
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
    console.print(text)


def print_json(content: Any) -> None:
    """One JSON object on stdout, the whole of a verb's result for scripts; a number that is none is null."""
    sys.stdout.write(json.dumps(_finite(content), indent=2, default=str, allow_nan=False) + "\n")


def _finite(content: Any) -> Any:
    """`content` without infinities and NaN, which JSON does not have."""
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    title: str | None = None,
    *,
    least: Sequence[str] = (),
) -> None:
    """A table on stdout; numbers stand right, floats show four decimals.

    Names and numbers are never broken. Where a terminal is too narrow, columns are left out, those in `least`
    first, then from the right, and a line says which; where two do not fit, each row is a list.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    width = console.width if console.is_terminal else _PIPE_WIDTH
    found = printed_table(
        columns, [list(row) for row in rows], width, title=title, least=least, whole=not console.is_terminal
    )
    console.width = found.width
    console.print(found.table)
    if found.left_out:
        say(f"Left out for lack of room: {', '.join(found.left_out)}. A wider terminal or --json shows all.")


@contextmanager
def bar(title: str) -> Iterator[Tick]:
    """A progress bar with a rate on stderr while the block runs; call it with (done so far, total or None).

    Where stderr is no terminal there is one line. Programs read LEADSCORE_PROGRESS.
    """
    console, told = _talking(), told_counts(title)
    told(0)
    if not console.is_terminal:
        console.print(f"{title} …")
        yield told
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}", markup=False))
    with _live(console, *columns) as progress:
        task = progress.add_task(title, total=None, rate="")
        started = time.monotonic()

        def tick(done: int, total: int | None = None) -> None:
            rate = done / max(time.monotonic() - started, 1e-3)
            progress.update(task, completed=done, total=total, rate=f"{rate:,.0f}/s")
            told(done, total)

        yield tick


@contextmanager
def spinner(title: str) -> Iterator[Step]:
    """Talk of steps on stderr while the block runs; call it with what is being done now.

    Where stderr is no terminal each step is a line. Programs read LEADSCORE_PROGRESS.
    """
    console, told = _talking(), told_steps()
    told(title)
    if not console.is_terminal:
        console.print(f"{title} …")

        def line(words: str) -> None:
            console.print(f"{words} …")
            told(words)

        yield line
        return
    with _live(console) as progress:
        task = progress.add_task(title, total=None)

        def step(words: str) -> None:
            progress.update(task, description=words)
            told(words)

        yield step


def _talking() -> Console:
    """The present stderr, also while a step keeps a library's talk from it: the spinner turns on."""
    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _live(console: Console, *columns: ProgressColumn) -> Progress:
    """Words, `columns` and the time since, redrawn while the work goes on."""
    words = TextColumn("{task.description}", markup=False)
    return Progress(SpinnerColumn(), words, *columns, TimeElapsedColumn(), console=console, transient=True)
