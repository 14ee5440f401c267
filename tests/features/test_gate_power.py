"""The gate's measured table: docs/measured.md says what was measured, and a noise company is noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import read_tables
from features.snapshots import snapshots
from tests.bench.gate_power import NOISE_RATES, noise_company, read_results
from tests.bench.gate_text import BEGIN, END, section
from tests.bench.quality_text import current_section

MEASURED = Path(__file__).parents[2] / "docs" / "measured.md"


def test_the_page_says_what_was_measured_of_the_gate() -> None:
    written = section(read_results())
    again = "write it again: python -m tests.bench.gate_power --rewrite"
    assert current_section(MEASURED, BEGIN, END) == written, again


def test_no_company_is_measured_twice() -> None:
    assert not read_results().duplicated(["kind", "leads", "seed"]).any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_in_a_noise_company_leads_of_every_age_convert_alike(tmp_path: Path, seed: int) -> None:
    recipe = noise_company(tmp_path, 6000, seed)
    frame = snapshots(recipe, read_tables(recipe, tmp_path)).frame
    known = frame[frame["matured"]]
    for age, rows in known.groupby("age_days"):
        rate, n = rows["label"].mean(), len(rows)
        expected = NOISE_RATES[seed % len(NOISE_RATES)]
        spread = np.sqrt(expected * (1 - expected) / max(n, 1))
        assert n < 100 or abs(rate - expected) < 4 * spread, f"age {age}: {rate:.3f}, not {expected}"


def test_a_table_of_verdicts_counts_promotions_by_kind_and_size() -> None:
    rows = [("noise", 10, i, "promote" if i == 0 else "refuse", "refuse", "promote") for i in range(4)]
    made = pd.DataFrame(rows, columns=["kind", "leads", "seed", "verdict", "newest_alone", "before"])
    line = section(made).splitlines()[-1]
    assert line == "| 4 of 10 leads, noise | 1 (25.0%) | 0.6% to 80.6% | 0 | 4 |"
