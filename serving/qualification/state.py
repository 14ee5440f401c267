"""What of a lead's checklist is known, what follows from it, and what to ask next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from features.catalogue import answers_of
from features.errors import LeadscoreError, nearest
from features.lead import Lead
from features.recipe import Recipe
from serving.qualification.methods import ChecklistItem, checklist

Verdict = Literal["qualified", "open", "not_qualified"]


@dataclass(frozen=True)
class Qualified:
    """A lead's checklist at one moment: each item that the company asks for, answered, unknown or negative.

    `verdict`: not qualified where more is negative than an SQL may have (without criteria: anything),
    qualified where enough is answered (without criteria: everything), else open. `next` is the first item
    that is not known, None where all are.
    """

    method: str
    answers: dict[str, str]
    verdict: Verdict
    next: ChecklistItem | None

    @property
    def completeness(self) -> float:
        """The share of items that are known, for or against."""
        return sum(said != "unknown" for said in self.answers.values()) / len(self.answers)

    def question(self, language: str = "en") -> str | None:
        """What to ask next, in English or French; None where nothing is left to ask."""
        return None if self.next is None else self.next.fr if language == "fr" else self.next.en


def qualified(recipe: Recipe, lead: Lead) -> Qualified | None:
    """The checklist of `lead` as its fields stood at its as_of; None where the recipe has no checklist.

    Raises:
        LeadscoreError: the recipe fills an item that the method does not have.
    """
    declared, read = recipe.qualification, answers_of(recipe)
    if declared is None or read is None:
        return None
    check_items(recipe)
    items = [item for item in checklist(declared.method).item if item.key in declared.fields]
    answers = {item.key: read[0].answer(lead, declared.fields[item.key]) for item in items}
    following = next((item for item in items if answers[item.key] == "unknown"), None)
    return Qualified(declared.method, dict(answers), _verdict(recipe, list(answers.values())), following)


def check_items(recipe: Recipe) -> None:
    """Whether the method that the recipe names has the items that it fills.

    Raises:
        LeadscoreError: it does not.
    """
    declared = recipe.qualification
    if declared is None:
        return
    known = [item.key for item in checklist(declared.method).item]
    for key in declared.fields:
        if key not in known:
            raise LeadscoreError(
                f"recipe: [qualification.fields] '{key}' is no item of {declared.method.upper()}"
                f"{nearest(key, known, 'it has')}.",
                "Name the items of the method, or another method.",
            )


def _verdict(recipe: Recipe, said: list[str]) -> Verdict:
    entry = recipe.stages.sql
    enough = len(said) if entry is None or entry.answered is None else entry.answered
    most = 0 if entry is None or entry.negative is None else entry.negative
    if said.count("negative") > most:
        return "not_qualified"
    return "qualified" if said.count("answered") >= enough else "open"
