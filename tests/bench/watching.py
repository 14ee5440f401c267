"""What a monthly watch of simulated companies says before and after something broke.

    python -m tests.bench.watching 5 4000

Companies by seed; a channel breaks in month 20, a field is renamed in month 22. Inputs alone are watched.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from features.recipe import load_recipe
from features.tables import read_tables
from tests.made.broken import broken_company
from training.watch import DAYS, FALSE_ALARMS
from training.watch.found import judged
from training.watch.inputs import input_looks
from training.watch.names import new_names
from training.watch.periods import Periods


def alarms(folder: Path, leads: int, seed: int) -> Iterator[tuple[str, list[str]]]:
    """The first of each month and what is then said of the month before."""
    recipe = load_recipe(broken_company(folder, leads, seed) / "recipe.toml")
    tables = read_tables(recipe, folder)
    for day in pd.date_range("2024-06-01", "2026-01-01", freq="MS", tz="UTC"):
        periods = Periods.of(recipe, tables, int(day.value // 1000), DAYS)
        looks = judged(list(input_looks(periods, new_names(periods))), FALSE_ALARMS)
        yield f"{day:%Y-%m-%d}", [look.what for look in looks if look.alarm]


def main(companies: int, leads: int) -> None:
    """Print every alarm of `companies` companies."""
    for seed in range(21, 21 + companies):
        with TemporaryDirectory() as folder:
            for day, said in alarms(Path(folder), leads, seed):
                print(seed, day, "; ".join(said) or "quiet", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
