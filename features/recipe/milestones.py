"""Steps on the way to a win, each with a model of its own that answers beside the one for wins."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from features.recipe.outcomes import Outcomes
from features.recipe.section import Section

_Stages = tuple[Annotated[str, Field(min_length=1)], ...]


class Milestone(Section):
    """`[[milestone]]`: a step with a model of its own, which is registered as the recipe's name, a hyphen and
    its `name`; list them in the order in which leads make them.

    `reached` are the stages of the table of outcomes that say that it was made, all from it on. `after` are
    the stages at which a lead is asked about it, from the moment at which it came there; without them every
    open lead is. Where `reached` are wins, the model is that of wins for leads at `after`.
    """

    name: str = Field(pattern="^[A-Za-z0-9][A-Za-z0-9_.]*$")
    reached: _Stages = Field(min_length=1)
    after: _Stages = ()

    @model_validator(mode="after")
    def _not_of_itself(self) -> Self:
        if both := set(self.reached) & set(self.after):
            raise ValueError(f"names {sorted(both)} as 'reached' and as 'after'")
        return self

    def wins(self, outcomes: Outcomes) -> bool:
        """Whether it is the win itself, asked of leads that have come far."""
        return set(self.reached) <= set(outcomes.won)


def milestones_of(milestones: tuple[Milestone, ...], outcomes: Outcomes) -> None:
    """Check the milestones against each other and against how leads end.

    Raises:
        ValueError: two have one name; one is a loss; a win is asked of every lead, as the recipe does itself.
    """
    names = [one.name for one in milestones]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"[[milestone]] {twice} is there more than once")
    if milestones and (outcomes.column is not None or "*" in outcomes.won):
        raise ValueError("[[milestone]] needs a table of outcomes whose stages are named: [outcomes] won")
    for one in milestones:
        if lost := sorted(set(one.reached) & set(outcomes.lost)):
            raise ValueError(f"[[milestone]] {one.name}: {lost} is lost, which is no step towards a win")
        if one.wins(outcomes) and not one.after:
            raise ValueError(
                f"[[milestone]] {one.name}: wins of every lead are what the recipe asks itself; say of which "
                "leads: after"
            )


def outcomes_of(milestones: tuple[Milestone, ...], place: int, outcomes: Outcomes) -> Outcomes:
    """How a lead ends for the milestone at `place`: who makes a later step has made this one."""
    own = milestones[place]
    later = [] if own.wins(outcomes) else [stage for one in milestones[place + 1 :] for stage in one.reached]
    won = tuple(dict.fromkeys([*own.reached, *later, *outcomes.won]))
    return outcomes.model_copy(update={"won": won, "after": own.after})
