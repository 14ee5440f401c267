"""Progress for other programs: a JSON line a step, in the file that LEADSCORE_PROGRESS names."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from features.progress import Step, Tick

VARIABLE = "LEADSCORE_PROGRESS"
_PAUSE_SECONDS = 0.25
"""Counts come as often as blocks are done; a reader looks a few times a second."""


def told_steps() -> Step:
    """Writes each step as `{"step": words}`; nothing where no file is named."""
    path = os.environ.get(VARIABLE)
    return lambda words: _append(path, {"step": words})


def told_counts(title: str) -> Tick:
    """Writes where the work is as `{"step": title, "done": n, "total": n or null}`, some times a second."""
    path, last = os.environ.get(VARIABLE), -_PAUSE_SECONDS

    def tick(done: int, total: int | None = None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PAUSE_SECONDS or done == total:
            last = now
            _append(path, {"step": title, "done": done, "total": total})

    return tick


def _append(path: str | None, line: dict[str, object]) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
