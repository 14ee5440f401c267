"""A simulated company in which something breaks: a channel from one month on, a field renamed in another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from data import simulate

TABLES = ("leads", "events", "outcomes")
TRAINED_UNTIL = "2025-07-01T00:00:00+00:00"


def broken_company(
    out: Path,
    leads: int,
    seed: int,
    *,
    channel: str = "paid",
    silent_from: str = "2025-08-01",
    field: str = "job_title",
    renamed: str = "title",
    renamed_from: str = "2025-10-01",
) -> Path:
    """Write the company into `out`: no lead of `channel` comes after the one date (the first of month 20),
    `field` is called `renamed` after the other (the first of month 22)."""
    simulate(out, leads, seed)
    tables = {name: pd.read_parquet(out / f"{name}.parquet") for name in TABLES}
    told = tables["leads"]
    gone = (told["origin"] == channel) & (told["created_at"] >= pd.Timestamp(silent_from, tz="UTC"))
    lost = set(told.loc[gone, "lead_id"]) - set(told.loc[~gone, "lead_id"])
    tables = {name: frame[~frame["lead_id"].isin(lost)] for name, frame in tables.items()}
    told = tables["leads"].copy()
    later = told["created_at"] >= pd.Timestamp(renamed_from, tz="UTC")
    told[renamed] = told[field].where(later)
    told[field] = told[field].where(~later)
    for name, frame in (tables | {"leads": told}).items():
        frame.reset_index(drop=True).to_parquet(out / f"{name}.parquet")
    text = (out / "recipe.toml").read_text()
    early = text.replace('history_end = "2026-01-01T00:00:00+00:00"', f'history_end = "{TRAINED_UNTIL}"')
    assert early != text
    (out / "then.toml").write_text(early)
    return out


def copied(company: Path, out: Path) -> Path:
    """Another folder with the same files."""
    return Path(shutil.copytree(company, out))
