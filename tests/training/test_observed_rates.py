"""The rates that reasons tell are those that a loop over the leads counts, each lead once a state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from serving.words import FactReader, Moments, Voice
from serving.words.rates import FEWEST_LEADS, states_of
from tests.made.company import small_company
from training.history.history import History, read_history
from training.packing.observed import observed_rates


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = Path(tmp_path_factory.mktemp("small"))
    return read_history(small_company(folder, 700), folder)


def test_each_state_holds_the_leads_that_were_first_seen_in_it(history: History) -> None:
    rows = np.random.default_rng(2).permutation(len(history.labelled.frame))[:900]
    found = observed_rates(history, rows)
    frame = history.labelled.frame.iloc[rows]
    leads, labels = frame["lead_id"].tolist(), frame["label"].tolist()
    moments = Moments(frame["as_of_us"].to_numpy(np.int64), "UTC")
    read = FactReader(history.labelled.at(rows), moments)
    in_time = sorted(range(len(rows)), key=lambda row: frame["order"].iloc[row])
    features = {f.name: f for f in (*history.features, *history.rules.features)}
    for signal in Voice(history.recipe, tuple(features.values()), "en").signals:
        facts, edges = read.facts(signal), found.signals[signal.key].edges
        seen: dict[tuple[str, str], float] = {}
        for row in in_time:
            for state in states_of(signal, facts[row], edges):
                seen.setdefault((state, leads[row]), labels[row])
        expected = {
            state: (
                sum(other == state for other, _ in seen),
                sum(label for (other, _), label in seen.items() if other == state),
            )
            for state in {state for state, _ in seen}
        }
        kept = {state: counts for state, counts in expected.items() if counts[0] >= FEWEST_LEADS}
        told = found.signals[signal.key].states
        assert {state: (one.leads, one.converted) for state, one in told.items()} == kept, signal.key
    assert found.everyone.leads == len(set(leads))
    assert "=steel" in found.signals["field:industry"].states
    assert set(found.signals["events:demo_request"].states) >= {"never", "1"}


def test_the_same_rows_in_another_order_give_the_same_rates(history: History) -> None:
    rows = np.arange(len(history.labelled.frame))
    assert observed_rates(history, rows[::-1]) == observed_rates(history, rows)
