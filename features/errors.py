"""The one exception that users meet: what is wrong and where, then what to do."""

from __future__ import annotations


class LeadscoreError(Exception):
    """A problem that its reader can solve.

    `problem` says what is wrong, with the place (file, row, field, option) and what is accepted; `remedy`
    says what to do next. Neither ever holds a lead's values.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem if not remedy else f"{problem}\n\n{remedy}")
        self.problem = problem
        self.remedy = remedy
