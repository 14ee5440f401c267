"""`python -m tests.bench.value [--companies 8] [--leads 20000]`: are expected values right in sum, by tenth?

The companies of `tests.bench.limit`, with what its models say of each test row. Amounts are fitted on the
rows before the test. Test rows of a company are cut into tenths by their expected value; what was expected
and what came is summed over the companies, with a 95 % interval bootstrapped over the accounts of each.
`--rewrite` writes the table of docs/measured.md from `value.csv`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from features.columns import Floats
from leadscore.terminal import say
from tests.bench.limit import CACHE, FIRST, LEADS, margins_of
from tests.bench.limit_company import Company, company_of
from tests.bench.quality_sets import ROOT
from tests.bench.quality_text import replace_section
from tests.bench.value_text import BEGIN, END, value_section
from training.figures import Bootstrap, Interval
from training.outlook import amounts_of, fit_amount

RESULTS = Path(__file__).with_name("value.csv")
PAGE = ROOT / "docs" / "measured.md"
TENTHS, DRAWS = 10, 500


def main() -> None:
    """Measure, or write the table again."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.value", description=__doc__)
    asked.add_argument("--companies", type=int, default=8)
    asked.add_argument("--leads", type=int, default=LEADS)
    asked.add_argument("--cache", type=Path, default=CACHE, help="where features and margins are kept")
    asked.add_argument("--rewrite", action="store_true", help="write the page again, measure nothing")
    told = asked.parse_args()
    if not told.rewrite:
        seeds = range(FIRST, FIRST + told.companies)
        parts = [tenths_of(*_valued(seed, told.leads, told.cache)) for seed in seeds]
        table = summed(parts).assign(companies=told.companies, leads=told.leads)
        table.to_csv(RESULTS, index=False, lineterminator="\n", float_format="%.6g")
        say(table.to_string())
    replace_section(PAGE, value_section(pd.read_csv(RESULTS)), BEGIN, END)


def _valued(seed: int, leads: int, cache: Path) -> tuple[Company, Floats, Floats, Floats]:
    """(company, probability, expected amount, what came) of the test rows."""
    company = company_of(seed, leads, cache)
    test = company.split.test
    amount, known = fit_amount(company, company.split.fit), amounts_of(company, test)  # type: ignore[arg-type]
    assert amount is not None
    came = np.zeros(len(test))
    came[np.searchsorted(test, known.rows)] = known.counted
    p = expit(margins_of(seed, leads, cache, seed))
    return company, p, amount.expected(company.labelled.at(test))[0], came


def tenths_of(company: Company, p: Floats, amount: Floats, came: Floats) -> Floats:
    """Sums by tenth of the value, highest first, `(1 + DRAWS, TENTHS + 1, 3)`: rows that converted, expected,
    came; of all rows, then of each draw of accounts. The last but one axis ends with the best tenth by
    probability alone."""
    value = p * amount
    orders = [np.argsort(-rank, kind="stable") for rank in (value, p)]
    parts = [*np.array_split(orders[0], TENTHS), np.array_split(orders[1], TENTHS)[0]]
    drawn = Bootstrap(company.y, company.labelled.clusters(company.split.test), DRAWS, 0)
    sums = []
    for part in parts:
        inside = np.zeros(len(p))
        inside[part] = 1.0
        columns = [inside * column for column in (company.y, value, came)]
        sums += [len(p) * np.r_[column.mean(), drawn.means(column)] for column in columns]
    return np.stack(sums, axis=1).reshape(1 + DRAWS, TENTHS + 1, 3)


def summed(parts: list[Floats]) -> pd.DataFrame:
    """One row a tenth, all, and the best tenth by probability: sums over companies, came ÷ expected."""
    sums = np.sum(parts, axis=0)
    whole = sums[:, :TENTHS].sum(axis=1, keepdims=True)
    sums = np.concatenate([sums[:, :TENTHS], whole, sums[:, TENTHS:]], axis=1)
    names = [*(str(tenth + 1) for tenth in range(TENTHS)), "all", "best by probability"]
    ratio = sums[:, :, 2] / sums[:, :, 1]
    more = sums[:, 0, 2] / sums[:, -1, 2]
    rows = []
    for at, name in enumerate(names):
        ends = Interval.of(ratio[1:, at])
        won, expected, came = sums[0, at]
        rows.append((name, int(won), expected, came, ratio[0, at], ends.low, ends.high))
    ends = Interval.of(more[1:])
    rows.append(("by value over by probability", 0, np.nan, np.nan, more[0], ends.low, ends.high))
    return pd.DataFrame(rows, columns=["tenth", "won", "expected", "came", "ratio", "low", "high"])


if __name__ == "__main__":
    main()
