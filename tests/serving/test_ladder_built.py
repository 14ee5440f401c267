"""The rungs of an artefact: which there are, in their order, each with its own reference and bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.answer.ladder import Ladder
from serving.artefact.folder import Artefact, Lower
from serving.calibration.bounds import Bounds
from serving.calibration.maps import MonotoneMap
from serving.calibration.reference import Reference
from tests.made import scorers
from tests.serving.test_ladder_laws import bayes, sent


def bounds(width: float) -> Bounds:
    return Bounds(lower=MonotoneMap.platt(1.0, -width), upper=MonotoneMap.platt(1.0, width))


def artefact(references: tuple[str, ...], rungs: tuple[str, ...], mapped: bool = True) -> Artefact:
    """With the given rungs beside the model, and references for some of all."""
    own = {name: Reference.of(np.linspace(0.01, 0.3 + len(name) / 99, 99)) for name in references}
    facts: dict[str, Any] = {
        "references": own,
        "bounds": {
            "model": bounds(0.1),
            "no_events": bounds(0.2),
            "bayes": bounds(0.3),
            "rules": bounds(0.4),
        },
        "rules_map": MonotoneMap.platt(1.2, 0.3) if mapped else None,
    }
    return Artefact(
        folder=Path(),
        version="9",
        manifest=scorers.manifest().model_copy(update=facts),
        model=scorers.blend(),
        no_events=scorers.linear() if "no_events" in rungs else None,
        bayes=bayes() if "bayes" in rungs else None,
        rules=scorers.rules(calibrated=mapped),
    )


ALL = ("model", "no_events", "bayes", "rules")


def test_the_rungs_of_an_artefact_are_in_order_each_with_its_own_reference_and_bounds():
    kept = artefact(ALL, ALL)
    ladder = Ladder.of(kept)
    facts = kept.manifest
    assert [rung.scorer for rung in ladder.rungs] == [kept.model, kept.no_events, kept.bayes, kept.rules]
    assert [rung.reference for rung in ladder.rungs] == [facts.references[name] for name in ALL]  # type: ignore[index]
    assert [dict(rung.bounds) for rung in ladder.rungs] == [
        {None: bounds(0.1)}, {None: bounds(0.2)}, {None: bounds(0.3)}, {}
    ]  # fmt: skip
    assert [rung.needs_events for rung in ladder.rungs] == [True, False, True, False]
    assert [rung.calibrated for rung in ladder.rungs] == [True, True, True, True]
    assert (ladder.recipe, ladder.rules, ladder.top) == (facts.recipe, kept.rules, ladder.rungs[0])


@pytest.mark.parametrize(
    ("references", "rungs", "left"),
    [
        (("rules",), ALL, ["rules"]),
        (("model", "rules"), ALL, ["model", "rules"]),
        (("model", "bayes", "rules"), ("no_events",), ["model", "rules"]),
        (("no_events", "bayes"), ALL, ["no_events", "bayes", "rules"]),
        (("model", "no_events"), ("bayes",), ["model", "rules"]),
    ],
)
def test_a_rung_needs_a_scorer_and_a_reference_and_the_scorecard_is_always_there(references, rungs, left):
    kept = artefact(references, rungs)
    scorer = {"model": kept.model, "no_events": kept.no_events, "bayes": kept.bayes, "rules": kept.rules}
    ladder = Ladder.of(kept)
    assert [rung.scorer for rung in ladder.rungs] == [scorer[name] for name in left]
    own = kept.manifest.references.get("rules")
    assert ladder.rungs[-1].reference == (own or kept.rules.reference())


def test_a_scorecard_without_a_fitted_map_is_uncalibrated_and_keeps_its_own_reference():
    kept = artefact(ALL, (), mapped=False)
    last = Ladder.of(kept).rungs[-1]
    assert (last.calibrated, last.reference) == (False, kept.rules.reference())


def test_a_company_without_events_has_rungs_that_need_none():
    plain = scorers.recipe().model_copy(update={"events": None})
    kept = artefact(ALL, ALL)
    kept = replace(kept, manifest=kept.manifest.model_copy(update={"recipe": plain}))
    assert not any(rung.needs_events for rung in Ladder.of(kept).rungs)


def test_the_scorecard_alone_answers_with_its_note():
    own = scorers.rules(calibrated=True)
    ladder = Ladder.by_rules(scorers.recipe(), own, "before training")
    assert (ladder.rules, [rung.scorer for rung in ladder.rungs]) == (own, [own])
    assert (ladder.top.calibrated, ladder.top.reference) == (True, own.reference())
    (score,) = ladder.score([sent("a")])
    assert (score.status, score.warnings) == ("scored", ["before training"])
    (plain,) = Ladder.by_rules(scorers.recipe()).score([sent("a")])
    assert (plain.status, plain.warnings) == ("uncalibrated", [])


def test_below_a_model_that_may_not_be_loaded_stand_the_other_rungs_each_with_the_note():
    kept = artefact(ALL, ALL)
    lower = Lower(kept.manifest, kept.bayes, kept.rules)
    ladder = Ladder.of_lower(lower, "the model is damaged")
    assert (ladder.recipe, ladder.rules) == (kept.manifest.recipe, kept.rules)
    assert [(rung.scorer, rung.note) for rung in ladder.rungs] == [
        (kept.bayes, "the model is damaged"),
        (kept.rules, "the model is damaged"),
    ]
    own = kept.manifest.references
    assert [rung.reference for rung in ladder.rungs] == [own["bayes"], own["rules"]]
    alone = Ladder.of_lower(replace(lower, bayes=None), "x")
    assert [rung.scorer for rung in alone.rungs] == [kept.rules]


def test_requests_are_read_by_the_recipe_of_the_ladder():
    assert Ladder.by_rules(scorers.recipe()).reader.recipe == scorers.recipe()
