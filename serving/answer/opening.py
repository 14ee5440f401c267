"""What answers? Finds champion, artefact or scorecard, and says loudly when it is less than a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from features.errors import LeadscoreError
from features.recipe import Recipe, parse_recipe
from serving.answer.ladder import Ladder
from serving.answer.milestones import steps_of
from serving.answer.time_budget import TimeBudget
from serving.artefact import Artefact, DamagedError, load_artefact
from serving.artefact.folder import load_lower
from serving.registry import StoreError, fetch, find_champion, resolve, shown_store
from serving.registry.store import shown
from serving.registry.versions import ChampionRef
from serving.rules import parse_rules, rules_text


@dataclass(frozen=True)
class Opened:
    """A ladder that is ready to answer.

    `source` is an absolute address or folder; `warning` is empty where a model answers. `ref` is the
    registered version, None for a folder and for rules; `history_end_us` the last moment that the artefact
    learned from, `metrics` its figures on the test. A `fresh` one stands where there is neither champion nor
    recipe: nothing is known of the company, so that no lead is to be scored.
    """

    ladder: Ladder
    source: str
    warning: str = ""
    ref: ChampionRef | None = None
    history_end_us: int | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    fresh: bool = False
    beside: tuple[ChampionRef | None, ...] = ()
    """Who answers for each of the recipe's milestones, None where nobody does."""
    learned_customers: float = 0.0
    """Converted leads that the artefact learned from, about: their share among its rows times its leads."""

    def within(self, budget: TimeBudget | None) -> Opened:
        """The same, each rung of which is given so long."""
        return replace(self, ladder=self.ladder.within(budget))

    @cached_property
    def recipe_hash(self) -> str:
        """That of the recipe by which it answers, computed once: every answer that is kept names it."""
        return self.ladder.recipe.hash

    @property
    def run_id(self) -> str | None:
        """The run that made it, where the registry knows."""
        return self.ref.run_id if self.ref else None

    @property
    def rung(self) -> str:
        """The rung that answers for a lead that is known well."""
        return self.ladder.top.scorer.rung

    @property
    def version(self) -> str:
        """The version of that rung."""
        return self.ladder.top.scorer.version


def open_ladder(
    recipe: Recipe | None = None, model: str | Path | None = None, *, folder: Path | None = None
) -> Opened:
    """The ladder of `model` (a folder or a `models:/…` address), else of the champion, else rules.

    `recipe` names the champion to look for, and is what rules are made from; its `rules` file is looked for
    in `folder`. An artefact is always read with the recipe that it was trained with; only the language of
    the answers is that of `recipe`, where it says one.

    A store that cannot be read and an artefact that is not what was written are no reason to be silent: with
    a recipe the rules answer, and say so.

    Raises:
        StoreError, DamagedError: that is so, and there is no recipe.
        LeadscoreError: `model` is named and there is nothing there; or there is neither champion nor recipe.
    """
    ref: ChampionRef | None = None
    note = ""
    try:
        ref = resolve(str(model)) if model is not None else find_champion(recipe.name if recipe else None)
        if ref is not None or model is not None:
            return with_milestones(_opened(fetch(ref or str(model)), ref, recipe), recipe)
        where = f"no champion{f' called {recipe.name!r}' if recipe else ''} in {shown_store()}"
    except LeadscoreError as error:
        there = isinstance(error, StoreError | DamagedError) or (ref is not None and model is None)
        if recipe is None or not there:
            raise
        where = note = _unloaded(error)
    if recipe is None:
        raise LeadscoreError(f"Nothing to answer with: {where}, and no recipe.", "Give --recipe or --model.")
    return with_milestones(_by_rules(recipe, folder, where, note), recipe)


def open_fresh() -> Opened:
    """What a service stands on until there is a champion or a recipe."""
    recipe = parse_recipe(_NOBODY, "the recipe of nobody")
    warning = "there is neither a model nor a recipe yet, so that no lead can be scored"
    return Opened(Ladder.by_rules(recipe), "", warning, fresh=True)


_NOBODY = """
[recipe]
name = "nothing-yet"
horizon_days = 90
[lead]
id = "lead_id"
created_at = "created_at"
[tables]
leads = "leads.csv"
"""


def open_version(ref: ChampionRef, recipe: Recipe | None = None) -> Opened:
    """The ladder of a registered version as it was written: no lower rung stands in for its model.

    Raises:
        LeadscoreError: it cannot be fetched, is not what was registered, or may not be served.
    """
    artefact = load_artefact(fetch(ref), ref.version, ref.digest)
    return with_milestones(_whole(artefact, _source(ref), ref, recipe), recipe)


def with_milestones(opened: Opened, recipe: Recipe | None) -> Opened:
    """`opened` in the language of `recipe`, with the champions of its milestones, else of its own.

    One that is not there, cannot be loaded or reads a feature in another sense answers nothing, and its step
    is told as unknown.
    """
    opened = _told_as_asked(opened, recipe)
    asked = recipe if recipe is not None and recipe.milestone else opened.ladder.recipe
    if not asked.milestone:
        return opened
    beside = milestone_champions(asked)
    ladders = {ref.name: found for ref in beside if ref is not None and (found := _of_champion(ref))}
    for name, own in ladders.items():
        try:
            _ = replace(opened.ladder, steps=steps_of(asked, {name: own})).features
        except LeadscoreError:
            ladders = {other: kept for other, kept in ladders.items() if other != name}
    told = opened.ladder.recipe.model_copy(update={"milestone": asked.milestone})
    ladder = replace(opened.ladder, recipe=told, steps=steps_of(asked, ladders))
    return replace(opened, ladder=ladder, beside=beside)


def _told_as_asked(opened: Opened, recipe: Recipe | None) -> Opened:
    """In the language that `recipe` says; one that says none leaves that of the training."""
    if recipe is None or "language" not in recipe.recipe.model_fields_set:
        return opened
    return replace(opened, ladder=opened.ladder.told_in(recipe.recipe.language))


def milestone_champions(recipe: Recipe) -> tuple[ChampionRef | None, ...]:
    """The champion of each milestone of `recipe`, None where there is none or the store cannot be read."""
    found: list[ChampionRef | None] = []
    for one in recipe.milestone:
        try:
            found.append(find_champion(recipe.of_milestone(one.name).name))
        except LeadscoreError:
            found.append(None)
    return tuple(found)


def _of_champion(ref: ChampionRef) -> Ladder | None:
    try:
        return Ladder.of(load_artefact(fetch(ref), ref.version, ref.digest))
    except LeadscoreError:
        return None


def _opened(folder: Path, ref: ChampionRef | None, recipe: Recipe | None) -> Opened:
    """The ladder of an artefact; where its model may not be loaded, that of the rungs below."""
    version, digest = (ref.version, ref.digest) if ref else (None, None)
    source = _source(ref) if ref else str(folder.absolute())
    try:
        artefact = load_artefact(folder, version, digest)
    except LeadscoreError as error:
        lower = load_lower(folder, version, digest)
        ladder = Ladder.of_lower(lower, _unloaded(error))
        by = f"{_unloaded(error)}: {_called(ladder.top.scorer.rung)} answers"
        learned = lower.manifest.customers
        return Opened(ladder, source, by, ref, lower.manifest.history_end_us, learned_customers=learned)
    return _whole(artefact, source, ref, recipe)


def _whole(artefact: Artefact, source: str, ref: ChampionRef | None, recipe: Recipe | None) -> Opened:
    ladder = Ladder.of(artefact)
    return Opened(
        ladder,
        source,
        _other_recipe(artefact, recipe),
        ref,
        artefact.manifest.history_end_us,
        artefact.manifest.metrics,
        learned_customers=artefact.manifest.customers,
    )


def _source(ref: ChampionRef) -> str:
    return f"{ref.uri} in {shown(ref.store)}"


def _unloaded(error: LeadscoreError) -> str:
    return f"the model cannot be loaded ({error.problem.rstrip('.')})"


def _called(rung: str) -> str:
    return "the scorecard" if rung == "rules" else f"the rung '{rung}'"


def _other_recipe(artefact: Artefact, recipe: Recipe | None) -> str:
    """A warning where the recipe at hand is not the one that the artefact was trained with."""
    if recipe is None or recipe.hash == artefact.manifest.recipe.hash:
        return ""
    return "the recipe differs from the one that the model was trained with: the model's own is used"


def _by_rules(recipe: Recipe, folder: Path | None, why: str, note: str) -> Opened:
    """The rules of a recipe; `note` is a warning on each answer."""
    warning = f"{why}: the scorecard answers, by a stated prior and not by this company's history"
    rules = parse_rules(rules_text(recipe, folder), recipe)
    if not rules.card.engagement:
        warning += "; it knows nothing of what leads do, so that none has shown an intention to buy"
    ladder = Ladder.by_rules(recipe, rules, note)
    return Opened(ladder, recipe.rules or "the default scorecard of the recipe", warning)
