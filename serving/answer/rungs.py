"""The rungs that an artefact has, from the best to the scorecard, and one rung asked about some rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.columns import Columns
from serving.answer.compose import Computed, Rung, compute, take
from serving.answer.reasons import Reasoner
from serving.artefact import Artefact, Manifest
from serving.rules import Rules
from serving.scorers import Bayes
from serving.words import Moments


def rungs_of(artefact: Artefact) -> list[Rung]:
    """model → model without events → bayes → rules, as far as the artefact has them."""
    manifest = artefact.manifest
    recipe, references = manifest.recipe, manifest.references
    events = recipe.events is not None
    rungs = []
    if "model" in references:
        bounds = manifest.bounds_by_segment("model")
        rungs.append(Rung(artefact.model, references["model"], needs_events=events, bounds=bounds))
    if artefact.no_events is not None and "no_events" in references:
        bounds = manifest.bounds_by_segment("no_events")
        rungs.append(Rung(artefact.no_events, references["no_events"], bounds=bounds))
    return [*rungs, *rungs_below(manifest, artefact.bayes, artefact.rules)]


def computed_of(
    rung: Rung, columns: Columns, rows: NDArray[np.intp], reasoner: Reasoner | None, moments: Moments
) -> Computed:
    """What `rung` says about `rows` of the columns."""
    return compute(rung, take(columns, rows), reasoner, moments.take(rows))


def rungs_below(manifest: Manifest, bayes: Bayes | None, rules: Rules) -> list[Rung]:
    """The rungs below the model, the scorecard last."""
    references, found = manifest.references, []
    if bayes is not None and "bayes" in references:
        events = manifest.recipe.events is not None
        bounds = manifest.bounds_by_segment("bayes")
        found.append(Rung(bayes, references["bayes"], needs_events=events, bounds=bounds))
    reference = references.get("rules") if rules.calibrated else None
    return [*found, Rung(rules, reference or rules.reference(), calibrated=rules.calibrated)]
