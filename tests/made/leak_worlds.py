"""Tables whose columns were known at a time that is known: some with the lead, some only when it ended.

Each world is one list of leads, dated or not, with every kind of leak and of innocent once, under names
drawn from `leak_words`. Names whose CRC three divides are held back: worlds of them were not looked at
while the rules were written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.made.leak_words import INNOCENTS, LEAKS

WORLDS = 12
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LeakWorld:
    """A list of leads that was written: kind → column of the leaks and of the innocents in it."""

    file: Path
    leaks: dict[str, str]
    innocents: dict[str, str]


def is_held_back(name: str) -> bool:
    """Whether a column's name is one that no rule has seen."""
    return crc32(name.encode()) % 3 == 0


def make_leak_world(number: int, folder: Path, *, held: bool, speaking: bool = True) -> LeakWorld:
    """Writes world `number` of `WORLDS`; without `speaking` no column has a name that says anything."""
    rng = np.random.default_rng([number, held])
    rows, rate, dated = int(rng.integers(900, 5000)), float(rng.uniform(0.08, 0.5)), number % 3 != 2
    leads = _Leads.drawn(rng, rows, rate, dated=dated)
    leaks = {kind: _drawn(rng, names, held) for kind, names in LEAKS.items()}
    innocents = {kind: _drawn(rng, names, held) for kind, names in INNOCENTS.items()}
    if not speaking:
        leaks = {kind: f"k{place}" for place, kind in enumerate(leaks, 10)}
        innocents = {kind: f"k{place}" for place, kind in enumerate(innocents, 50)}
    if not dated:
        innocents = {
            kind: name for kind, name in innocents.items() if kind not in ("deadline", "earlier date")
        }
    columns = {name: _leak(leads, kind) for kind, name in leaks.items()}
    columns |= {name: _innocent(leads, kind) for kind, name in innocents.items()}
    frame = pd.DataFrame({"Lead ID": [f"Q-{key}" for key in rng.permutation(rows) * 7 + 10_000]})
    if dated:
        frame["Created"] = [f"{moment:%Y-%m-%d %H:%M}" for moment in leads.created]
    for name in rng.permutation(list(columns)):
        frame[name] = columns[name]
    frame["Converted"] = np.where(leads.won, "yes", "no")
    file = folder / f"world_{number}_{'held' if held else 'seen'}.csv"
    frame.to_csv(file, index=False)
    return LeakWorld(file, leaks, innocents)


@dataclass(frozen=True)
class _Leads:
    """What is true of each lead: its inclination, its end, when it came, the share of its case that is over.

    Where they are dated, the export was made on a day on which the newest were open still.
    """

    rng: np.random.Generator
    margin: Floats
    won: NDArray[np.bool_]
    created: list[datetime]
    lived: Floats

    @classmethod
    def drawn(cls, rng: np.random.Generator, rows: int, rate: float, *, dated: bool) -> _Leads:
        margin = rng.normal(size=rows)
        lift = np.log(rate / (1 - rate))
        days = np.sort(rng.uniform(0, 500, rows))
        lived = np.clip((500 - days) / rng.gamma(3, 12, rows), 0, 1) if dated else np.ones(rows)
        won = (rng.random(rows) < 1 / (1 + np.exp(-(1.1 * margin + lift)))) & (lived == 1)
        return cls(
            rng, margin, won, [datetime(2024, 1, 1) + timedelta(days=float(day)) for day in days], lived
        )

    def days_after(self, days: Floats) -> list[str]:
        """Dates so many days after creation, NaN as an empty cell."""
        return [
            "" if np.isnan(day) else f"{moment + timedelta(days=float(day)):%Y-%m-%d}"
            for moment, day in zip(self.created, days, strict=True)
        ]


def _drawn(rng: np.random.Generator, names: str, held: bool) -> str:
    able = [name for name in names.split("|") if is_held_back(name) == held]
    return str(rng.choice(able))


def _leak(leads: _Leads, kind: str) -> object:
    """Cells that knew the end, in the strength that such columns have in exports."""
    rng, won, rows, lived = leads.rng, leads.won, len(leads.won), leads.lived
    over = lived == 1
    match kind:
        case "duration":
            return np.where(over, np.round(rng.gamma(2, np.where(won, 14, 22)), 0), np.nan)
        case "changes":
            return rng.poisson(lived * np.where(won, 4.0, 2.6))
        case "shares":
            return np.where(over, np.round(rng.beta(np.where(won, 2.6, 2.0), 3, rows), 3), np.nan)
        case "until arrival":
            return rng.poisson(lived * np.where(won, 0.45, 0.2))
        case "ratings":
            opinion = 0.7 * leads.margin + 0.9 * won + rng.normal(size=rows)
            grades = np.select([opinion > 1.2, opinion > 0.2], ["High", "Might be"], "Low")
            return np.where(rng.random(rows) < lived * np.where(won, 0.58, 0.46), grades, "")
        case "last activity":
            kinds = np.array(["Email opened", "Page visited", "SMS sent", "Call held", "Bounced"])
            odds = np.where(won[:, None], [0.25, 0.2, 0.25, 0.25, 0.05], [0.3, 0.3, 0.14, 0.11, 0.15])
            return kinds[(rng.random(rows)[:, None] > odds.cumsum(1)).sum(1).clip(0, 4)]
    # "other outcome": some of the won leads have it, and hardly another.
    return np.where(won & (rng.random(rows) < rng.uniform(0.12, 0.3)), "Y", "N")


def _innocent(leads: _Leads, kind: str) -> object:
    """Cells that were there when the lead came, some of which say something."""
    rng, rows = leads.rng, len(leads.won)
    match kind:
        case "deadline":
            return leads.days_after(np.round(rng.gamma(3, np.where(leads.margin > 0, 12, 18))))
        case "title":
            return rng.choice(["Dr", "Mr", "Ms", "Prof"], rows, p=[0.1, 0.45, 0.4, 0.05])
        case "earlier date":
            return leads.days_after(-np.round(rng.uniform(300, 15_000, rows)))
        case "wish":
            return np.maximum(1, np.round(np.exp(2 + 0.4 * leads.margin + rng.normal(size=rows)), 0))
        case "outside rating":
            return np.round(600 + 40 * leads.margin + 60 * rng.normal(size=rows))
        case "source":
            return np.where(
                rng.random(rows) < 0.3 + 0.1 * (leads.margin > 0), "Web", rng.choice(["Fair", "Ad"], rows)
            )
    # "optional": those who are inclined fill in more.
    asked = rng.choice(["one", "two", "three"], rows)
    return np.where(rng.random(rows) < 0.55 + 0.08 * (leads.margin > 0), asked, "")
