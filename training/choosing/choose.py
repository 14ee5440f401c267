"""Chooses how to fit, on inner forward folds of the rows that may be fitted: never on the test."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from features.catalogue import Feature
from features.progress import Step
from features.recipe import Recipe, Training
from training.calibration import choose_map
from training.choosing.bench import Bench
from training.choosing.candidate import Candidate, loss_of
from training.choosing.combining import FEW_WON, combine_going_on, rates
from training.choosing.following import follow_level
from training.choosing.kinds import again, challenge, every_kind
from training.choosing.search import search
from training.fitting import LinearChoice, Settings, TreeChoice
from training.fitting.logistic_path import PENALTIES, PLAIN
from training.fitting.pairs import find_pairs
from training.fitting.recency import HALF_LIFE
from training.fitting.settings import with_rates
from training.history import Excerpt

LARGER: dict[str, float] = {"num_leaves": 15, "min_child_samples": 40}
"""The other booster that is tried on the folds: fields that matter together need trees of more leaves."""
NOTHING: dict[str, float] = {}
"""The booster of the recipe as it is."""


@dataclass(frozen=True)
class Budget:
    """Time for a search in `seconds`; `file` (SQLite) keeps it, so that it can go on; `say` hears of it."""

    seconds: float
    file: Path | None = None
    say: Step | None = None


def choose_settings(
    recipe: Recipe, excerpt: Excerpt, budget: Budget | None = None, activity: Sequence[Feature] = ()
) -> Settings:
    """Kind of model, rounds, penalty and calibration with the lowest log loss on newer rows.

    `activity` is read beside the features of the excerpt where that gains on the newer rows.
    With a `budget` the booster's settings are searched too; the recipe's own stay where nothing was better.
    Without a fold that has both outcomes on both sides, the plainest: the likeliest line and rates.
    """
    bench = Bench.of(recipe, excerpt)
    if not bench.folds or not excerpt.features:
        known = excerpt.features and len(excerpt.rows)
        line = bench.linears[0].candidate.linear if known else LinearChoice(PENALTIES[0])
        plain = Settings("linear", line, TreeChoice(50), PLAIN[0])
        return plain if excerpt.signs else with_rates(plain)  # rates know no declared sign
    found = every_kind(bench, NOTHING)
    if not bench.tree_features:
        return settle(bench, found)
    found += _larger(bench, found)
    if budget is not None and (booster := _searched(bench, found, budget)):
        searched = every_kind(bench, booster)
        found = min(found, searched, key=_least)
    wider, candidates = _active(bench, found, activity)
    return replace(
        settle(wider, _paired(wider, candidates)), activity=wider is not bench if activity else None
    )


def _active(
    bench: Bench, found: Sequence[Candidate], activity: Sequence[Feature]
) -> tuple[Bench, Sequence[Candidate]]:
    """A bench that reads `activity` too, and every kind on it, where the mean of line and best kind gains.

    A mean of kinds will answer, and it errs less than one alone. No sure gain is asked for: a few columns
    that say nothing cost nothing (docs/measured.md), and few folds can be sure of what they bring.
    """
    if not activity:
        return bench, found
    best, line = min(found, key=_loss), bench.linears[0].candidate
    wider = replace(bench, excerpt=bench.excerpt.reading((*bench.excerpt.features, *activity)))
    with_it = wider.new_line(line.linear).candidate, again(wider, best, best.booster)
    if _loss_together(bench, *with_it) >= _loss_together(bench, line, best):
        return bench, found
    return wider, every_kind(wider, best.booster)


def _loss_together(bench: Bench, one: Candidate, other: Candidate) -> float:
    """Out-of-fold log loss of the mean of two candidates' margins."""
    return bench.loss([(a + b) / 2 for a, b in zip(one.newer, other.newer, strict=True)])


def _paired(bench: Bench, found: Sequence[Candidate]) -> Sequence[Candidate]:
    """`found`, its trees reading pairs of features together where that surely gains on the best of them."""
    grown = [one for one in found if one.kind != "linear"]
    best = min(grown, key=_loss)
    newer = bench.excerpt.without(bench.calendars).on(bench.newer)
    pairs = find_pairs(newer, np.concatenate(bench.linears[-1].candidate.newer))
    if not pairs:
        return found
    together = replace(bench, pairs=pairs)
    better = challenge(together, best, best.booster)
    if better is None or bench.gain(best, better).low <= 0:
        return found
    others = [again(together, one, one.booster) for one in grown if one is not best]
    return [*(one for one in found if one.kind == "linear"), better, *others]


def _larger(bench: Bench, plain: Sequence[Candidate]) -> list[Candidate]:
    """The best candidate with trees once more, with larger ones, where that is better; not tried where the
    recipe itself says how large."""
    train = bench.recipe.train
    if any(getattr(train, key) != Training.model_fields[key].default for key in LARGER):
        return []
    best = min((one for one in plain if one.kind != "linear"), key=_loss)
    found = challenge(bench, best, LARGER)
    return [found] if found is not None and found.loss < best.loss else []


def _searched(bench: Bench, plain: Sequence[Candidate], budget: Budget) -> dict[str, float]:
    """What the search found for trees that start as those of the best candidate do."""
    best = min(plain, key=_loss)
    start = bench.start_of(best.kind)
    digest = hashlib.sha256(f"{bench.recipe.hash} {len(bench.newer)} {best.kind}".encode()).hexdigest()
    name = f"{bench.recipe.name}-{digest[:12]}"
    return search(bench, budget.seconds, start=start, name=name, file=budget.file, say=budget.say)


def _least(candidates: Sequence[Candidate]) -> float:
    return min(map(_loss, candidates))


def settle(bench: Bench, candidates: Sequence[Candidate]) -> Settings:
    """The settings of all kinds together, weighed, or of the one kind that is surely better than that.

    They are fitted with newer rows counting for more where that surely gains.
    """
    best = min(candidates, key=_loss)
    paired = replace(bench, pairs=best.pairs) if best.pairs else bench
    half_life = _by_recency(paired, best)
    pool = _members(candidates)
    if half_life is not None:
        pool = [again((paired if one.pairs else bench).aged, one, one.booster) for one in pool]
    best = min(pool, key=_loss)
    rated = [*pool] if bench.excerpt.signs else [*pool, rates(bench)]  # rates know no declared sign
    together = combine_going_on(bench, rated)
    chosen = best if _alone(bench, together, best) else together
    line = min(bench.linears, key=loss_of)
    steps = line.steps if half_life is None else bench.aged.line_of(line.candidate.linear).steps
    chosen, follows = follow_level(bench, steps, chosen)
    margin, seed = np.concatenate(chosen.newer), bench.recipe.train.seed
    return Settings(
        kind=chosen.kind,
        linear=chosen.linear,
        trees=TreeChoice(chosen.rounds, chosen.booster, bench.calendars, chosen.pairs),
        plain_penalty=bench.plain_penalty,
        map=choose_map(margin, bench.excerpt.on(bench.newer), seed=seed),
        half_life=half_life,
        losses={candidate.name: candidate.loss for candidate in [*candidates, *rated, together]},
        folds=len(bench.folds),
        members=chosen.shares,
        follows=follows,
    )


def _alone(bench: Bench, together: Candidate, best: Candidate) -> bool:
    """Whether one kind is surely better than the mean of all, which a few outcomes cannot tell."""
    return bench.won >= FEW_WON and bench.gain(together, best).low > 0


def _members(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best candidate of each kind, and of lines with and without calendars both.

    Trees that read the line's columns are much like those that start from it: they are a member only where
    they are the best of the trees.
    """
    found: dict[tuple[str, bool], Candidate] = {}
    for one in candidates:
        place = one.kind, one.kind == "linear" and bool(one.linear.left_out)
        if place not in found or one.loss < found[place].loss:
            found[place] = one
    grown = min((one for one in found.values() if one.kind != "linear"), key=_loss, default=None)
    return [one for one in found.values() if one.kind != "stacked" or one is grown]


def _loss(candidate: Candidate) -> float:
    return candidate.loss


def _by_recency(bench: Bench, best: Candidate) -> float | None:
    """The half-life, where newer rows counting for more surely gains on `best`."""
    if not bench.excerpt.labelled.timed:
        return None
    found = challenge(bench.aged, best, best.booster)
    return HALF_LIFE if found is not None and bench.gain(best, found).low > 0 else None
