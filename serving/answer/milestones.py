"""Which steps to a win a lead has made, and how probable the next ones are, by each step's own model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from features.catalogue import Feature
from features.columns import Columns
from features.lead import closing
from features.recipe import Recipe
from serving.answer.compose import Rung
from serving.asked import Asked
from serving.calibration import Reference
from serving.prospect import Reach
from serving.score import Score

if TYPE_CHECKING:
    from serving.answer.ladder import Ladder


@dataclass(frozen=True)
class MilestoneStep:
    """A milestone: its `recipe` (see `Recipe.of_milestone`), whether it is the win itself, and the ladder of
    its champion, None where nobody answers for it."""

    name: str
    recipe: Recipe
    wins: bool
    ladder: Ladder | None = None

    @property
    def features(self) -> tuple[Feature, ...]:
        """What its rungs look at."""
        rungs = self.ladder.rungs if self.ladder else ()
        return tuple(feature for rung in rungs for feature in rung.scorer.features)

    def far(self, reference: Reference) -> list[Rung]:
        """Of the win itself: the rungs that answer for leads at its stages, in place of the ladder's own.

        Their probabilities mean the same, so that scores and bands are read by the same `reference`.
        """
        if not self.wins or self.ladder is None:
            return []
        fitted = [rung for rung in self.ladder.rungs if rung.scorer.rung != "rules"]
        return [replace(rung, reference=reference, takes=self.asks) for rung in fitted]

    def asks(self, lead: Asked) -> bool:
        """Whether the lead stands where it is asked about this step."""
        outcomes = self.recipe.outcomes
        return not outcomes.after or closing(outcomes.standing, lead.stage) is not None

    def made(self, lead: Asked) -> bool:
        """Whether an open lead has made it."""
        return not self.wins and closing(self.recipe.outcomes, lead.stage) == "won"


def steps_of(recipe: Recipe, ladders: Mapping[str, Ladder]) -> tuple[MilestoneStep, ...]:
    """The milestones of `recipe`, each with its ladder by the name of its model, where there is one."""
    steps = []
    for one in recipe.milestone:
        own = recipe.of_milestone(one.name)
        steps.append(MilestoneStep(one.name, own, one.wins(recipe.outcomes), ladders.get(own.name)))
    return tuple(steps)


def reached(
    steps: Sequence[MilestoneStep], columns: Columns, asked: Sequence[Asked], answers: Mapping[int, Score]
) -> dict[int, Score]:
    """`answers` by row, each with its steps: nearer ones are at least as probable as those behind them."""
    found: dict[int, list[Reach]] = {row: [] for row in answers}
    for step in reversed(steps):
        chances = _chances(step, columns, asked, answers)
        for row, score in answers.items():
            found[row].append(_reach(step, asked[row], score, chances.get(row), found[row]))
    return {row: score.model_copy(update={"milestones": found[row][::-1]}) for row, score in answers.items()}


def _chances(
    step: MilestoneStep, columns: Columns, asked: Sequence[Asked], rows: Iterable[int]
) -> Mapping[int, tuple[float, str]]:
    """Row → probability of the step and who says so, of those that are asked about it.

    A scorecard without a fitted map has a prior for wins, and none for a step.
    """
    if step.wins or step.ladder is None:
        return {}
    open_rows = [row for row in rows if step.asks(asked[row]) and not step.made(asked[row])]
    return {
        row: (float(computed.probabilities[at]), computed.rung.scorer.version)
        for computed, mine in step.ladder.numbers(columns, asked, open_rows)
        if computed.rung.calibrated
        for at, row in enumerate(mine)
    }


def _reach(
    step: MilestoneStep, lead: Asked, score: Score, chance: tuple[float, str] | None, later: Sequence[Reach]
) -> Reach:
    if step.made(lead):
        return Reach(name=step.name, state="reached")
    if step.wins:
        version = score.scored_by.version if score.scored_by else None
        return Reach(name=step.name, state="ahead", probability=score.probability, version=version)
    if not step.asks(lead):
        return Reach(name=step.name, state="not_asked")
    if chance is None:
        return Reach(name=step.name, state="unknown")
    behind = [one.probability for one in later if one.probability is not None]
    probability = max(chance[0], score.probability or 0.0, *behind)
    return Reach(name=step.name, state="ahead", probability=probability, version=chance[1])
