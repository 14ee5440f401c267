"""What is wrong with one lead that was sent: every problem at once, and no value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.errors import LeadscoreError


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field of a lead, and what to do; never the value."""

    field: str
    problem: str
    remedy: str


class LeadError(LeadscoreError):
    """A lead that cannot be scored as given: all its problems."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(f"{problem.field}: {problem.problem}" for problem in self.problems),
            " ".join(dict.fromkeys(problem.remedy for problem in self.problems)),
        )


def unreadable(field: str, expected: str) -> FieldProblem:
    """A value that does not parse; `expected` says what would."""
    return FieldProblem(
        field, f"cannot be read; expected {expected}", "Correct the value, or leave it empty."
    )
