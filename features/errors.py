"""The exceptions that users meet: what is wrong and where, then what to do; a lead's problems."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class LeadscoreError(Exception):
    """A problem that its reader can solve.

    `problem` says what is wrong, with the place (file, row, field, option) and what is accepted; `remedy`
    says what to do next. Neither ever holds a lead's values.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem if not remedy else f"{problem}\n\n{remedy}")
        self.problem = problem
        self.remedy = remedy


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
    """An event without its kind or its date."""
    return FieldProblem(field, "lacks kind or occurred_at", "Give both.")


def unreadable(field: str, expected: str) -> FieldProblem:
    """A value that does not parse; `expected` says what would."""
    return FieldProblem(
        field, f"cannot be read; expected {expected}", "Correct the value, or leave it empty."
    )


_NAMED = 30
"""Names that a sentence lists before it becomes a wall."""


def near(name: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """The one of `known` that `name` may be misspelt as; `alike` is how much of it must agree.

    >>> near("szie", ["size", "source"]), near("colour", ["size"])
    ('size', None)
    """
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=alike)), None)


def nearest(name: str, known: Iterable[str], accepted: str = "use one of") -> str:
    """The end of a sentence that says that `name` is not known: the nearest name, or those that are.

    >>> nearest("szie", ["size", "source"]), nearest("colour", ["size"], "it has")
    ("; did you mean 'size'?", '; it has size')
    """
    names = list(known)
    if (meant := near(name, names)) is not None:
        return f"; did you mean '{meant}'?"
    return f"; {accepted} {', '.join(names[:_NAMED])}" if names else ""


def ended(sentence: str) -> str:
    """`sentence` with its full stop, unless it asks.

    >>> ended("it is not known"), ended("did you mean 'size'?")
    ('it is not known.', "did you mean 'size'?")
    """
    return sentence if sentence.endswith("?") else f"{sentence}."


def nearest_name(key: str, names: Iterable[str]) -> str:
    """A remedy for a name that is not known: the nearest one that is, or all."""
    said = nearest(key, names).removeprefix("; ")
    return ended(said[:1].upper() + said[1:])
