"""Where rows went, from those read to those that are used."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class RowAccount:
    """Where rows went, from those read to those that are used, and what that does to a promise.

    `end` says when the history ends and why, None where nothing is dated.
    """

    steps: list[tuple[str, int]] = field(default_factory=list)
    end: str | None = None
    warnings: list[str] = field(default_factory=list)

    def add(self, what: str, count: int) -> None:
        """Note that `count` rows are `what`."""
        self.steps.append((what, int(count)))

    def rows(self) -> list[tuple[str, int]]:
        """(what, count) in order."""
        return list(self.steps)
