"""What a model must beat is what it says: the base rate, a queue, the mapped scorecard and Odoo's scoring."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Feature
from features.catalogue import FieldValue
from features.catalogue.patterns import EdgeKind
from serving.calibration.maps import FLOOR
from tests.made import scorers
from tests.training.test_choices_by_hand import labelled
from training.calibration.fit import fit_monotone
from training.calibration.rules import calibrated_rules
from training.judging.baselines import base_rate, inside, newest_first, pls
from training.judging.pls import EntryTable


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 5))
def test_the_base_rate_is_that_of_the_fit_rows_with_one_more_of_each_kind(won, lost, test):
    rows = labelled(np.array([1.0] * won + [0.0] * lost + [1.0] * test))
    fit, judged = np.arange(won + lost), np.arange(won + lost, won + lost + test)
    found = base_rate(rows, fit, judged)
    assert found.tolist() == [pytest.approx((won + 1) / (won + lost + 2))] * test


@pytest.mark.parametrize("truth", [-0.05, 0.0, 0.05])
def test_the_newest_are_worked_first_whatever_became_of_them(truth):
    rng = np.random.default_rng(3)
    age = rng.choice([0.0, 1, 3, 7, 14, 30, 60], 1200)
    label = (rng.random(1200) < 1 / (1 + np.exp(1 - truth * age))).astype(float)
    fit, test = np.arange(800), np.arange(800, 1200)
    found = newest_first(labelled(label, age), fit, test)
    by_age = [found[age[test] == one] for one in np.unique(age)]
    assert all(np.ptp(same) == 0 for same in by_age)
    assert np.all(np.diff([same[0] for same in by_age]) < 0)
    np.testing.assert_array_equal(found, fit_monotone(-age[fit], label[fit]).of(-age[test]))


def test_the_scorecard_is_mapped_by_the_given_rows_alone():
    rules = scorers.rules()
    table = scorers.columns(rules.features, 500)
    y = (np.random.default_rng(1).random(500) < 0.3).astype(float)
    rows = np.arange(0, 500, 2)
    found = calibrated_rules(rules, labelled(y, columns=table), rows)
    own = {name: column[rows] for name, column in table.items()}
    assert found.calibration == fit_monotone(rules.margin(own), y[rows])
    assert (found.card, found.compiled) == (rules.card, rules.compiled)


def test_a_scorecard_that_reads_nothing_is_mapped_too():
    silent = scorers.rules()
    silent = type(silent)(silent.card, (), None, "1")
    y = np.array([1.0, 0.0] * 50)
    found = calibrated_rules(silent, labelled(y, columns={"any": np.zeros(100)}), np.arange(100))
    assert found.calibration is not None


INDUSTRY = FieldValue("industry", "category")
CHANNEL = FieldValue("channel", "category", group="origin")


def test_odoo_s_scoring_reads_who_they_are_and_where_they_came_from_and_no_behaviour():
    rng = np.random.default_rng(4)
    table = {
        name: rng.choice(np.array(["a", "b", None], dtype=object), 300) for name in ("industry", "channel")
    }
    touch = EdgeKind("newest", ("call", "mail"))
    table |= {touch.name: rng.choice(np.array(["call", "mail"], dtype=object), 300), "size": rng.random(300)}
    y = (rng.random(300) < np.where(table["industry"] == "a", 0.6, 0.2)).astype(float)
    fit, test = np.arange(200), np.arange(200, 300)
    features: list[Feature] = [INDUSTRY, touch, FieldValue("size"), CHANNEL]
    found = pls(labelled(y, columns=table), features, fit, test)
    names = ["industry", "channel"]
    expected = EntryTable(names, {name: table[name][fit] for name in names}, y[fit])
    np.testing.assert_array_equal(found, expected.probability({name: table[name][test] for name in names}))
    assert pls(labelled(y, columns=table), [touch, FieldValue("size")], fit, test) is None


def test_foreign_probabilities_are_held_inside_the_floor():
    assert inside(np.array([0.0, 0.3, 1.0])).tolist() == [FLOOR, 0.3, 1 - FLOOR]


def test_a_category_of_the_record_is_read_too():
    """How a lead came to be written down, such as the form, is known on arrival."""
    form = FieldValue("form", "category", group="record")
    rng = np.random.default_rng(5)
    table = {"form": rng.choice(np.array(["a", "b"], dtype=object), 300)}
    y = (rng.random(300) < np.where(table["form"] == "a", 0.6, 0.2)).astype(float)
    found = pls(labelled(y, columns=table), [form], np.arange(200), np.arange(200, 300))
    assert found is not None
    assert len(set(found.tolist())) == 2
