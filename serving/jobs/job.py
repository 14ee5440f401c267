"""One job as it stands: what was asked, how far it is, where its files are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

State = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
INPUTS, RESULTS = "in", "out"
LOG, PRINTED, PROGRESS, EXIT, PID, LOCK = "log.txt", "result.json", "progress.jsonl", "exit", "pid", "lock"


@dataclass(frozen=True)
class Job:
    """A job at the moment when it was looked at.

    `files` are the inputs by role, each a name in `inputs`; `done` of `total` counts what `step` says;
    `message` is how it ended, in a sentence or two. The folder is gone when the job is too old.
    """

    id: str
    kind: str
    state: State
    step: str
    done: int | None
    total: int | None
    message: str
    made_at: datetime
    finished_at: datetime | None
    by: str
    folder: Path
    files: Mapping[str, str]
    options: Mapping[str, str]

    @property
    def ended(self) -> bool:
        """Whether nothing more becomes of it by itself."""
        return self.state in ENDED

    @property
    def inputs(self) -> Path:
        """The folder of what was handed over."""
        return self.folder / INPUTS

    @property
    def results(self) -> Path:
        """The folder of what came of it."""
        return self.folder / RESULTS

    def input(self, role: str) -> Path | None:
        """The file that plays `role`, None where none does."""
        return self.inputs / self.files[role] if role in self.files else None

    def printed(self) -> Any:
        """The JSON object that the command printed as its result, None where it printed none."""
        try:
            return json.loads((self.folder / PRINTED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
