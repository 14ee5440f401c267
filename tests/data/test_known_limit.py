"""The limit is told of simulated leads alone; a file that lies beside an export refuses nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import data
from features import LeadscoreError, load_recipe
from features.clock import DAY_US
from features.recipe.file import parse_recipe
from leadscore import main


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acme")
    data.simulate(folder, 300, 1)
    return folder


def rows_of(company: Path) -> pd.DataFrame:
    """Each simulated lead a day after its creation."""
    truth = pd.read_parquet(company / "truth.parquet")
    created = truth["created_at"].astype("datetime64[us, UTC]").astype("int64")
    return pd.DataFrame({"lead_id": truth["lead_id"], "as_of_us": created + DAY_US})


@given(st.lists(st.integers(0, 299), min_size=1, max_size=5), st.sampled_from(["none", "foreign", "early"]))
@settings(max_examples=12, deadline=None)
def test_it_is_known_of_simulated_leads_after_their_creation_alone(
    company: Path, places: list[int], odd: str
) -> None:
    limit = data.known_limit(company, 90, load_recipe(company / "recipe.toml"))
    assert limit is not None
    rows = rows_of(company).iloc[places].reset_index(drop=True)
    if odd == "foreign":
        rows.loc[0, "lead_id"] = "of somebody else"
    if odd == "early":
        rows.loc[0, "as_of_us"] -= 2 * DAY_US
    found = limit(rows)
    assert (found is not None) == (odd == "none")
    assert found is None or ((found > 0) & (found < 1)).all()


def test_another_file_of_that_name_says_nothing(company: Path, tmp_path: Path) -> None:
    for name in ("truth", "events"):
        pd.DataFrame({"lead_id": ["a"], "said": ["x"]}).to_parquet(tmp_path / f"{name}.parquet")
    assert data.known_limit(tmp_path, 90) is None


@pytest.mark.parametrize(
    "table",
    [
        "leads = 'truth.parquet'",
        "leads = { sql = \"SELECT * FROM 'leads.parquet' JOIN 'truth.parquet' USING (lead_id)\" }",
        "leads = 'leads.parquet'\nfield_history = 'truth.parquet'",
    ],
)
def test_a_recipe_that_reads_the_truth_is_refused(company: Path, table: str) -> None:
    with pytest.raises(LeadscoreError, match=r"\[tables\] (leads|field_history): reads truth.parquet"):
        data.known_limit(company, 90, parse_recipe(f"[tables]\n{table}\n"))


@pytest.mark.slow
def test_an_export_of_ones_own_is_trained_beside_a_simulated_company(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, count = np.random.default_rng(1), 1_200
    size = chance.lognormal(3, 1, count).round(1)
    won = chance.random(count) < 1 / (1 + np.exp(2 - 0.02 * size))
    made = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(chance.uniform(0, 700, count)), "D")
    status = np.where(won, "won", "lost")
    table = {"id": [f"own-{n}" for n in range(count)], "created": made, "size": size, "status": status}
    pd.DataFrame(table).to_csv(company / "own.csv", index=False)
    (company / "own.toml").write_text(
        "[recipe]\nname = 'own'\n[tables]\nleads = 'own.csv'\n[lead]\nid = 'id'\ncreated_at = 'created'\n"
        "[lead.fields]\nsize = { column = 'size', type = 'number', known = 'creation' }\n"
        "[outcomes]\ncolumn = 'status'\nwon = ['won']\nlost = ['lost']\n"
    )
    monkeypatch.chdir(company)
    done = CliRunner().invoke(main, ["train", "own.toml"])
    assert done.exit_code in (0, 1), done.output
    assert "truth" not in done.output
    assert "newest_first" in done.stdout
    assert "limit" not in done.stdout
