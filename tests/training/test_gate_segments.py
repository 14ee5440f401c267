"""A segment that is surely served worse than by who answers now refuses a model, and the worst is named."""

from __future__ import annotations

import pytest

from tests.training.test_gate_by_hand import Ends, check, evidence
from training.judging.gate import SEGMENT_AUC
from training.judging.groups import Group, GroupFigures


def group(
    level: str,
    own: float | None,
    ends: Ends = (None, None),
    other: float | None = 1.0,
    auc: Ends = (0.0, 0.1),
) -> Group:
    scorers = {
        "model": GroupFigures(observed_expected=own),
        "rules": GroupFigures(observed_expected=other),
    }
    return Group(
        field="origin", level=level, n=500, won=100, scorers=scorers, observed_expected=ends,
        auc_difference={"rules": auc},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("own", "ends", "other", "passed"),
    [
        (0.7, (0.6, 0.85), 1.0, False),
        (0.7, (0.6, 0.85), None, False),
        (0.7, (0.6, 0.85), 0.75, False),
        (0.7, (0.6, 0.85), 0.7, True),
        (0.7, (0.6, 0.85), 0.5, True),
        (0.7, (0.6, 0.9), 1.0, True),
        (1.3, (1.15, 1.5), 1.0, False),
        (1.3, (1.1, 1.5), 1.0, True),
        (1.3, (1.15, 1.5), 1.3, True),
        (0.7, (None, 0.85), 1.0, True),
        (1.3, (1.15, None), 1.0, True),
        (None, (0.6, 0.85), 1.0, True),
        (1.0, (0.95, 1.05), 1.0, True),
    ],
)
def test_a_segment_surely_promised_wrongly_vetoes_unless_who_answers_is_no_nearer(own, ends, other, passed):
    told = check(evidence(segments=[group("paid", own, ends, other)]), "worst segment")
    assert told.passed == passed
    if not passed:
        low, high = ends
        assert (
            told.words
            == f"origin = paid: observed/expected {own:.2f} [{low:.2f}, {high:.2f}], band 0.9 to 1.1."
        )


@pytest.mark.parametrize(
    ("above", "passed"),
    [(-SEGMENT_AUC - 1e-9, False), (-SEGMENT_AUC, True), (0.0, True), (None, True)],
)
def test_a_segment_surely_ordered_worse_by_two_hundredths_vetoes(above, passed):
    ends: Ends = (None if above is None else -0.1, above)
    told = check(evidence(segments=[group("paid", 1.0, (0.95, 1.05), auc=ends)]), "worst segment")
    assert told.passed == passed
    assert ("origin = paid: AUC minus that of rules is [-0.100, -0.020]" in told.words) == (not passed)


def test_a_segment_is_not_held_against_whom_it_was_not_compared_with():
    one = group("paid", 1.0, (0.95, 1.05)).model_copy(update={"auc_difference": {"pls": (-0.5, -0.4)}})
    assert check(evidence(segments=[one]), "worst segment").passed
    alone = group("paid", 0.7, (0.6, 0.8))
    alone = alone.model_copy(update={"scorers": {"model": alone.scorers["model"]}})
    assert not check(evidence(segments=[alone]), "worst segment").passed


def test_every_failing_segment_is_told():
    both = [group("paid", 0.7, (0.6, 0.8)), group("social", 1.4, (1.2, 1.6), auc=(-0.2, -0.1))]
    words = check(evidence(segments=[*both, group("event", 1.0, (0.9, 1.1))]), "worst segment").words
    told = [part.split(":")[0] for part in words.split("; ")]
    assert told == ["origin = paid", "origin = social", "origin = social"]


@pytest.mark.parametrize(
    ("values", "worst"),
    [
        ((1.0, 0.85, 1.05), "b"),
        ((1.0, 0.97, 1.06), "c"),
        ((None, 0.99, None), "b"),
        ((0.95, 1.05, 1.0), "a"),
    ],
)
def test_where_no_segment_fails_the_furthest_from_the_middle_of_the_band_is_named(values, worst):
    groups = [group(name, own, (0.8, 1.2)) for name, own in zip("abc", values, strict=True)]
    told = check(evidence(segments=groups), "worst segment")
    assert told.passed
    assert told.words.startswith(f"worst of 3 segments: origin = {worst}: observed/expected")


@pytest.mark.parametrize("unknown", [(None, (0.8, 1.2)), (1.0, (None, 1.2)), (1.0, (0.8, None))])
def test_a_segment_whose_promise_is_not_known_says_so(unknown):
    told = check(evidence(segments=[group("paid", *unknown)]), "worst segment")
    assert told.words == "worst of 1 segments: origin = paid: observed/expected is not known."


def test_without_segments_nothing_is_held_against_the_model():
    told = check(evidence(), "worst segment")
    assert told.passed
    assert told.words.startswith("no group of a declared attribute")
