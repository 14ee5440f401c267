"""Folders of leads, accounts, sellers and events in which the tables beside the leads know some outcomes.

Names as in `leak_worlds`: drawn, and held back where their CRC is divided by three.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.made.joined_words import (
    ACCOUNT_INNOCENTS,
    ACCOUNT_LEAKS,
    KIND_INNOCENTS,
    KIND_LEAKS,
    SELLER_INNOCENTS,
    SELLER_LEAKS,
)
from tests.made.leak_worlds import is_held_back

JOINED_WORLDS = 12
_SELLERS = 24
_START = datetime(2024, 1, 1)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class JoinedWorld:
    """Files that were written: kind → column of the leaks and of the innocents; kinds of events of both."""

    files: tuple[Path, ...]
    leaks: dict[str, str]
    innocents: dict[str, str]
    kind_leaks: tuple[str, ...]
    kind_innocents: tuple[str, ...]


def make_joined_world(number: int, folder: Path, *, held: bool) -> JoinedWorld:
    """Writes world `number` of `JOINED_WORLDS` into `folder`."""
    rng = np.random.default_rng([7, number, held])
    leads = _Leads.drawn(rng, rows=int(rng.integers(1200, 3500)), rate=float(rng.uniform(0.08, 0.4)))
    taken: set[str] = set()
    names = [
        {kind: _drawn(rng, words, held, taken) for kind, words in group.items()}
        for group in (ACCOUNT_LEAKS, SELLER_LEAKS, ACCOUNT_INNOCENTS, SELLER_INNOCENTS)
    ]
    account_leaks, seller_leaks, account_innocents, seller_innocents = names
    bad, good = (_several(rng, words, held, 2) for words in (KIND_LEAKS, KIND_INNOCENTS))
    tables = {
        "leads": leads.list(),
        "accounts": leads.accounts(account_leaks, account_innocents),
        "sellers": leads.sellers(seller_leaks, seller_innocents),
        "events": leads.events(bad, good),
    }
    target = folder / f"joined_{number}_{'held' if held else 'seen'}"
    target.mkdir()
    for name, frame in tables.items():
        frame.to_csv(target / f"{name}.csv", index=False)
    return JoinedWorld(
        tuple(target / f"{name}.csv" for name in tables),
        account_leaks | seller_leaks,
        account_innocents | seller_innocents,
        bad,
        good,
    )


@dataclass(frozen=True)
class _Leads:
    """What is true of each lead; `ended` are the days from its creation to the end of its case."""

    rng: np.random.Generator
    margin: Floats
    won: NDArray[np.bool_]
    came: Floats
    ended: Floats
    account: NDArray[np.int64]
    seller: NDArray[np.int64]
    today: float = 500.0

    @classmethod
    def drawn(cls, rng: np.random.Generator, rows: int, rate: float) -> _Leads:
        margin, came = rng.normal(size=rows), np.sort(rng.uniform(0, 500, rows))
        ended = rng.gamma(3, 12, rows)
        odds = 1.1 * margin + np.log(rate / (1 - rate))
        won = (rng.random(rows) < 1 / (1 + np.exp(-odds))) & (came + ended < 500)
        accounts = rng.integers(0, int(0.8 * rows), rows)
        return cls(rng, margin, won, came, ended, accounts, rng.integers(0, _SELLERS, rows))

    def list(self) -> pd.DataFrame:
        """The leads' own table."""
        rng, rows = self.rng, len(self.won)
        return pd.DataFrame(
            {
                "Lead ID": [f"L-{row:06}" for row in range(rows)],
                "Created": [f"{_START + timedelta(days=day):%Y-%m-%d %H:%M}" for day in self.came],
                "Account ID": [f"A-{key:05}" for key in self.account],
                "Owner ID": [f"U-{key:03}" for key in self.seller],
                "Source": rng.choice(["Web", "Fair", "Ad", "Partner"], rows),
                "Wish": np.where(rng.random(rows) < 0.4 + 0.15 * (self.margin > 0), "soon", "later"),
                "Converted": np.where(self.won, "yes", "no"),
            }
        )

    def accounts(self, leaks: Mapping[str, str], innocents: Mapping[str, str]) -> pd.DataFrame:
        """One row an account, as it is on the day of the export."""
        rng = self.rng
        keys, first = np.unique(self.account, return_index=True)
        margin = self.margin[first]
        wins = np.bincount(self.account, weights=self.won, minlength=keys.max() + 1)[keys]
        before = rng.random(len(keys)) < 0.03
        customer = (wins > 0) | before
        ages = self.today - self.came[first]
        worked = np.minimum(ages / self.ended[first], 1) * np.where(customer, 1.6, 1.0)
        touched = self.came[first] + np.minimum(self.ended[first] * worked, ages)
        cells: dict[str, object] = {
            "customer mark": np.where(customer & (rng.random(len(keys)) < 0.97), "Customer", "Prospect"),
            "customer number": np.where(
                customer & (rng.random(len(keys)) < 0.9), [f"C{70_000 + key}" for key in keys], ""
            ),
            "business done": rng.poisson(0.04 + 1.3 * wins + 0.8 * before),
            "last contact": [f"{_START + timedelta(days=float(day)):%Y-%m-%d}" for day in touched],
            "contacts so far": rng.poisson(3.0 * worked),
            "size": np.maximum(1, np.round(np.exp(3.5 + 0.3 * margin + rng.normal(size=len(keys))))),
            "revenue": np.round(np.exp(13 + 0.3 * margin + rng.normal(size=len(keys))), -3),
            "industry": rng.choice(["Retail", "Health", "Energy", "IT"], len(keys)),
            "country": rng.choice(["FR", "DE", "ES", "IT"], len(keys), p=[0.5, 0.3, 0.1, 0.1]),
            "founded": rng.integers(1950, 2022, len(keys)),
            "outside rating": np.round(600 + 40 * margin + 60 * rng.normal(size=len(keys))),
        }
        named = {name: cells[kind] for kind, name in {**leaks, **innocents}.items()}
        order = rng.permutation(list(named))
        return pd.DataFrame(
            {"Account ID": [f"A-{key:05}" for key in keys]} | {name: named[name] for name in order}
        )

    def sellers(self, leaks: Mapping[str, str], innocents: Mapping[str, str]) -> pd.DataFrame:
        """One row a seller; what he won counts the very leads that are to be scored."""
        rng = self.rng
        leads = np.bincount(self.seller, minlength=_SELLERS)
        wins = np.bincount(self.seller, weights=self.won, minlength=_SELLERS)
        rate = next(iter(leaks.values())).lower()
        share = any(word in rate for word in ("rate", "taux", "quote", "attain", "atteinte", "ziel"))
        frame = pd.DataFrame({"Owner ID": [f"U-{key:03}" for key in range(_SELLERS)]})
        frame[leaks["wins of the seller"]] = np.round(100 * wins / leads, 1) if share else wins.astype(int)
        frame[innocents["team"]] = rng.choice(["North", "South", "East"], _SELLERS)
        frame[innocents["seniority"]] = rng.integers(1, 20, _SELLERS)
        return frame

    def events(self, bad: tuple[str, ...], good: tuple[str, ...]) -> pd.DataFrame:
        """What leads did, and what was done once they had agreed, logged some days before the win."""
        rng, rows = self.rng, len(self.won)
        parts = []
        for kind in good:
            for _ in range(3):
                does = rng.random(rows) < 0.15 + 0.2 * (self.margin > 0.5)
                parts.append(self._at(kind, does, rng.uniform(0, 0.95, rows) * self.ended))
        for kind in bad:
            does = self.won & (rng.random(rows) < rng.uniform(0.3, 0.8))
            parts.append(self._at(kind, does, np.maximum(self.ended - rng.uniform(0, 6, rows), 0.01)))
        found = pd.concat(parts).sort_values("Date", ignore_index=True)
        return found

    def _at(self, kind: str, does: NDArray[np.bool_], days: Floats) -> pd.DataFrame:
        does = does & (self.came + days < self.today)
        when = [f"{_START + timedelta(days=day):%Y-%m-%d %H:%M}" for day in (self.came + days)[does]]
        return pd.DataFrame(
            {"Lead ID": [f"L-{row:06}" for row in np.flatnonzero(does)], "Date": when, "Activity": kind}
        )


def _drawn(rng: np.random.Generator, names: str, held: bool, taken: set[str]) -> str:
    able = [name for name in names.split("|") if is_held_back(name) == held and name not in taken]
    taken.add(name := str(rng.choice(able)))
    return name


def _several(rng: np.random.Generator, names: str, held: bool, count: int) -> tuple[str, ...]:
    able = [name for name in names.split("|") if is_held_back(name) == held]
    return tuple(str(name) for name in rng.choice(able, count, replace=False))
