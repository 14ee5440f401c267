"""Every kind of model on the folds of a bench, as candidates; trees with a rival may be given up early."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from features.recipe import Training
from training.choosing.bench import Bench, Boosted
from training.choosing.candidate import Candidate, Start
from training.fitting import Kind

Booster = dict[str, float]


def every_kind(bench: Bench, booster: Booster) -> list[Candidate]:
    """All kinds that may be fitted here with what `booster` changes in the recipe's, simplest first."""
    found = [linear.candidate for linear in bench.linears]
    if not bench.tree_features:
        return found
    plan, safe = _plan(bench, booster), bench.linears[-1].candidate
    alone = _grown(bench, "trees", safe, bench.boosted(plan))
    offset, stacked = bench.starts
    begun = _from(bench, offset, plan)
    best = min((one for one in (alone, begun) if one is not None), key=lambda one: one.loss)
    # trees that read the line's columns are used only where they are the best of the trees
    grown = [begun, _from(bench, stacked, plan, best), alone]
    return [*found, *(replace(one, booster=booster) for one in grown if one is not None)]


def again(bench: Bench, known: Candidate, booster: Booster) -> Candidate:
    """The candidate of the same kind, reading and penalty as `known`, fitted on these folds."""
    found = _again(bench, known, _plan(bench, booster))
    assert found is not None  # no rival, so that it was fitted on every fold
    return replace(found, booster=booster)


def challenge(bench: Bench, rival: Candidate, booster: Booster) -> Candidate | None:
    """As `again` of `rival`; None where trees lose to it on the newest folds already."""
    found = _again(bench, rival, _plan(bench, booster), rival)
    return replace(found, booster=booster) if found is not None else None


def _plan(bench: Bench, booster: Booster) -> Training:
    """The recipe's `[train]` with what `booster` changes."""
    return bench.recipe.train.model_copy(update=booster)


def _again(
    bench: Bench, known: Candidate, plan: Training, rival: Candidate | None = None
) -> Candidate | None:
    if known.kind == "trees":
        return _grown(bench, "trees", known, bench.boosted(plan, rival=rival))
    linears = bench.line_of(known.linear)
    if known.kind == "linear":
        return linears.candidate
    given: Literal["offset", "stacked"] = "offset" if known.kind == "offset" else "stacked"
    return _from(bench, Start(given, linears), plan, rival)


def _from(bench: Bench, start: Start, plan: Training, rival: Candidate | None = None) -> Candidate | None:
    """Trees that are given something of a linear model."""
    return _grown(bench, start.kind, start.linears.candidate, bench.boosted(plan, start, rival))


def _grown(bench: Bench, kind: Kind, beside: Candidate, boosted: Boosted | None) -> Candidate | None:
    """A candidate with trees beside, or instead of, the linear part of another; None where they were given
    up."""
    if boosted is None:
        return None
    newer, rounds = boosted
    return Candidate(kind, bench.loss(newer), newer, beside.linear, rounds, pairs=bench.pairs)
