"""Measured results as a committed table, one row a scorer and test; docs/results.md is written from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

RESULTS = Path(__file__).parent / "quality_results.csv"
LOOKS = Path(__file__).parent / "looks.csv"

FIGURES = (
    "auc", "average_precision", "log_loss", "brier", "ece", "slope", "observed_expected", "lift_10",
    "auc_within", "capacity_precision", "capacity_recall",
)  # fmt: skip
COMPARED = ("log_loss", "auc")
DIFFERENCES = tuple(f"{figure}_{part}" for figure in COMPARED for part in ("minus", "low", "high"))
"""leadscore minus this scorer, and the ends of the paired interval."""
SLOPE = ("slope_low", "slope_high")
"""The interval of the calibration slope; tests measured before it was kept have none."""
COLUMNS = ("data_set", "origin", "scorer", "note", "n_fit", "n_test", "won", *FIGURES, *SLOPE, *DIFFERENCES)
_WHERE = ["data_set", "origin"]


@dataclass(frozen=True)
class Look:
    """One look at a test: when, at which, and by which settings."""

    date: str
    data_set: str
    origin: str
    recipe: str
    settings: str


def read_results(path: Path = RESULTS) -> pd.DataFrame:
    """The table, with `COLUMNS`; empty where nothing was measured yet."""
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.read_csv(path, keep_default_na=True).reindex(columns=list(COLUMNS))


def keep_results(measured: pd.DataFrame, path: Path = RESULTS) -> pd.DataFrame:
    """Write `measured` in the place of what was known of the same tests; return the whole table.

    Numbers keep six significant digits: more are not reproduced from one machine to the next.
    """
    known = read_results(path)
    new = measured.set_index(_WHERE).index.unique()
    kept = known[~known.set_index(_WHERE).index.isin(new)]
    parts = [part for part in (kept, measured[list(COLUMNS)]) if len(part)]
    table = pd.concat(parts, ignore_index=True).sort_values(_WHERE, kind="stable")
    table.to_csv(path, index=False, float_format="%.6g")
    return read_results(path)


def read_looks(path: Path = LOOKS) -> pd.DataFrame:
    """Every look of the benchmark at a test: date, data_set, origin, recipe, settings (short hashes)."""
    if not path.exists():
        return pd.DataFrame(columns=list(Look.__annotations__))
    return pd.read_csv(path, dtype=str)


def log_look(look: Look, path: Path = LOOKS) -> None:
    """Append one look; nothing is ever taken out of the file."""
    row = pd.DataFrame([vars(look)])
    row.to_csv(path, mode="a", header=not path.exists(), index=False)
