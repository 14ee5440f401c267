"""The results of docs/results.md are the measured ones: written from the committed table, measured again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.bench.quality_results import FIGURES, read_results
from tests.bench.quality_run import measure
from tests.bench.quality_sets import ROOT, SETS, DataSet
from tests.bench.quality_text import BEGIN, END, MODEL, current_section, replace_section, rows_of, section

RESULTS = ROOT / "docs" / "results.md"
PRECISION = {"auc": 2e-3, "log_loss": 2e-3}
"""How far figures may move from one machine to the next: below what the table's intervals resolve."""


def test_the_page_says_what_the_measured_table_says() -> None:
    written = section(read_results())
    assert current_section(RESULTS) == written, "write it again: python -m tests.bench.quality --rewrite"


def test_every_result_stands_in_the_page_wins_and_losses_alike() -> None:
    text, results = current_section(RESULTS), read_results()
    for known in SETS:
        for origin in known.origins:
            found = rows_of(results, known, origin)
            assert len(found), f"{known.name}, {origin.name} was never measured"
            assert found.iloc[0]["scorer"] == MODEL
            assert f"### {known.title}: {origin.words}" in text
            for figure in ("log_loss", "auc"):
                ends = found.iloc[1:][[f"{figure}_low", f"{figure}_high"]].dropna()
                assert (ends[f"{figure}_low"] <= ends[f"{figure}_high"]).all()
                assert len(ends) == found.iloc[1:]["log_loss"].notna().sum()


def test_the_page_claims_nothing_that_cannot_be_known() -> None:
    assert "Moro" not in RESULTS.read_text()


def test_writing_the_section_changes_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    page.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nThe end.\n")
    replace_section(page, "new\n")
    assert page.read_text() == f"# Title\n\n{BEGIN}\nnew\n{END}\n\nThe end.\n"
    assert current_section(page) == "new\n"


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("known", SETS, ids=lambda known: known.name)
def test_measured_again_leadscore_gives_the_figures_of_the_page(known: DataSet) -> None:
    if not known.present:
        pytest.skip(f"no {known.folder_name} where LEADSCORE_SHARED_DATA points")
    origin = known.origins[0]
    again = measure(known, origin, lambda words: None, peers=False).table.set_index("scorer")
    before = rows_of(read_results(), known, origin).set_index("scorer")
    assert again[["n_fit", "n_test", "won"]].loc[MODEL].tolist() == [
        *before[["n_fit", "n_test", "won"]].loc[MODEL].tolist()
    ]
    for scorer in again.index:
        for figure in FIGURES:
            new, old = again.loc[scorer, figure], before.loc[scorer, figure]
            assert pd.isna(new) == pd.isna(old)
            near = pytest.approx(old, rel=0.02, abs=PRECISION.get(figure, 0.02))
            assert pd.isna(new) or new == near, f"{known.name}: {scorer}'s {figure} is {new}, was {old}"
