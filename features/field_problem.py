"""What is wrong with one lead that was sent: every problem at once, and no value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from features.errors import LeadscoreError

_LISTED = 20


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field of a lead, and what to do; never the value."""

    field: str
    problem: str
    remedy: str


class LeadError(LeadscoreError):
    """A lead that cannot be scored as given: its problems, as `listed`."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(listed(problems))
        super().__init__(
            "; ".join(f"{problem.field}: {problem.problem}" for problem in self.problems),
            " ".join(dict.fromkeys(problem.remedy for problem in self.problems)),
        )


def listed(problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """`problems` by field, whichever way they were found, and a count in place of those beyond twenty.

    A file of events in another date format would otherwise fill an answer with a thousand alike.
    """
    ordered = sorted(problems, key=lambda problem: re.sub(r"\[[^]]*\]", "", problem.field))
    if len(ordered) <= _LISTED:
        return ordered
    more = FieldProblem("lead", f"has {len(ordered) - _LISTED} more problems", "Correct them alike.")
    return [*ordered[:_LISTED], more]


def after_as_of(field: str) -> FieldProblem:
    """A creation that has not happened at the moment of the score."""
    return FieldProblem(field, "is after as_of", "Score the lead at a later moment, or correct the date.")


def of_another_lead(field: str) -> FieldProblem:
    """An event that names another lead than the one that it was sent with."""
    return FieldProblem(field, "names another lead", "Send each event with the lead that it names.")


def lacks_kind_or_date(field: str) -> FieldProblem:
    """An event of which nobody can say what happened, or when."""
    return FieldProblem(field, "lacks kind or occurred_at", "Give both.")


def unreadable(field: str, expected: str) -> FieldProblem:
    """A value that does not parse; `expected` says what would."""
    return FieldProblem(
        field, f"cannot be read; expected {expected}", "Correct the value, or leave it empty."
    )
