"""When a lead converts and what it brings: a curve that ends in the probability of whoever answers."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.columns import Columns
from serving.agreed import WorkCalendar
from serving.answer.foreseen import foreseen
from serving.artefact.folder import load_artefact, save_artefact
from serving.asked import Asked
from serving.outlook import Amount, Outlook, Sooner, When
from serving.outlook.outlook import worth_of
from serving.planning.assign import PlannedLead
from serving.planning.plan import Plan
from serving.planning.recommend import Recommendation
from serving.planning.rows import write_csv
from serving.returned.columns import ADDED, Added
from serving.rules.default import default_rules
from serving.score import LeadInterval, Score, failed
from serving.wire.flat import flat
from tests.made import scorers
from tests.made.resign import sign

RISING = st.lists(st.floats(0.5, 400), min_size=1, max_size=5, unique=True).map(sorted)


def outlook() -> Outlook:
    """Two models of when, one share, an amount by a line."""
    first, second = scorers.linear(), scorers.blend()
    splits = (Sooner(3.0, 0.3, 2.0, first), Sooner(7.0, 0.6, 5.0), Sooner(20.0, 0.5, 12.0, second))
    amount = Amount((-1.0, 0.0, 2.0), (100.0, 150.0, 900.0), (0.2, 0.1, 0.3), first)
    return Outlook(When(splits, 30.0, 25.0), amount)


def answer(name: str, probability: float) -> Score:
    """A scored answer, as far as the outlook looks at it."""
    low, high = probability / 2, (1 + probability) / 2
    told = {"status": "scored", "probability": probability, "interval": LeadInterval(low=low, high=high)}
    return failed(name, [{"field": "a", "problem": "b"}]).model_copy(update=told)  # type: ignore[list-item]


@given(RISING, st.lists(st.floats(0, 1), min_size=6, max_size=6), st.floats(1e-6, 1 - 1e-6))
def test_a_curve_never_falls_and_ends_in_the_probability(horizons, shares, probability):
    *sooner, longest = horizons
    splits = tuple(Sooner(days, share, days / 2) for days, share in zip(sooner, shares, strict=False))
    when = When(splits, longest, longest)
    known = np.ones(1, dtype=np.bool_)
    (told,) = Outlook(when).told([answer("a", round(probability, 6))], Columns({}, 1), known)
    points = [point.probability for point in told.horizons]
    assert [point.days for point in told.horizons] == horizons
    assert points == sorted(points)
    assert points[-1] == told.probability
    assert 0 <= told.expected_days <= longest + 0.1


def test_the_chance_by_a_horizon_is_the_product_of_the_steps_above_it():
    when = outlook().when
    table = scorers.columns(tuple(when.features), 50)
    known = np.arange(50) % 3 > 0
    found = when.given(table, known)
    steps = [split.given(table, known) for split in when.splits]
    np.testing.assert_allclose(found[:, 3], 1.0)
    np.testing.assert_allclose(found[:, 2], steps[2])
    np.testing.assert_allclose(found[:, 0], steps[0] * steps[1] * steps[2])
    assert (steps[0][~known] == 0.3).all(), "who sent no events gets the share of all"
    by_hand = found[:, 0] * 2 + (found[:, 1] - found[:, 0]) * 5 + (found[:, 2] - found[:, 1]) * 12
    np.testing.assert_allclose(when.days(found), by_hand + (1 - found[:, 2]) * 25)


def test_one_lead_is_told_what_many_are():
    whole = outlook()
    table, asked = scorers.columns(tuple(whole.features), 40), [asked_of(i) for i in range(40)]
    answers = {row: answer(f"lead-{row}", 0.02 * (row + 1)) for row in range(40) if row % 7}
    many = foreseen(whole, table, asked, answers, events=True)
    assert sorted(many) == sorted(answers)
    for row, score in answers.items():
        (one,) = foreseen(whole, table.take(np.array([row])), [asked[row]], {0: score}, events=True).values()
        assert one == many[row]


def asked_of(place: int) -> Asked:
    return Asked(f"lead-{place}", 0, place % 2 == 0)


def test_an_outlook_that_fails_leaves_the_probability_and_says_so():
    broken = replace(outlook(), amount=None)
    (told,) = foreseen(broken, Columns({}, 1), [asked_of(0)], {0: answer("a", 0.2)}, events=True).values()
    assert told.probability == 0.2
    assert told.horizons == []
    assert "could not be computed" in told.warnings[0]


@given(st.floats(1e-5, 0.9), st.floats(0, 1e7), st.floats(0, 2))
def test_the_value_lies_inside_its_bounds(probability, amount, error):
    interval = LeadInterval(low=probability / 3, high=min(0.95, probability * 2))
    found = worth_of(probability, interval, amount, error)
    assert found.low <= found.value <= found.high
    assert found.value == round(probability * amount, 2)
    assert worth_of(probability, interval, amount, error + 1).high >= found.high


def test_no_lead_is_promised_more_than_was_ever_met():
    amount = Amount((-1.0, 2.0), (100.0, 900.0), (0.2, 0.3), scorers.linear())
    levels, errors = amount.expected(scorers.columns(tuple(amount.features), 300, seed=9))
    assert 100.0 <= levels.min() < levels.max() <= 900.0
    assert errors.max() <= 0.3


def test_an_artefact_keeps_its_outlook_and_one_without_still_loads(tmp_path: Path):
    folder, rules = tmp_path / "model", default_rules(scorers.recipe())
    save_artefact(folder, scorers.manifest(), scorers.blend(), rules=rules, outlook=outlook())
    loaded = load_artefact(folder).outlook
    table, known = scorers.columns(tuple(outlook().features), 60), np.ones(60, dtype=np.bool_)
    np.testing.assert_array_equal(loaded.when.given(table, known), outlook().when.given(table, known))
    np.testing.assert_array_equal(loaded.amount.expected(table), outlook().amount.expected(table))
    save_artefact(folder, scorers.manifest(), scorers.linear(), rules=rules)
    assert sorted(p.name for p in folder.iterdir()) == ["checksums.json", "manifest.json", "rules.toml"]
    content = json.loads((folder / "manifest.json").read_text())
    del content["outlook"]  # as a version before wrote it
    (folder / "manifest.json").write_text(json.dumps(content | {"schema_version": 3}))
    sign(folder)
    assert load_artefact(folder).outlook is None


def test_columns_appear_only_where_a_recipe_asks():
    assert Added.asked((), value=False).names == Added.of(scorers.recipe()).names == ADDED
    added = Added.asked((7, 30), value=True)
    more = ["ls_within_7_days", "ls_expected_days", "ls_amount", "ls_value", "ls_value_low", "ls_value_high"]
    assert [name for name in added.names if name not in ADDED] == more
    (told,) = Outlook(When((Sooner(7.0, 0.5, 3.0),), 30.0, 20.0), Amount((0.0,), (80.0,), (0.1,))).told(
        [answer("a", 0.4)], Columns({}, 1), np.ones(1, dtype=np.bool_)
    )
    cells = dict(zip(added.columns, added.row(told), strict=True))
    assert (cells["ls_within_7_days"], cells["ls_expected_days"]) == (0.2, 11.5)
    assert (cells["ls_amount"], cells["ls_value"]) == (80.0, 32.0)


def test_flat_fields_and_the_csv_of_a_plan_say_the_same():
    told = foreseen(
        outlook(), scorers.columns(tuple(outlook().features), 2), [asked_of(1), asked_of(3)],
        {0: answer("a", 0.4), 1: answer("b", 0.1)}, events=False,
    )  # fmt: skip
    scores, at = list(told.values()), datetime(2026, 1, 5, tzinfo=UTC)
    step = Recommendation("call", at, "hot")
    leads = tuple(PlannedLead(score.lead_id, None, score, step) for score in scores)
    written = StringIO()
    write_csv(Plan(at, WorkCalendar(), leads), written)
    for score, row in zip(scores, csv.DictReader(StringIO(written.getvalue())), strict=True):
        fields = flat(score)
        shown = [(fields.horizon_1_days, fields.horizon_1_probability)]
        shown += [(fields.horizon_2_days, fields.horizon_2_probability)]
        shown += [(fields.horizon_3_days, fields.horizon_3_probability)]
        assert shown == [(point.days, point.probability) for point in score.horizons[:3]]
        assert float(row["within_7_days"]) == score.horizons[1].probability
        assert float(row["expected_days"]) == score.expected_days
        assert float(row["value"]) == fields.worth_value == score.worth.value
        assert (fields.worth_low, fields.worth_high) == (score.worth.low, score.worth.high)
        assert (float(row["amount"]), float(row["value_high"])) == (fields.worth_amount, fields.worth_high)
    assert flat(answer("a", 0.4)).horizon_1_days is None
    assert flat(answer("a", 0.4)).worth_value is None


@pytest.mark.parametrize("events_given", [True, False])
def test_the_ladder_answers_with_it(tmp_path: Path, events_given: bool):
    from serving.answer.ladder import Ladder

    save_artefact(
        tmp_path, scorers.manifest(), scorers.blend(), rules=default_rules(scorers.recipe()),
        no_events=scorers.linear(), outlook=outlook(),
    )  # fmt: skip
    ladder = Ladder.of(load_artefact(tmp_path))
    assert {f.name for f in outlook().features} <= {f.name for f in ladder.features}
    fields = {"company_size": 40, "industry": "retail"}
    lead = ladder.reader.read(
        lead_id="a", fields=fields, as_of_us=10**15, events=[] if events_given else None
    )
    (told,) = ladder.score([lead])
    assert told.horizons[-1].probability == told.probability
    assert told.worth.value == pytest.approx(told.probability * told.worth.amount, abs=0.01)
    plain = replace(ladder, outlook=None).score([lead])[0]
    assert told.model_copy(update={"horizons": [], "expected_days": None, "worth": None}) == plain
