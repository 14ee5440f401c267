"""The simulated company is believable, reproducible, frozen, and fits the recipe that ships with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import data
from data.simulator.population import POPULATION
from data.simulator.rates import RATES
from data.simulator.stages import STAGE_KINDS
from features.errors import LeadscoreError
from features.exports.reader import read_raw
from features.recipe.file import load_recipe

LEADS, SEED = 20_000, 5
FROZEN = "19a42ccbf437daeaa708c443c646d87a430de257ab86c826eb2849f7cb7dfb18"
TABLES = ("leads", "events", "outcomes", "truth")
LEAKS = ["contract_reference", "close_reason"]
DELAY = pd.Timedelta(days=RATES.late_days)
MAIL = [kind for kind, rates in RATES.kinds.items() if rates.mail]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated company."""
    out = tmp_path_factory.mktemp("company")
    data.simulate(out, LEADS, SEED)
    return out


@pytest.fixture(scope="module")
def company(folder: Path) -> dict[str, pd.DataFrame]:
    """Its tables, exact copies dropped."""
    frames = {name: pq.read_table(folder / f"{name}.parquet").to_pandas() for name in TABLES}
    return {name: frame.drop_duplicates(ignore_index=True) for name, frame in frames.items()}


def test_the_world_is_frozen() -> None:
    # The limit is what models are measured against: tuning the world to a model would move the goal.
    assert data.rates_hash() == FROZEN


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in {"first": 3, "second": 3, "other": 4}.items():
        data.simulate(tmp_path / name, 300, seed)
        data.simulate_export(tmp_path / name, 100, seed)
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert len(names) == 9
    read = {
        name: [(tmp_path / name / file).read_bytes() for file in names]
        for name in ("first", "second", "other")
    }
    assert read["first"] == read["second"]
    assert read["first"] != read["other"]


def test_the_recipe_loads_and_names_what_is_there(folder: Path, company: dict[str, pd.DataFrame]) -> None:
    recipe = load_recipe(folder / "recipe.toml")
    leads = company["leads"]
    roles = {
        recipe.lead.id,
        recipe.lead.created_at,
        recipe.lead.account_id,
        recipe.lead.cost,
        recipe.lead.opted_out,
    }
    assert set(leads.columns) == roles | set(recipe.lead.fields) | set(LEAKS)
    assert recipe.events is not None
    assert set(recipe.events.kinds) == set(RATES.kinds) == set(company["events"]["kind"])
    assert set(company["outcomes"]["stage"]) == {"won", "lost", *recipe.outcomes.stages}


def test_the_leaks_are_filled_only_after_the_outcome(company: dict[str, pd.DataFrame]) -> None:
    closing = company["outcomes"][company["outcomes"]["stage"].isin(["won", "lost"])]
    stage = company["leads"]["lead_id"].map(closing.set_index("lead_id")["stage"])
    assert (company["leads"]["contract_reference"].notna() == (stage == "won")).all()
    assert (company["leads"]["close_reason"].notna() == stage.notna()).all()


def test_blanks_copies_and_opt_outs_have_their_shares(folder: Path, company: dict[str, pd.DataFrame]) -> None:
    leads, events = company["leads"], company["events"]
    business = leads[leads["market"] == "b2b"]
    for name, share in POPULATION.blank_shares.items():
        assert business[name].isna().mean() == pytest.approx(share, abs=0.015), name
    assert leads["lead_id"].is_unique
    assert events["event_id"].is_unique
    assert pq.read_metadata(folder / "leads.parquet").num_rows / LEADS == pytest.approx(1.004, abs=0.002)
    assert pq.read_metadata(folder / "events.parquet").num_rows / len(events) == pytest.approx(
        1.01, abs=0.001
    )
    assert leads["opted_out"].mean() == pytest.approx(POPULATION.opted_out_share, abs=0.005)


def test_events_lie_within_the_life_of_their_lead(company: dict[str, pd.DataFrame]) -> None:
    outcomes, events = company["outcomes"], company["events"]
    closing = outcomes[outcomes["stage"].isin(["won", "lost"])].set_index("lead_id")["occurred_at"]
    created = company["truth"].set_index("lead_id")["created_at"]
    assert (events["occurred_at"] >= events["lead_id"].map(created)).all()
    assert not (events["occurred_at"] > events["lead_id"].map(closing)).any()
    assert (outcomes["occurred_at"] >= outcomes["lead_id"].map(created)).all()
    assert not (outcomes["occurred_at"] > outcomes["lead_id"].map(closing)).any()
    assert closing.index.is_unique
    assert len(events) == pytest.approx(20.8 * LEADS, rel=0.05)


def test_some_events_come_late_by_the_fixed_delay(company: dict[str, pd.DataFrame]) -> None:
    events = company["events"]
    wait = events["ingested_at"] - events["occurred_at"]
    assert set(wait.unique()) == {pd.Timedelta(0), DELAY}
    assert (wait > pd.Timedelta(0)).mean() == pytest.approx(RATES.late_probability, abs=0.006)
    assert (wait[events["kind"] == "unsubscribe"] == pd.Timedelta(0)).all()


def test_mail_stops_after_an_unsubscribe_and_never_reaches_the_opted_out(
    company: dict[str, pd.DataFrame],
) -> None:
    mail = company["events"][company["events"]["kind"].isin(MAIL)]
    gone = mail[mail["kind"] == "unsubscribe"].set_index("lead_id")["occurred_at"]
    assert gone.index.is_unique
    assert not (mail["occurred_at"] > mail["lead_id"].map(gone)).any()
    opted_out = company["leads"].set_index("lead_id")["opted_out"]
    assert not mail["lead_id"].map(opted_out).any()


def test_stages_follow_from_what_is_visible(company: dict[str, pd.DataFrame]) -> None:
    events, outcomes = company["events"], company["outcomes"]
    for stage in ("mql", "sql", "opportunity"):
        first = events[events["kind"].isin(STAGE_KINDS[stage])].groupby("lead_id")["ingested_at"].min()
        rows = outcomes[outcomes["stage"] == stage]
        assert len(rows) > 0
        assert (rows["lead_id"].map(first) == rows["occurred_at"]).all()
    order = outcomes["stage"].map({"mql": 0, "sal": 1, "sql": 2, "opportunity": 3, "won": 4, "lost": 4})
    ranked = outcomes.assign(rank=order).sort_values(["lead_id", "occurred_at"])
    assert (ranked.groupby("lead_id")["rank"].diff().dropna() > 0).all()
    assert (outcomes["amount"].notna() == outcomes["stage"].isin(["opportunity", "won"])).all()


def test_the_company_grows_and_a_channel_and_an_origin_appear_late(company: dict[str, pd.DataFrame]) -> None:
    leads, events = company["leads"], company["events"]
    years = leads["created_at"].dt.year.value_counts()
    assert 1.15 < years[2025] / years[2024] < 1.45
    assert leads.loc[leads["origin"] == "social", "created_at"].min() >= pd.Timestamp("2025-01-01", tz="UTC")
    webinars = events.loc[events["kind"] == "webinar_attended", "occurred_at"]
    assert pd.Timestamp("2024-09-01", tz="UTC") <= webinars.min() < pd.Timestamp("2024-09-10", tz="UTC")


def test_people_write_in_two_languages_from_all_kinds_of_addresses(company: dict[str, pd.DataFrame]) -> None:
    titles = company["leads"]["job_title"].dropna().str.lower()
    assert titles.str.contains("direct(?:eur|rice)|responsable|stagiaire").mean() > 0.15
    assert titles.str.contains("manager|head of|intern|director").mean() > 0.1
    emails = company["leads"]["email"].dropna()
    assert emails.str.endswith("@gmail.com").any()
    assert emails.str.endswith("@yopmail.com").any()
    assert (~emails.str.contains(r"^[a-z.0-9]+@[a-z0-9-]+\.[a-z.]+$")).mean() == pytest.approx(
        0.043, abs=0.02
    )


def test_an_export_has_the_columns_of_the_history_and_other_companies(folder: Path, tmp_path: Path) -> None:
    summary = data.simulate_export(tmp_path, 800, SEED)
    leads = pd.read_csv(tmp_path / "export.csv")
    assert [*leads.columns, *LEAKS] == pq.read_schema(folder / "leads.parquet").names
    assert leads["account_id"].dropna().str[1:].astype(int).min() >= 5_000_000
    assert leads["lead_id"].str.startswith("N").all()
    assert summary.leads == len(leads) == 800


@pytest.mark.parametrize("rows", [1, 2, 60, 201])
def test_an_export_has_as_many_rows_as_were_asked_for(tmp_path: Path, rows: int) -> None:
    for seed in range(3):
        summary = data.simulate_export(tmp_path, rows, seed)
        leads = pd.read_csv(tmp_path / "export.csv")
        assert len(leads) == summary.leads == rows
        ids = set(leads["lead_id"])
        assert set(pq.read_table(tmp_path / "export_truth.parquet")["lead_id"].to_pylist()) == ids
        assert set(pd.read_csv(tmp_path / "export_events.csv")["lead_id"]) <= ids
        data.simulate_export(tmp_path, rows, seed, copies=False)
        assert pd.read_csv(tmp_path / "export.csv")["lead_id"].nunique() == rows


@pytest.mark.parametrize("crm", data.CRMS)
def test_a_crm_s_export_of_later_leads_has_as_many_too(tmp_path: Path, crm: Any) -> None:
    written = data.simulate_crm(tmp_path, 300, 1, crm, 90)
    later = [path for path in written if path.name.startswith("new-")]
    assert len(read_raw(later[0]).frame) == 90


def test_the_limit_answers_for_the_export(tmp_path: Path) -> None:
    data.simulate_export(tmp_path, 800, SEED)
    truth = pq.read_table(tmp_path / "export_truth.parquet")
    events = pa.csv.read_csv(tmp_path / "export_events.csv")
    stamp = pa.timestamp("us", tz="UTC")
    as_of = pa.array([data.EXPORT_END] * truth.num_rows, stamp)
    limit = data.true_probability(truth, events, pa.table({"lead_id": truth["lead_id"], "as_of": as_of}))
    assert limit.shape == (truth.num_rows,)
    assert 0 < limit.min() < 0.02 < 0.2 < limit.max() < 1
    assert np.datetime64(str(events["ingested_at"].to_pandas().max())[:19]) <= np.datetime64("2026-03-02")


def test_the_summary_counts_what_was_written(tmp_path: Path) -> None:
    done: list[int] = []
    summary = data.simulate(tmp_path, 30_000, 1, progress=done.append)
    assert done == [25_000, 30_000]
    rows = {name: pq.read_metadata(tmp_path / f"{name}.parquet").num_rows for name in TABLES}
    assert (summary.leads, summary.events, summary.outcomes) == (
        rows["leads"],
        rows["events"],
        rows["outcomes"],
    )
    assert rows["truth"] == 30_000 == summary.leads - summary.copied_leads
    about = json.loads((tmp_path / "simulation.json").read_text())
    assert about["rates_hash"] == FROZEN
    assert (about["seed"], about["won"], about["lost"]) == (1, summary.won, summary.lost)


@pytest.mark.parametrize(("leads", "seed", "named"), [(0, 1, "leads is 0"), (5, -1, "seed is -1")])
def test_what_cannot_be_simulated_is_refused(tmp_path: Path, leads: int, seed: int, named: str) -> None:
    with pytest.raises(LeadscoreError, match=named):
        data.simulate(tmp_path / "new", leads, seed)
    assert not (tmp_path / "new").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(LeadscoreError, match="is a file"):
        data.simulate(tmp_path / "taken", 5, 1)


def test_one_lead_is_a_company_too(tmp_path: Path) -> None:
    for seed in range(8):
        assert data.simulate(tmp_path, 1, seed).leads in (1, 2)
        data.simulate_export(tmp_path, 1, seed)
