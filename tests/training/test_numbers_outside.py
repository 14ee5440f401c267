"""A number far from all that was learned from: read as the nearest end, said so, and the answer less sure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Lead
from features.catalogue.fields import FieldValue
from features.catalogue.times import LeadAge
from features.clock.instants import parse_moment
from features.columns import Columns
from serving.answer.ladder import Ladder
from serving.api.envelope import LeadRequest, read_lead
from serving.artefact.folder import Artefact, load_artefact
from serving.score import Score
from serving.scorers.fitted_range import ranges_of
from serving.scorers.linear_columns import LinearEncoder, NumberColumn
from tests.laws.scorer_laws import (
    check_an_extreme_number_moves_no_margin_beyond_those_of_its_range as keeps_law,
)
from tests.made.company import small_company
from training import train
from training.bayes.fit import fit_bayes
from training.figures.number_range import fitted_range
from training.fitting.calendars import going_on
from training.fitting.encode import Reading, unit_of
from training.fitting.logistic import fit_linear
from training.history.excerpt import Excerpt
from training.history.labelled import Labelled

SIZE, AGE = FieldValue("size"), LeadAge()
FINITE = st.floats(-1e12, 1e12, allow_nan=False)
ODD_SIZES = st.sampled_from([np.nan, 1e300, -1e300, 1e160, 0.0])
CREATED = "2024-12-25T09:00:00Z"
AS_OF = parse_moment("2024-12-28T09:00:00Z", "UTC")


@given(st.lists(FINITE | st.just(np.nan), max_size=60))
def test_a_range_ends_in_values_that_occur_and_holds_the_most_frequent(numbers):
    known = [number for number in numbers if not np.isnan(number)]
    found = fitted_range(np.array(numbers, dtype=np.float64))
    if not known:
        assert found is None
        return
    assert found is not None
    low, high = found
    assert low in known
    assert high in known
    assert sum(low <= number <= high for number in known) >= 0.8 * len(known)


@given(st.integers(0, 2**32 - 1), st.sampled_from([-1e9, 1e9, 999999.0]), st.integers(1, 15))
def test_a_few_far_outliers_do_not_move_a_range(seed, outlier, times):
    usual = np.random.default_rng(seed).lognormal(3, 1, 400)
    before = fitted_range(usual)
    found = fitted_range(np.r_[usual, [outlier] * times])
    assert before is not None
    assert found is not None
    assert outlier not in found
    assert usual.min() <= found[0] <= found[1] <= usual.max()


def test_a_rare_event_keeps_all_of_its_counts():
    assert fitted_range(np.r_[np.zeros(5000), np.ones(4), 3.0]) == (0.0, 3.0)


@pytest.mark.parametrize("logs", [False, True])
@pytest.mark.parametrize("crossed", [False, True])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_fitted_line_ends_where_its_rows_ended(logs, crossed, seed):
    columns, y = made_rows(seed)
    line = fit_linear((SIZE, AGE), columns, y, 1.0, 5, reading=Reading(logs, crossed))
    keeps_law(line, columns.take(slice(8)))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_bayes_rung_ends_in_its_outer_bands_and_knows_its_range(seed):
    columns, y = made_rows(seed)
    ids, order = np.arange(len(y)).astype(object), np.arange(len(y))
    bayes = fit_bayes((SIZE, AGE), columns, y, ids, order, version="")
    keeps_law(bayes, columns.take(slice(8)))
    assert set(ranges_of(bayes)) == {feature.name for feature in bayes.features}


def test_an_outlier_among_the_fitted_rows_changes_nothing_for_the_others():
    """What is clipped in serving is clipped in fitting: a row of 1e9 counts as one of the largest."""
    columns, y = made_rows(7)
    tamed = columns["size"].copy()
    found = fitted_range(tamed)
    assert found is not None
    tamed[3] = found[1]
    wild = tamed.copy()
    wild[3] = 1e9
    line, other = (
        fit_linear((SIZE, AGE), Columns({**columns, "size": size}, 300), y, 1.0, 5) for size in (tamed, wild)
    )
    np.testing.assert_allclose(line.margin(columns), other.margin(columns), atol=1e-8)


@pytest.mark.parametrize("logs", [False, True])
@settings(max_examples=20, deadline=None)
@given(
    sizes=st.lists(st.floats(-1e300, 1e300) | ODD_SIZES, min_size=40, max_size=40),
    seed=st.integers(0, 99),
)
def test_any_numbers_that_a_cell_may_hold_can_be_fitted_on(logs, sizes, seed):
    """Squares of numbers above 1e154 overflow: their spread was infinite, and the column said nothing."""
    rng = np.random.default_rng(seed)
    columns = Columns({"size": np.array(sizes), "lead_age": rng.uniform(0, 9, 40)}, 40)
    y = (rng.random(40) < 0.5).astype(np.float64)
    line = fit_linear((SIZE, AGE), columns, y, 1.0, 5, reading=Reading(logs))
    read = line.encoder.transform(columns)
    assert np.isfinite(read).all()
    assert np.isfinite(line.margin(columns)).all()
    for name, values in zip(line.encoder.names, read.T, strict=True):
        if name in ("size", "lead_age") and np.ptp(values) > 0:
            assert values.std() == pytest.approx(1.0), "what varies is standardised, however large"
    keeps_law(line, columns.take(slice(8)))


def test_the_spread_of_ordinary_numbers_is_to_the_bit_what_it_was():
    numbers = np.random.default_rng(5).lognormal(3, 2, 500)
    assert float((numbers / unit_of(numbers)).std()) * unit_of(numbers) == float(numbers.std())


def test_a_number_of_the_day_goes_on_and_one_of_the_lead_does_not():
    rng = np.random.default_rng(2)
    index = np.repeat(np.linspace(100.0, 110.0, 40), 10)
    size = rng.uniform(1, 50, 400)
    turned = rng.permutation(400)  # rows may come in any order: that of time decides
    frame = pd.DataFrame({"order": np.arange(400)[turned]})
    columns = {"index": index[turned], "size": size[turned]}
    features = (FieldValue("index"), SIZE)
    roomy = going_on(Excerpt(Labelled(frame, Columns(columns, 400)), features, np.arange(400)), ())
    assert roomy == {"index"}
    line = fit_linear(features, columns, (index[turned] > 105).astype(float), 1.0, 5, calendars=roomy)
    ranges = ranges_of(line)
    assert ranges["index"] == pytest.approx((-10.0, 220.0))  # it may fall to nothing, or double
    assert ranges["size"] == (size.min(), size.max())
    inside, end, far = (line.margin({"index": np.array([x]), "size": np.ones(1)})[0] for x in (110, 220, 1e9))
    assert inside < end == far


def test_an_encoding_of_before_ranges_reads_as_it_did():
    column = NumberColumn.model_validate({"name": "size", "median": 0, "mean": 0, "scale": 1})
    encoder = LinearEncoder(columns=(column,))
    assert encoder.transform({"size": np.array([-5.0, 1e9])}).tolist() == [[-5.0], [1e9]]


@pytest.fixture(scope="module")
def artefact(tmp_path_factory) -> Artefact:
    folder = tmp_path_factory.mktemp("small")
    train(small_company(folder, 1200), folder, tracking=False, out=folder / "made")
    return load_artefact(folder / "made" / "served")


@pytest.fixture(scope="module")
def ladder(artefact) -> Ladder:
    return Ladder.of(artefact)


def lead(ladder: Ladder, size: float | None, name: str = "one", created: str = CREATED) -> Lead:
    fields: dict[str, object] = {"size": size, "industry": "steel", "origin": "paid"}
    request = LeadRequest(lead_id=name, fields={**fields, "created_at": created}, events=[])
    return read_lead(ladder.reader, request, AS_OF)


def score(ladder: Ladder, *sizes: float | None) -> list[Score]:
    return ladder.score([lead(ladder, size, f"lead-{i}") for i, size in enumerate(sizes)])


def width(answer: Score) -> float:
    assert answer.interval is not None
    low, high = (np.log(p / (1 - p)) for p in (answer.interval.low, answer.interval.high))
    return float(high - low)


def outside_words(answer: Score) -> list[str]:
    return [words for words in answer.warnings if words.startswith("outside the range")]


@pytest.mark.slow
@pytest.mark.parametrize("extreme", [-1.0, -1e9, 999999.0, 1e300])
def test_an_extreme_size_scores_as_the_nearest_end_is_named_and_less_sure(ladder, artefact, extreme):
    low, high = ranges_of(artefact.model)["size"]
    end, beyond = score(ladder, low if extreme < low else high, extreme)
    assert beyond.probability == end.probability
    assert beyond.score == end.score
    assert outside_words(end) == []
    (words,) = outside_words(beyond)
    assert words.endswith(": size")
    assert str(extreme) not in words
    assert f"{extreme:.0f}" not in words
    assert width(beyond) > width(end)
    assert beyond.interval is not None
    assert beyond.interval.narrowed_by == "size"


def test_an_age_beyond_all_that_were_seen_reads_as_the_oldest(ladder):
    fridays = ("2010-01-01", "1982-01-01")  # the wall clock says the same of both
    old, older = (ladder.score([lead(ladder, 20.0, created=day)])[0] for day in fridays)
    assert old.probability == older.probability
    assert any("Age of the lead" in words for words in outside_words(older))


def test_leads_of_the_file_that_it_learned_from_are_hardly_ever_outside(ladder, artefact):
    sizes = np.random.default_rng(4).lognormal(3, 1, 300).round(1).tolist()
    named = [answer for answer in score(ladder, *sizes) if outside_words(answer)]
    assert len(named) <= 6
    assert {words for answer in named for words in outside_words(answer)} <= {outside_words(named[0])[0]}


def made_rows(seed: int) -> tuple[Columns, np.ndarray]:
    """Sizes with gaps and a stand-in or two, ages, and outcomes that follow the size."""
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(300) < 0.1, np.nan, rng.lognormal(3, 1, 300).round(1))
    size[:2] = 999999.0, -1.0
    age = rng.choice([0.0, 1.0, 7.0, 30.0], 300)
    margin = 1.0 - 0.6 * np.log(np.nan_to_num(size, nan=20.0).clip(0.5)) + 0.02 * age
    columns = Columns({"size": size, "lead_age": age}, 300)
    return columns, (rng.random(300) < 1 / (1 + np.exp(-margin))).astype(np.float64)
