"""The words of a verdict: a clock has no direction, and what is not sure of a model is said with why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.catalogue import FieldValue, WallClock
from features.recipe.recipe import Gate
from tests.made.runs import difference, made_run
from training.judging.doubts import best_below, doubts
from training.judging.evidence import Evidence
from training.judging.gate import judge
from training.report.reasons import direction
from training.report.report import report

HOURS = np.tile(np.arange(24.0), 10)


def test_an_hour_has_no_direction_but_hours() -> None:
    part = (
        np.where((HOURS >= 9) & (HOURS < 12), 0.3, -0.1) + HOURS / 1000
    )  # rises with the hour, on the whole
    words = direction(WallClock("creation", "hour"), HOURS, part)
    assert words == "9–12 o'clock +0.31, 0–3 o'clock −0.10"
    assert direction(FieldValue("size", "number"), HOURS, HOURS / 100) == "more raises it"


@pytest.mark.parametrize("part", ["hour", "weekday", "month", "month_sin", "month_cos"])
def test_nothing_of_a_clock_is_raised_by_more_of_it(part: str) -> None:
    values = np.tile(np.arange(1.0, 7.0), 60)
    words = direction(WallClock("as_of", part), values, values / 10)  # type: ignore[arg-type]
    assert words
    assert "more" not in words


def test_a_weekday_is_called_by_its_name() -> None:
    days = np.tile(np.arange(7.0), 40)
    words = direction(WallClock("creation", "weekday"), days, np.where(days == 0, 0.2, 0.0))
    assert words.startswith("Monday +0.20")


def evidence_with(low: float, high: float, **figures: tuple[float, float, float]) -> Evidence:
    """Evidence of a model, less rules by the given interval, with figures as (low, value, high)."""
    evidence = made_run(600).evidence
    assert evidence is not None
    model = evidence.row("model")
    assert model is not None
    ends = {name: (low, high) for name, (low, _, high) in figures.items()}
    changed = {name: found[1] for name, found in figures.items()}
    row = model.model_copy(update=changed | {"intervals": model.intervals | ends})
    rows = [row if old.scorer == "model" else old for old in evidence.comparison]
    kept = [d for d in evidence.differences if (d.versus, d.figure) != ("rules", "log_loss")]
    return evidence.model_copy(
        update={"comparison": rows, "differences": [*kept, difference("rules", low, high)]}
    )


FINE = {"slope": (0.9, 1.0, 1.1), "observed_expected": (0.9, 1.0, 1.1)}


def test_a_model_that_is_surely_better_and_inside_its_bands_leaves_no_doubt() -> None:
    evidence = evidence_with(-0.02, -0.01, **FINE)
    assert best_below(evidence) == "rules"
    assert doubts(evidence, Gate()) == []


@pytest.mark.parametrize(
    ("low", "high", "said"), [(-0.01, 0.01, "not surely better than"), (0.01, 0.02, "surely worse than")]
)
def test_a_rung_that_may_be_as_good_is_named(low: float, high: float, said: str) -> None:
    (words,) = doubts(evidence_with(low, high, **FINE), Gate())
    assert said in words
    assert f"[{low:+.4f}, {high:+.4f}]" in words


def test_a_figure_outside_its_band_says_why_it_refuses_nothing() -> None:
    gate = Gate()
    outside = gate.slope[0] - 0.1
    evidence = evidence_with(-0.02, -0.01, **FINE | {"slope": (outside - 0.2, outside, gate.slope[0] + 0.1)})
    assert next(c for c in judge(evidence, gate).checks if c.name == "slope").passed
    (words,) = doubts(evidence, gate)
    assert f"slope is {outside:.2f}" in words
    assert "may be chance" in words
    surely = evidence_with(-0.02, -0.01, **FINE | {"slope": (outside - 0.1, outside, outside + 0.05)})
    (words,) = doubts(surely, gate)
    assert "would be further off" in words


def test_the_headline_says_how_the_model_stands_to_the_rung_below_it() -> None:
    run = made_run()
    for evidence, said in (
        (
            evidence_with(-0.02, -0.01, **FINE),
            "It is surely better than the scorecard rules, the best rung below it",
        ),
        (evidence_with(-0.01, 0.01, **FINE), "The model is not surely better than the scorecard rules"),
    ):
        verdict = (
            report(replace(run, evidence=evidence)).partition('id="verdict"')[2].partition("</section>")[0]
        )
        assert said in verdict
