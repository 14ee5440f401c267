"""Lists from which little can be learned, or which changed at their end: a sentence says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import load_recipe
from features.discovery import Discovery, discover
from training import train
from training.history.history import read_history
from training.history.split import forward_split
from training.run.oddities import oddities


def listed(folder: Path, frame: pd.DataFrame, **options: str) -> Discovery:
    """What `init` finds, with its recipe written beside the list."""
    frame.to_csv(folder / "list.csv", index=False)
    discovery = discover([folder / "list.csv"], folder=folder, **options)
    (folder / "recipe.toml").write_text(discovery.recipe_toml, encoding="utf-8")
    return discovery


def said(folder: Path) -> list[str]:
    history = read_history(load_recipe(folder / "recipe.toml"), folder)
    return oddities(history, forward_split(history.recipe, history.labelled.frame))


def dated(n: int, seed: int = 0, days: int = 700) -> tuple[pd.DataFrame, np.random.Generator]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": [f"k{i}" for i in range(n)],
            "created": pd.date_range("2023-01-01", periods=n, freq=f"{days * 1440 // n}min").astype(str),
            "source": rng.choice(["web", "fair", "call", "partner"], n),
            "size": rng.lognormal(3, 1, n).round(1),
        }
    )
    return frame, rng


def wide(n: int, columns: int, rate: float, seed: int) -> pd.DataFrame:
    """Columns that have nothing to do with the outcome."""
    rng = np.random.default_rng(seed)
    noise = {
        f"x{i}": rng.normal(size=n).round(2) if i % 2 else rng.choice(list("abcd"), n) for i in range(columns)
    }
    return pd.DataFrame(
        {"id": [f"k{i}" for i in range(n)], **noise, "won": (rng.random(n) < rate).astype(int)}
    )


def test_a_base_rate_that_triples_in_the_last_month_is_said(tmp_path):
    frame, rng = dated(3000)
    last = np.arange(3000) > 3000 * (1 - 30 / 700)
    frame["won"] = (rng.random(3000) < np.where(last, 0.36, 0.12)).astype(int)
    listed(tmp_path, frame)
    text = (tmp_path / "recipe.toml").read_text()
    (tmp_path / "recipe.toml").write_text(text.replace("[outcomes]\n", "[outcomes]\nat_once = true\n"))
    (found,) = said(tmp_path)
    assert "newest 30 days" in found
    assert "too low where that lasts" in found


def test_a_steady_base_rate_is_no_news(tmp_path):
    for seed in range(5):
        frame, rng = dated(1500, seed)
        listed(tmp_path, frame.assign(won=(rng.random(1500) < 0.12).astype(int)))
        assert said(tmp_path) == []


def test_a_group_with_all_the_conversions_is_said(tmp_path):
    frame, rng = dated(2000)
    frame["won"] = ((frame["source"] == "partner") & (rng.random(2000) < 0.5)).astype(int)
    discovery = listed(tmp_path, frame)
    (suspect,) = discovery.suspects
    assert suspect.column == "source"
    assert "all that were won have one of its values, of all leads 2" in suspect.reason
    text = (tmp_path / "recipe.toml").read_text().replace("use = false", "use = true")
    (tmp_path / "recipe.toml").write_text(text)
    (found,) = said(tmp_path)
    assert "have one value of 'source'" in found
    assert "partner" not in found, "no value of a lead"


def test_a_column_with_one_level_per_row_is_no_field(tmp_path):
    frame, rng = dated(1500)
    frame["handle"] = [f"h{i * 7919 % 100003}" for i in range(1500)]
    frame["won"] = (rng.random(1500) < 0.1 + 0.1 * (frame["source"] == "web")).astype(int)
    discovery = listed(tmp_path, frame)
    finding = next(finding for finding in discovery.findings if finding.column == "handle")
    assert finding.remark == "not used: all values differ"
    assert "handle" not in load_recipe(tmp_path / "recipe.toml").lead.fields


@pytest.mark.slow
def test_declared_all_the_same_a_level_per_row_does_no_harm(tmp_path):
    frame, rng = dated(1500)
    frame["won"] = (rng.random(1500) < 0.1 + 0.3 * (frame["source"] == "web")).astype(int)
    listed(tmp_path, frame)
    recipe = (tmp_path / "recipe.toml").read_text()
    field = 'row = { type = "category", column = "id" }\n'
    (tmp_path / "recipe.toml").write_text(recipe.replace("[lead.fields]\n", f"[lead.fields]\n{field}"))
    run = train(load_recipe(tmp_path / "recipe.toml"), tmp_path, tracking=False, out=tmp_path / "out")
    assert run.summary.row("model").log_loss < run.summary.row("base_rate").log_loss


@pytest.mark.slow
def test_a_hundred_columns_of_noise_are_told_to_hold_nothing(tmp_path):
    listed(tmp_path, wide(1000, 100, 0.15, 0))
    run = train(load_recipe(tmp_path / "recipe.toml"), tmp_path, tracking=False, out=tmp_path / "out")
    assert run.verdict == "nothing_to_learn"
    assert "not below that of the base rate beyond the interval" in run.summary.reasons[0]


@pytest.mark.slow
def test_sixty_conversions_and_three_hundred_columns_are_too_few_and_too_many(tmp_path):
    listed(tmp_path, wide(600, 300, 0.1, 1))
    run = train(load_recipe(tmp_path / "recipe.toml"), tmp_path, tracking=False, out=tmp_path / "out")
    assert run.verdict != "promote"
    assert any("so few cannot tell so many apart" in warning for warning in run.summary.warnings)
    model, base = (run.summary.row(name).log_loss for name in ("model", "base_rate"))
    assert model < base + 0.02, "a line or a rung that is held back, not three hundred slopes"
