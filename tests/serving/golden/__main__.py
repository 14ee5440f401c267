"""Write what the thirty leads are told; with --anew also the company, its artefact and the leads."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

import data
from features import load_recipe
from features.language import LANGUAGES
from tests.serving.golden import FOLDER, golden, told
from training.choosing.choose import choose_settings
from training.history.history import read_history
from training.history.segments import without_events
from training.packing.choices import Choices
from training.packing.pack import pack

LEADS, SEED, SHOWN, UNTOLD = 6000, 3, 30, 6
"""Leads simulated, leads shown, and of which one in so many is asked about without its events."""


def main() -> None:
    """Write every file that is asked for."""
    if "--anew" in sys.argv[1:]:
        with TemporaryDirectory() as folder:
            _write(Path(folder))
    for language in LANGUAGES:
        golden(language).write_text(told(language), encoding="utf-8")


def _write(folder: Path) -> None:
    """The artefact of a simulated company and the requests of leads that are open at its end."""
    data.simulate(folder, LEADS, SEED)
    recipe = load_recipe(folder / "recipe.toml")
    recipe = recipe.model_copy(update={"train": recipe.train.model_copy(update={"bag": 1, "rounds": 300})})
    history = read_history(recipe, folder)
    rows = np.arange(len(history.labelled.frame))
    plain = without_events(history)
    assert plain is not None
    chosen = [choose_settings(recipe, one.excerpt(rows)) for one in (history, plain)]
    pack(history, Choices(*chosen), rows, FOLDER / "model")
    requests = _requests(folder, list(recipe.lead.fields), history.end_us)
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in requests)
    (FOLDER / "leads.jsonl").write_text(text, encoding="utf-8")


def _requests(folder: Path, fields: list[str], end_us: int) -> list[dict[str, Any]]:
    """Thirty leads without an outcome, as evenly over their creation as there is room for."""
    end = pd.Timestamp(end_us, unit="us", tz="UTC")
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("leads", "events", "outcomes")}
    ended = tables["outcomes"][tables["outcomes"]["stage"].isin(["won", "lost"])]["lead_id"]
    frame = tables["leads"].drop_duplicates("lead_id")
    frame = frame[~frame["lead_id"].isin(ended) & (frame["created_at"] < end)].sort_values("created_at")
    kept = frame.iloc[np.linspace(0, len(frame) - 1, SHOWN).astype(int)]
    events = tables["events"].drop_duplicates("event_id")
    return [
        _request(row, events[events["lead_id"] == row["lead_id"]], fields, end, place % UNTOLD == UNTOLD - 1)
        for place, (_, row) in enumerate(kept.iterrows())
    ]


def _request(
    row: pd.Series[Any], events: pd.DataFrame, fields: list[str], end: pd.Timestamp, untold: bool
) -> dict[str, Any]:
    known = events[events["ingested_at"] <= end].sort_values("occurred_at")
    happened = [
        {"kind": kind, "occurred_at": at.isoformat()}
        for kind, at in zip(known["kind"], known["occurred_at"], strict=True)
    ]
    values = {name: row[name] for name in fields if not pd.isna(row[name])}
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in values.items()}
    return {
        "lead_id": row["lead_id"],
        "as_of": end.isoformat(),
        "created_at": row["created_at"].isoformat(),
        "fields": plain,
    } | ({} if untold else {"events": happened})


if __name__ == "__main__":
    main()
