"""What training chooses before it fits, on rows that may be fitted: one procedure at every origin."""

from __future__ import annotations

from dataclasses import replace

from training.choosing import (
    Budget,
    Earlier,
    choose_settings,
    choose_top,
    earlier_split,
    look_back,
    plan_segments,
)
from training.history import History, SplitRows, without_events
from training.packing import Choices


def choose_kinds(history: History, split: SplitRows, budget: Budget | None = None) -> Choices:
    """Settings of the model and of its variant without events; the budget is the model's alone."""
    recipe, plain = history.recipe, without_events(history)
    return Choices(
        choose_settings(recipe, history.excerpt(split.fit), budget, history.activity),
        choose_settings(recipe, plain.excerpt(split.fit)) if plain is not None and plain.features else None,
    )


def try_earlier(
    history: History, split: SplitRows, choices: Choices, draws: int
) -> tuple[Choices, Earlier | None]:
    """`choices` with the rung of all leads and of each segment, and the evidence of the earlier origin."""
    earlier = look_back(history, choices.model, split, draws)
    before, plain = earlier_split(history.labelled, split), without_events(history)
    ladder = choose_top(history, split.fit, earlier.evidence if earlier else None)
    choices = replace(choices, ladder=ladder, bayes=earlier.bayes if earlier else None)
    segments = plan_segments(history, choices.model, split.fit, before, choices.top, choices.bayes)
    if plain is None or choices.no_events is None or choices.by_bayes:
        return replace(choices, segments=segments), earlier
    variant = plan_segments(plain, choices.no_events, split.fit, before)
    return replace(choices, segments=segments, no_events_segments=variant), earlier
