"""What people see in a terminal: results on stdout, talk and bars on stderr, nothing personal on either."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table


class Tick(Protocol):
    """Tells a bar how far the work is."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


def say(text: str = "") -> None:
    """Talk to the person at the terminal (stderr), never a result."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def print_json(content: Any) -> None:
    """One JSON object on stdout, the whole of a verb's result for scripts."""
    sys.stdout.write(json.dumps(content, indent=2, default=str, allow_nan=False) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """A table on stdout; numbers stand right, floats show four decimals."""
    rows = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        numeric = any(isinstance(row[position], (int, float)) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


@contextmanager
def bar(title: str) -> Iterator[Tick]:
    """A progress bar on stderr while the block runs; call it with (done so far, total or None)."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_console(), transient=True) as progress:
        task = progress.add_task(title, total=None)

        def tick(done: int, total: int | None = None) -> None:
            progress.update(task, completed=done, total=total)

        yield tick


@contextmanager
def spinner(title: str) -> Iterator[Callable[[str], None]]:
    """Talk of steps on stderr while the block runs; call it with what is being done now."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=_console(), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda words: progress.update(task, description=words)


def _console() -> Console:
    """The present stderr, also while a step keeps a library's talk from it: the spinner turns on."""
    return Console(file=sys.stderr)
