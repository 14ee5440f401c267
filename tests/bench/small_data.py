"""What the ladder answers where a company has 20, 50, 100 or 200 conversions, beside each rung: companies.

`python -m tests.bench.small_data` measures what is missing in `small_data.csv` (half an hour on one core;
it may be stopped and goes on), `--rewrite` writes the table into docs/measured.md.

A company is a list of leads in the order of time with six to ten fields. By turns of its number it is one of
`WORLDS`: effects that add up, an effect of one field that another turns round, a field of many levels, and
nothing but noise. Its base rate is one of `RATES`. It learns from as many leads as bring the conversions
asked for, and 4,000 later leads of the same world judge. Rungs and choice come from the procedure of
`train`; `mean` is the mean of the margins of model and Bayes. `gap_low` and `gap_high` are what the ladder
decides by (model minus Bayes from an earlier origin), `surely_bayes` and so on the lower end of what that
answer loses to the best rung: from these any rule of the ladder can be judged without measuring again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from features import parse_recipe
from features.columns import Floats
from leadscore.terminal import say
from serving.calibration import log_odds
from serving.scorer import score
from tests.bench.gate_power import append_row
from tests.bench.quality_sets import ROOT
from tests.bench.quality_text import replace_section
from tests.bench.small_text import BEGIN, END, small_section
from training.calibration.fit import mean_interval
from training.choosing.choose import choose_settings
from training.choosing.ladder import LadderChoice
from training.choosing.rungs import bayes_rung, fit_rungs
from training.figures.reliability import log_losses_of_margins
from training.history.history import History, read_history
from training.history.split import SplitRows, forward_split
from training.packing.choices import Choices
from training.run.procedure import try_earlier
from training.run.summary import too_few

RESULTS = Path(__file__).parent / "small_data.csv"
PAGE = ROOT / "docs" / "measured.md"
COUNTS, COMPANIES, JUDGES = (20, 50, 100, 200), 200, 4_000
WORLDS, RATES = ("sums", "turns", "levels", "noise"), (0.05, 0.12, 0.25)
RUNGS, ANSWERS = ("base_rate", "rules", "bayes", "model", "mean"), ("rules", "bayes", "model", "mean")
COLUMNS = (
    "company",
    "world",
    "conversions",
    "leads",
    "learned",
    *RUNGS,
    "best",
    "gap_low",
    "gap_high",
    *(f"surely_{name}" for name in ANSWERS),
)

_RECIPE = """
[recipe]
name = "small"
[tables]
leads = "leads.csv"
[lead.fields]
{fields}
[outcomes]
column = "won"
won = ["1"]
lost = ["0"]
[snapshots]
at_days = [0]
[split]
test_share = {share:.9f}
"""


def small_company(folder: Path, company: int, conversions: int) -> History:
    """The history of a company whose leads before the test hold `conversions` wins, as near as they can."""
    rng = np.random.default_rng([12, company])
    world, rate = WORLDS[company % len(WORLDS)], RATES[company // len(WORLDS) % len(RATES)]
    frame, margin = _leads(world, int(400 / rate) + JUDGES, rng)
    frame["won"] = (rng.random(len(frame)) < expit(margin - _level(margin, rate))).astype(int)
    judges, before = frame.iloc[:JUDGES], frame.iloc[JUDGES:]
    n = int(np.searchsorted(before["won"].cumsum().to_numpy(), conversions)) + 1
    pd.concat([before.iloc[:n], judges]).to_csv(folder / "leads.csv", index=False)
    kinds = {
        name: "number" if frame[name].dtype.kind == "f" else "category" for name in frame if name != "won"
    }
    fields = "\n".join(f'{name} = {{ type = "{kind}" }}' for name, kind in kinds.items())
    share = (JUDGES - 0.5) / (n + JUDGES)
    return read_history(parse_recipe(_RECIPE.format(fields=fields, share=share)), folder)


def _leads(world: str, n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, Floats]:
    """Fields of `n` leads, and what they are worth in log-odds."""
    numbers, classes = rng.integers(3, 6), rng.integers(3, 6)
    frame, margin = pd.DataFrame(index=range(n)), np.zeros(n)
    for i in range(numbers):
        x = rng.normal(size=n)
        frame[f"n{i}"] = np.exp(x).round(3) if i % 2 else x.round(3)
        margin += x * rng.normal(0, 0.4) * (world != "noise")
    for i in range(classes):
        levels = 60 if world == "levels" and i == 0 else int(rng.integers(2, 8))
        which = rng.choice(levels, n, p=rng.dirichlet(np.full(levels, 2.0)))
        frame[f"c{i}"] = np.array([f"{i}-{level}" for level in range(levels)])[which]
        margin += rng.normal(0, 0.5, levels)[which] * (world != "noise")
    if world == "turns":
        side = frame["c0"].str[-1].astype(int).to_numpy() % 2
        margin += np.where(side == 1, 1.0, -1.0) * np.where(frame["n0"].to_numpy() > 0, 0.8, -0.8)
    return frame, margin


def _level(margin: Floats, rate: float) -> float:
    """What is taken from every margin so that `rate` of the leads convert, by bisection."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(margin - middle).mean() > rate else (low, middle)
    return low


def measure_small(company: int, conversions: int) -> dict[str, Any]:
    """One row of the table: log losses of the later leads, and what each answer loses to the best rung."""
    with TemporaryDirectory(prefix="leadscore-small-") as work:
        history = small_company(Path(work), company, conversions)
    split = forward_split(history.recipe, history.labelled.frame)
    row = {
        "company": company,
        "world": WORLDS[company % len(WORLDS)],
        "conversions": conversions,
        "leads": len(split.fit),
    }
    margins, ladder = _margins(history, split)
    y, clusters = history.labelled.y(split.test), history.labelled.clusters(split.test)
    losses = {name: log_losses_of_margins(y, margin) for name, margin in margins.items()}
    rungs = [name for name in losses if name in ("rules", "bayes", "model")]
    best = min(rungs, key=lambda name: float(losses[name].mean()))
    found: dict[str, Any] = {name: round(float(loss.mean()), 6) for name, loss in losses.items()}
    found |= {"learned": ladder is not None, "best": best}
    if ladder is not None:
        gaps = {name: mean_interval(losses[name] - losses[best], clusters, 0) for name in ANSWERS}
        found |= {"gap_low": ladder.low, "gap_high": ladder.high}
        found |= {f"surely_{name}": round(gap.low, 6) for name, gap in gaps.items()}
    return row | found


def _margins(history: History, split: SplitRows) -> tuple[dict[str, Floats], LadderChoice | None]:
    """Rung → log-odds of the test rows, and which of them the ladder lets answer (None: rules alone)."""
    labelled, rate = history.labelled, float(history.labelled.y(split.fit).mean())
    columns = labelled.at(split.test)
    found = {"base_rate": np.full(len(split.test), np.log(rate / (1 - rate)))}
    if too_few(history, split) is not None:
        return found | {"rules": found["base_rate"]}, None
    settings = choose_settings(history.recipe, history.excerpt(split.fit))
    choices, _ = try_earlier(history, split, Choices(settings, None), 1000)
    rungs = fit_rungs(history, split.fit, settings)
    rungs["bayes"] = bayes_rung(history, split.fit, choices.bayes)
    for name in ("rules", "bayes", "model"):
        found[name] = log_odds(score(rungs[name], columns))
    return found | {"mean": (found["model"] + found["bayes"]) / 2}, choices.ladder


def small_companies() -> Iterator[tuple[int, int]]:
    """(company, conversions) of all, mixed so that a part of them is a fair part."""
    for turn in range(len(COUNTS)):
        yield from ((one, COUNTS[(one // 12 + turn) % len(COUNTS)]) for one in range(COMPANIES))


def measure_small_missing(
    counts: Sequence[int], path: Path = RESULTS, tell: Callable[[str], None] = say
) -> None:
    """Measure every company that `path` does not hold at these `counts`, and append each as it is done."""
    known = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=["company", "conversions"])
    done = set(known[["company", "conversions"]].itertuples(index=False, name=None))
    for asked in small_companies():
        if asked in done or asked[1] not in counts:
            continue
        row = measure_small(*asked)
        tell(f"{asked}: {row['best']} is best")
        append_row(path, COLUMNS, row)


def main() -> None:
    """Measure what is missing, or write the table of docs/measured.md."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.small_data", description=__doc__)
    asked.add_argument("--rewrite", action="store_true", help="write the page again, measure nothing")
    asked.add_argument("--conversions", type=int, nargs="+", choices=COUNTS, default=COUNTS)
    told = asked.parse_args()
    if told.rewrite:
        replace_section(PAGE, small_section(pd.read_csv(RESULTS)), BEGIN, END)
    else:
        measure_small_missing(told.conversions)


if __name__ == "__main__":
    main()
