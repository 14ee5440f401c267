"""What answers? Finds champion, artefact or scorecard, and says loudly when it is less than a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from features import LeadscoreError, Recipe, from_tables_only
from serving.artefact import Artefact, load_artefact, load_scorecard
from serving.ladder import Ladder
from serving.registry import ChampionRef, fetch, find_champion, resolve, store_address
from serving.rules_file import parse_rules, rules_text


@dataclass(frozen=True)
class Opened:
    """A ladder that is ready to answer.

    `source` is an absolute address or folder; `warning` is empty where a model answers.
    """

    ladder: Ladder
    source: str
    warning: str = ""
    run_id: str | None = None

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
    in `folder`. An artefact is always read with the recipe that it was trained with.

    Raises:
        LeadscoreError: `model` is named and there is nothing there; or there is neither champion nor recipe.
    """
    if model is not None:
        ref = resolve(str(model))
        return _opened(fetch(ref or model), ref, recipe)
    ref = find_champion(recipe.name if recipe else None)
    if ref is not None:
        try:
            return _opened(fetch(ref), ref, recipe)
        except LeadscoreError as error:
            if recipe is None:
                raise
            return _by_rules(recipe, folder, f"the champion cannot be loaded ({error.problem})")
    where = f"no champion{f' called {recipe.name!r}' if recipe else ''} in {store_address()}"
    if recipe is None:
        raise LeadscoreError(f"Nothing to answer with: {where}, and no recipe.", "Give --recipe or --model.")
    return _by_rules(recipe, folder, where)


def _opened(folder: Path, ref: ChampionRef | None, recipe: Recipe | None) -> Opened:
    """The ladder of an artefact; with a model that cannot be read, that of its scorecard."""
    version = ref.version if ref else None
    source = f"{ref.uri} in {ref.store}" if ref else str(folder.absolute())
    run_id = ref.run_id if ref else None
    try:
        artefact = load_artefact(folder, version)
    except LeadscoreError as error:
        trained_with, rules = load_scorecard(folder, version)
        warning = f"the model cannot be loaded ({error.problem}): the scorecard answers"
        return Opened(Ladder.by_rules(trained_with, rules, note=warning), source, warning, run_id)
    ladder = Ladder.of(artefact)
    _check_servable(ladder, source)
    return Opened(ladder, source, _other_recipe(artefact, recipe), run_id)


def _check_servable(ladder: Ladder, source: str) -> None:
    """A score may not depend on which other leads happen to be at hand.

    Raises:
        LeadscoreError: the model counts the account's other leads.
    """
    names = from_tables_only(ladder.features)
    if names:
        raise LeadscoreError(
            f"{source}: the model counts the account's other leads ({', '.join(names)}), which no request or "
            "export holds completely.",
            "Train with [features] accounts = false: such a model can be judged and looked at, not served.",
        )


def _other_recipe(artefact: Artefact, recipe: Recipe | None) -> str:
    """A warning where the recipe at hand is not the one that the artefact was trained with."""
    if recipe is None or recipe.hash == artefact.manifest.recipe_hash:
        return ""
    return "the recipe differs from the one that the model was trained with: the model's own is used"


def _by_rules(recipe: Recipe, folder: Path | None, why: str) -> Opened:
    warning = f"{why}: the scorecard answers, by a stated prior and not by this company's history"
    ladder = Ladder.by_rules(recipe, parse_rules(rules_text(recipe, folder), recipe))
    return Opened(ladder, recipe.rules or "the default scorecard of the recipe", warning)
