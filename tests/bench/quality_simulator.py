"""How near the best possible prediction: the default training on simulated companies whose limit is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

import data
from features import load_recipe
from tests.bench.quality_run import tabulate
from training import train

NAME = "simulator"
SEEDS = (11, 12, 13)
"""Chosen before they were run; no setting was ever chosen on them."""
LEADS = 45_000
"""Enough for 50,000 test snapshots a company; `--leads 80000` is about what a run uses whole."""
AUC_SHARE, LOSS_RATIO = 0.97, 1.01
"""To reach: this share of the limit's AUC above one half, at most this times the limit's log loss."""


def measure_seed(seed: int, leads: int, say: Callable[[str], None]) -> pd.DataFrame:
    """Simulate a company, train on it, and compare with its true probabilities on the same test rows.

    Raises:
        AssertionError: the simulator gave no true probabilities, or nothing was learned.
    """
    with TemporaryDirectory(prefix="leadscore-simulator-") as work:
        folder = Path(work)
        say(f"{NAME}, seed {seed}: {leads:,} leads")
        data.simulate(folder, leads, seed)
        recipe = load_recipe(folder / "recipe.toml")
        limit = data.known_limit(folder, recipe.recipe.horizon_days)
        assert limit is not None, "the simulated folder holds no truth"
        run = train(recipe, folder, tracking=False, limit=limit, out=folder / "artefacts", progress=say)
    assert run.evidence is not None, f"nothing was learned: {run.verdict}"
    table = tabulate(run.evidence, {}, int(run.summary.n_train))
    return table.assign(data_set=NAME, origin=f"seed {seed}, {leads:,} leads")


def simulator_block(results: pd.DataFrame) -> str:
    """The Markdown of all measured seeds; empty where none was."""
    found = results[results["data_set"] == NAME]
    if not len(found):
        return ""
    lines = [
        "### Simulated companies: how near the best possible prediction",
        "",
        "The simulator knows each lead's true probability of converting, which no model can beat. To reach: "
        f"{AUC_SHARE:.0%} of its AUC above one half, and log loss within {LOSS_RATIO - 1:.0%}. The truth "
        "knows the calendar that winning follows too, which a history of two years cannot teach; the rest "
        "is the noise of outcomes, and falls with their number.",
        "",
        "| company | test snapshots | AUC | AUC of the truth | reached | log loss | of the truth | more |",
        "|---|---|---|---|---|---|---|---|",
        *(_seed_line(str(origin), rows) for origin, rows in found.groupby("origin")),
    ]
    return "\n".join(lines)


def reached(rows: pd.DataFrame) -> tuple[float, float]:
    """(share of the limit's AUC above one half, log loss over the limit's) of one company's rows."""
    by_name = rows.set_index("scorer")
    above = by_name["auc"].astype(float) - 0.5
    loss = by_name["log_loss"].astype(float)
    return float(above["model"] / above["limit"]), float(loss["model"] / loss["limit"])


def _seed_line(origin: str, rows: pd.DataFrame) -> str:
    model, limit = (rows[rows["scorer"] == name].iloc[0] for name in ("model", "limit"))
    share, ratio = reached(rows)
    marks = ["" if share >= AUC_SHARE else " (missed)", "" if ratio <= LOSS_RATIO else " (missed)"]
    cells = (
        origin,
        f"{int(model['n_test']):,}",
        f"{model['auc']:.4f}",
        f"{limit['auc']:.4f}",
        f"{share:.1%}{marks[0]}",
        f"{model['log_loss']:.4f}",
        f"{limit['log_loss']:.4f}",
        f"{ratio - 1:+.2%}{marks[1]}".replace("-", "−"),
    )
    return "| " + " | ".join(cells) + " |"
