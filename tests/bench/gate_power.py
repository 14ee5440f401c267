"""How often the gate promotes noise, and how often a model that knows something: companies, not rows.

`python -m tests.bench.gate_power` measures what is missing in `gate_power.csv` (some hours on one core; it
may be stopped and goes on), `--rewrite` writes the table into docs/measured.md.

A noise company has 1,500 leads with fields and events, and outcomes that are independent of all of them: a
lead is won and lost with constant hazards, so that neither its age nor the date tells anything either. Their
conversions within the horizon are `NOISE_RATES` in turn. The other companies are the simulator's. Nothing
was chosen on any of them: the rule of `training.run.pooled` and `training.judging.gate`
was written before they were run.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

import data
from features import Recipe, load_recipe, parse_recipe
from leadscore.terminal import say
from tests.bench.gate_text import BEGIN, END, section
from tests.bench.quality_sets import ROOT
from tests.bench.quality_text import replace_section
from training.choosing.choose import choose_settings
from training.history.history import History, read_history
from training.history.split import forward_split
from training.judging.evidence import Evidence, gather
from training.judging.gate import Judgement, judge
from training.packing.choices import Choices
from training.packing.pack import pack
from training.run.make import predict_all
from training.run.pooled import pool
from training.run.procedure import try_earlier
from training.run.summary import too_few

RESULTS = Path(__file__).parent / "gate_power.csv"
PAGE = ROOT / "docs" / "measured.md"
NOISE, SIMULATED = "noise", "simulated"
NOISE_LEADS, NOISE_COMPANIES = 1_500, 200
NOISE_RATES = (0.06, 0.12, 0.24)
SIZES, COMPANIES = (300, 1_000, 3_000), 20
COLUMNS = (
    "kind", "leads", "seed", "verdict", "newest_alone", "before", "won_rows", "won_leads", "pooled_won_leads",
    "difference", "low", "high", "failed",
)  # fmt: skip
_BEFORE_ROWS = 100
"""Converted rows that the gate asked for before it counted leads."""

_RECIPE = """
[recipe]
name = "noise"
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
size = { type = "number", means = "size" }
industry = { type = "category", means = "industry" }
origin = { type = "category", means = "origin" }
country = { type = "category" }
[events.kinds]
visit = "interest"
download = "interest"
demo_request = "intent"
[split]
history_end = "2025-01-01"
"""


def noise_company(folder: Path, leads: int, seed: int) -> Recipe:
    """Write a company of which nothing can be learned but its rate of conversion."""
    rng = np.random.default_rng([1, seed])
    recipe, days = parse_recipe(_RECIPE), 731
    created = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, days, leads)), "D")
    ids = np.array([f"lead-{i}" for i in range(leads)])
    frame = pd.DataFrame({"lead_id": ids, "created_at": created, "size": rng.lognormal(3, 1, leads).round(1)})
    for name, levels in (("industry", 6), ("origin", 4), ("country", 5)):
        frame[name] = [f"{name}-{level}" for level in rng.integers(0, levels, leads)]
    frame.to_csv(folder / "leads.csv", index=False)
    who = np.repeat(np.arange(leads), rng.poisson(rng.lognormal(0.7, 0.8, leads)))
    at = created[who] + pd.to_timedelta(rng.exponential(20, len(who)), "D")
    kind = rng.choice(["visit", "download", "demo_request"], len(who), p=[0.7, 0.2, 0.1])
    events = pd.DataFrame({"lead_id": ids[who], "occurred_at": at, "kind": kind})
    events.to_csv(folder / "events.csv", index=False)
    _outcomes(ids, created, recipe.recipe.horizon_days, NOISE_RATES[seed % len(NOISE_RATES)], rng).to_csv(
        folder / "outcomes.csv", index=False
    )
    return recipe


def _outcomes(
    ids: np.ndarray, created: pd.DatetimeIndex, horizon: float, rate: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Won or lost after a waiting time without memory; `rate` of the open leads are won within a horizon."""
    lost_a_day = 1 / 90
    won_a_day = _hazard(rate, horizon, lost_a_day)
    wait = rng.exponential(1 / (won_a_day + lost_a_day), len(ids))
    won = rng.random(len(ids)) < won_a_day / (won_a_day + lost_a_day)
    at = created + pd.to_timedelta(wait, "D")
    found = pd.DataFrame({"lead_id": ids, "stage": np.where(won, "won", "lost"), "occurred_at": at})
    return found[at < pd.Timestamp("2025-01-01")]


def _hazard(rate: float, horizon: float, lost: float) -> float:
    """The hazard w with w / (w + lost) × (1 − exp(−(w + lost) × horizon)) = rate, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        reached = middle / (middle + lost) * (1 - np.exp(-(middle + lost) * horizon))
        low, high = (middle, high) if reached < rate else (low, middle)
    return low


def simulated_company(folder: Path, leads: int, seed: int) -> Recipe:
    """Write one of the simulator's companies."""
    data.simulate(folder, leads, seed)
    return load_recipe(folder / "recipe.toml")


def measure(kind: str, leads: int, seed: int) -> dict[str, Any]:
    """One company's row of the table."""
    write = noise_company if kind == NOISE else simulated_company
    with TemporaryDirectory(prefix="leadscore-gate-") as work:
        recipe = write(Path(work), leads, seed)
        return {"kind": kind, "leads": leads, "seed": seed} | _judged(recipe, Path(work))


def _judged(recipe: Recipe, folder: Path) -> dict[str, Any]:
    history = read_history(recipe, folder)
    evidence = evidence_of(history, folder / "judged")
    if evidence is None:
        return {
            "verdict": "nothing_to_learn",
            "newest_alone": "nothing_to_learn",
            "before": "nothing_to_learn",
        }
    alone = judge(evidence.model_copy(update={"pooled": None}), recipe.gate)
    found = judge(evidence, recipe.gate)
    gain = evidence.gain(found.incumbent)
    return {
        "verdict": found.verdict,
        "newest_alone": alone.verdict,
        "before": _before(evidence, alone),
        "won_rows": evidence.won,
        "won_leads": evidence.won_leads,
        "pooled_won_leads": evidence.pooled.won_leads if evidence.pooled else None,
        "difference": gain and gain.difference,
        "low": gain and gain.low,
        "high": gain and gain.high,
        "failed": "; ".join(check.name for check in found.checks if not check.passed),
    }


def evidence_of(history: History, folder: Path) -> Evidence | None:
    """What the gate reads, and no more: no record, no report, no variant without events, no second fit."""
    recipe, labelled = history.recipe, history.labelled
    split = forward_split(recipe, labelled.frame)
    if too_few(history, split) is not None:
        return None
    draws = max(recipe.gate.draws, 1000)
    settings = choose_settings(recipe, history.excerpt(split.fit))
    choices, _ = try_earlier(history, split, Choices(settings, None), draws)
    probabilities = predict_all(history, split, choices, pack(history, choices, split.fit, folder), None)
    evidence = gather(recipe, labelled, split.test, probabilities, draws, fit=split.fit)
    return evidence.model_copy(update={"pooled": pool(history, split, probabilities, draws)})


def _before(evidence: Evidence, alone: Judgement) -> str:
    """The verdict of the former gate: rows counted as conversions, no gain over the base rate asked for."""
    if alone.verdict == "nothing_to_learn":
        return alone.verdict
    new = {"min_positives", "gain over base_rate"} - {f"gain over {alone.incumbent}"}
    kept = all(check.passed for check in alone.checks if check.name not in new)
    return "promote" if kept and evidence.won >= _BEFORE_ROWS else "refuse"


def companies() -> Iterator[tuple[str, int, int]]:
    """(kind, leads, seed) of all, mixed so that a part of them is a fair part."""
    share = NOISE_COMPANIES // COMPANIES
    for seed in range(COMPANIES):
        yield from ((NOISE, NOISE_LEADS, seed * share + i) for i in range(share))
        yield from ((SIMULATED, leads, 100 + seed) for leads in SIZES)


def read_results(path: Path = RESULTS) -> pd.DataFrame:
    """What was measured, one row a company."""
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=list(COLUMNS))


def measure_missing(path: Path = RESULTS, tell: Callable[[str], None] = say) -> None:
    """Measure every company that `path` does not hold, and append each as it is done."""
    known = set(read_results(path)[["kind", "leads", "seed"]].itertuples(index=False, name=None))
    for company in companies():
        if company in known:
            continue
        row = measure(*company)
        tell(f"{company}: {row['verdict']}")
        append_row(path, COLUMNS, row)


def append_row(path: Path, columns: Sequence[str], row: Mapping[str, Any]) -> None:
    """One more row of a table that grows as companies are measured; its head, where there is no table yet."""
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        if new:
            writer.writeheader()
        writer.writerow(row)


def main() -> None:
    """Measure what is missing, or write the table of docs/measured.md."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.gate_power", description=__doc__)
    asked.add_argument("--out", type=Path, default=RESULTS, help="the table to go on with")
    asked.add_argument("--rewrite", action="store_true", help="write the page again, measure nothing")
    told = asked.parse_args()
    if told.rewrite:
        replace_section(PAGE, section(read_results(told.out)), BEGIN, END)
    else:
        measure_missing(told.out)


if __name__ == "__main__":
    main()
