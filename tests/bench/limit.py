"""`python -m tests.bench limit`: how near the best possible prediction, on twenty simulated companies.

`python -m tests.bench.limit [--companies 20] [--leads 20000]` measures what is missing in `limit.csv` (about
two minutes of processor time a company of 20,000 leads; it may be stopped and goes on), `--rewrite` writes
the table of docs/results.md, `--cache` says where the features of each company are kept.

The limit is the true probability of each lead, which the simulator knows. A company is trained on as `train`
does: the same history, split, choice of settings on inner folds, and fit. What `train` does beside that is
left out, as it changes nothing in the model's margins: the variant without events, the rungs below, the
earlier origin, the report, and the second fit to the end of the history. `--settings-of 201` takes the
settings that the folds of that company chose (a quarter of the time); the table says so.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from features.columns import Floats
from leadscore.terminal import say
from serving.calibration import log_odds
from serving.scorer import score
from tests.bench.gate_power import append_row
from tests.bench.limit_company import company_of, settings_of
from tests.bench.limit_text import BEGIN, END, TARGETS, average, limit_section
from tests.bench.quality_sets import ROOT
from tests.bench.quality_text import replace_section
from tests.bench.rows import Row, at_least, at_most
from training.fitting import fit_model

RESULTS = Path(__file__).with_name("limit.csv")
PAGE = ROOT / "docs" / "results.md"
CACHE = Path(gettempdir()) / "leadscore-limit"
COMPANIES, FIRST, LEADS = 20, 201, 20_000
"""Seeds `FIRST` and on, chosen before they were run; nothing was chosen on them."""
COLUMNS = (
    "company", "leads", "n_fit", "n_test", "won", "auc", "auc_limit", "share", "share_low", "share_high",
    "loss", "loss_limit", "ratio", "ratio_low", "ratio_high", "kind", "settings", "seconds",
)  # fmt: skip


def run() -> list[Row]:
    """The means over the companies of 20,000 leads, measured where they are missing."""
    measure_limits(COMPANIES, LEADS)
    found = pd.read_csv(RESULTS)
    found = found[found["leads"] == LEADS]
    share, ratio = TARGETS[LEADS]
    return [
        at_least("share of the limit's AUC above one half", average(found["share"]).mean, "", share),
        at_most("log loss over the limit's", average(found["ratio"]).mean, "", ratio),
    ]


def measure_limits(
    companies: int,
    leads: int,
    cache: Path = CACHE,
    settings_of: int | None = None,
    path: Path = RESULTS,
    tell: Callable[[str], None] = say,
) -> None:
    """Measure every company that `path` does not hold, and append each as it is done; `settings_of`: with the
    settings that the folds of that company chose."""
    known = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=list(COLUMNS))
    done = set(known.loc[known["leads"] == leads, "company"])
    for seed in range(FIRST, FIRST + companies):
        if seed in done:
            continue
        with threadpool_limits(1):
            row = measure_limit(seed, leads, cache, settings_of or seed)
        tell(f"company {seed}: {row['share']:.1%} of the limit's AUC, log loss {row['ratio'] - 1:+.2%}")
        append_row(path, COLUMNS, row)


def measure_limit(seed: int, leads: int, cache: Path, chosen: int) -> dict[str, Any]:
    """One row of the table, by the settings of the company `chosen`."""
    company, started = company_of(seed, leads, cache), time.process_time()
    margin = margins_of(seed, leads, cache, chosen)
    spent = round(time.process_time() - started, 1)
    kind = settings_of(chosen, leads, cache).kind
    known = {"company": seed, "leads": leads, "kind": kind, "settings": chosen, "seconds": spent}
    counts = {"n_fit": len(company.split.fit), "n_test": len(margin), "won": int(company.y.sum())}
    figures = {name: round(figure, 6) for name, figure in company.against_limit(expit(margin)).items()}
    return known | counts | figures


def margins_of(seed: int, leads: int, cache: Path, chosen: int) -> Floats:
    """Log-odds of the test rows of a company, by the settings of the company `chosen`; kept in `cache`."""
    file = cache / f"margins-{seed}-{leads}.npy"
    if not file.exists():
        company = company_of(seed, leads, cache)
        settings = settings_of(chosen, leads, cache)
        excerpt = company.excerpt(activity=settings.activity)
        model = fit_model(excerpt, company.recipe.train, settings)
        np.save(file, log_odds(score(model, company.labelled.at(company.split.test))))
    return np.asarray(np.load(file), dtype=np.float64)


def main() -> None:
    """Measure what is missing, or write the table of docs/results.md."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.limit", description=__doc__)
    asked.add_argument("--companies", type=int, default=COMPANIES, help="how many")
    asked.add_argument("--leads", type=int, default=LEADS, help="leads of each")
    asked.add_argument("--cache", type=Path, default=CACHE, help="where features are kept")
    asked.add_argument("--settings-of", type=int, metavar="COMPANY", help="choose on its folds alone")
    asked.add_argument("--rewrite", action="store_true", help="write the page again, measure nothing")
    told = asked.parse_args()
    if not told.rewrite:
        measure_limits(told.companies, told.leads, told.cache, told.settings_of)
    replace_section(PAGE, limit_section(pd.read_csv(RESULTS)), BEGIN, END)


if __name__ == "__main__":
    main()
