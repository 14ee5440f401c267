"""Folders of exports whose truth is known: which file holds the leads, the outcome, the id, what joins it.

Each kind is a way in which a folder was misread once; each comes in four dialects. Those whose name has a
CRC that three divides are held back: the rule was fixed before the first was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from tests.made.folder_more import MORE
from tests.made.folder_words import DIALECTS

N = 900


@dataclass(frozen=True)
class MadeFolder:
    """A folder that was written: its files, and what is true of it.

    `joins` is file name → its column that names a lead or an account; `refused` what an error must say,
    where one is right; `doubtful` whether another column could be the outcome, which must be said; `says`
    words that a remark must have; `options` what `discover` is told.
    """

    name: str
    files: tuple[Path, ...]
    leads: str
    outcome: str
    won: str
    id: str
    created: str
    joins: Mapping[str, str] = field(default_factory=dict)
    refused: str | None = None
    doubtful: bool = False
    says: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Company:
    """Leads of one company, which the kinds below put into files."""

    dialect: str
    words: Mapping[str, str]
    rng: np.random.Generator
    keys: list[str]
    created: list[datetime]
    won: np.ndarray

    def frame(self, keys: list[str] | None = None) -> pd.DataFrame:
        """Id, creation, source and size: what every list of leads has."""
        w = self.words
        return pd.DataFrame(
            {
                w["id"]: self.keys if keys is None else keys,
                w["created"]: [f"{moment:%Y-%m-%d %H:%M}" for moment in self.created],
                w["source"]: self.rng.choice(["Web", "Expo", "Partner"], N),
                w["size"]: self.rng.integers(1, 400, N),
            }
        )

    def with_result(self, keys: list[str] | None = None) -> pd.DataFrame:
        """The list with its outcome, under the plain name."""
        frame = self.frame(keys)
        frame[self.words["result"]] = self.ends(self.won)
        return frame

    def ends(self, won: np.ndarray) -> list[str]:
        """Won and lost in the words of the dialect."""
        return [self.words["won" if one else "lost"] for one in won]

    def answers(self, yes: np.ndarray) -> list[str]:
        """Yes and no in the words of the dialect."""
        return [self.words["yes" if one else "no"] for one in yes]

    def closings(self) -> list[str]:
        """A date some weeks after creation for won leads, and nothing for others."""
        days = self.rng.exponential(20, N) + 1
        return [
            f"{moment + timedelta(days=float(day)):%Y-%m-%d %H:%M}" if won else ""
            for moment, day, won in zip(self.created, days, self.won, strict=True)
        ]

    def events(self, keys: list[str]) -> pd.DataFrame:
        """Two or three activities a lead, after its creation."""
        w, rows = self.words, []
        for key, moment in zip(keys, self.created, strict=True):
            for day in self.rng.integers(0, 30, int(self.rng.integers(2, 4))):
                kind = w["visit" if self.rng.random() < 0.4 else "call"]
                rows.append((key, kind, f"{moment + timedelta(days=int(day), hours=3):%Y-%m-%d %H:%M}"))
        return pd.DataFrame(rows, columns=[w["id"], w["kind"], w["at"]])


Made = tuple[dict[str, pd.DataFrame], dict[str, Any]]


def _events_beside(made: Company) -> Made:
    tables = {"leads": made.with_result(), "events": made.events(made.keys)}
    return tables, {"joins": {"events": made.words["id"]}}


def _pipeline(made: Company) -> Made:
    """Deals among accounts, products and sellers that they name; nothing points to a deal."""
    w, rng, deals = made.words, made.rng, made.frame()
    firms, goods, people = ([f"{k}-{n}" for n in range(m)] for k, m in (("F", 80), ("P", 7), ("S", 30)))
    for name, values in (("seller", people), ("product", goods), ("account", firms)):
        deals.insert(1, w[name], rng.choice(values, N))
    deals[w["stage"]] = made.ends(made.won)
    deals[w["closed"]] = made.closings()
    trades = rng.choice(["Steel", "Food", "Retail"], 80)
    tables = {
        "accounts": pd.DataFrame({w["account"]: firms, w["industry"]: trades}),
        "products": pd.DataFrame({w["product"]: goods, w["price"]: rng.integers(50, 9000, 7)}),
        "deals": deals,
        "sellers": pd.DataFrame({w["seller"]: people, w["team"]: rng.choice(["N", "S"], 30)}),
    }
    joins = {"accounts": w["account"], "products": w["product"], "sellers": w["seller"]}
    return tables, {"leads": "deals", "outcome": w["stage"], "joins": joins}


def _previous(made: Company) -> Made:
    """The result of an earlier campaign has the better name."""
    w, frame = made.words, made.frame()
    frame[w["previous"]] = made.ends(made.rng.random(N) < 0.3)
    frame[w["odd"]] = [str(int(one)) for one in made.won]
    return {"leads": frame}, {"outcome": w["odd"], "won": "1"}


def _strange_name(made: Company) -> Made:
    """0 and 1 under a name that says nothing, amid the columns; a date that only won leads have."""
    w, frame = made.words, made.frame()
    frame.insert(2, w["odd"], [str(int(one)) for one in made.won])
    frame.insert(3, w["newsletter"], [str(int(one)) for one in made.rng.random(N) < 0.4])
    frame[w["at"]] = made.closings()
    return {"leads": frame}, {"outcome": w["odd"], "won": "1"}


def _two_outcomes(made: Company) -> Made:
    """Every customer was qualified before: the later of two results is the outcome."""
    w, frame = made.words, made.frame()
    frame[w["qualified"]] = made.answers(made.won | (made.rng.random(N) < 0.3))
    frame[w["customer"]] = made.answers(made.won)
    return {"leads": frame}, {"outcome": w["customer"], "won": w["yes"], "doubtful": True}


def _accident(made: Company) -> Made:
    """Leads are numbered from 1, and every activity has a quantity that looks like such a number."""
    w, keys = made.words, [str(n + 1) for n in range(N)]
    events = made.events(keys)
    events[w["id"]] = [key if n % 9 else str(50_000 + n) for n, key in enumerate(events[w["id"]])]
    events.insert(0, w["quantity"], made.rng.integers(1, 60, len(events)))
    return {"leads": made.with_result(keys), "events": events}, {"joins": {"events": w["id"]}}


def _second_key(made: Company) -> Made:
    """Every lead has an e-mail address and a number; the activities know the address alone."""
    w, frame = made.words, made.with_result()
    mails = [f"p{n}@firm{n % 700}.example" for n in range(N)]
    frame.insert(1, w["email"], mails)
    events = made.events(mails).rename(columns={w["id"]: w["email"]})
    return {"leads": frame, "events": events}, {"joins": {"events": w["email"]}, "id": w["email"]}


def _lost_zeros(made: Company) -> Made:
    """A spreadsheet took the zeros from the ids of the activities."""
    keys = [f"{n + 17:06d}" for n in range(N)]
    events = made.events([key.lstrip("0") for key in keys])
    return {"leads": made.with_result(keys), "events": events}, {"refused": "without leading zeros"}


def _other_leads(made: Company) -> Made:
    """The activities are those of another export: no id of theirs is a lead's."""
    events = made.events([f"Q-{n}" for n in range(N)])
    return {"leads": made.with_result(), "events": events}, {"refused": "names a lead"}


def _among_thirty(made: Company) -> Made:
    """One list of leads among thirty files that have nothing to do with it."""
    reports = {
        f"report_{n:02d}": pd.DataFrame({"Line": range(1, 41), f"Value {n}": made.rng.normal(size=40)})
        for n in range(30)
    }
    return {**reports, "leads": made.with_result()}, {}


KINDS: dict[str, Callable[[Company], Made]] = {
    "events beside": _events_beside,
    "pipeline": _pipeline,
    "previous campaign": _previous,
    "strange name": _strange_name,
    "two outcomes": _two_outcomes,
    "accident": _accident,
    "second key": _second_key,
    "lost zeros": _lost_zeros,
    "other leads": _other_leads,
    "among thirty": _among_thirty,
    **MORE,
}
NAMES = tuple(f"{kind}, {dialect}" for kind in KINDS for dialect in DIALECTS)


def is_held_back(name: str) -> bool:
    """Whether a folder is one of those that no decision has seen."""
    return crc32(name.encode()) % 3 == 0


def make_folder(name: str, folder: Path) -> MadeFolder:
    """Writes the folder `name` of `NAMES` into `folder`."""
    kind, _, dialect = name.rpartition(", ")
    words = DIALECTS[dialect]
    tables, told = KINDS[kind](_company(dialect, words, crc32(name.encode())))
    paths = {table: folder / f"{words.get(table, table)}.csv" for table in tables}
    for table, frame in tables.items():
        frame.to_csv(paths[table], index=False)
    truth = {"outcome": words["result"], "won": words["won"], "id": words["id"], "created": words["created"]}
    truth |= told
    truth["joins"] = {paths[table].name: column for table, column in truth.get("joins", {}).items()}
    truth["leads"] = paths[truth.get("leads", "leads")].name
    return MadeFolder(name, tuple(paths.values()), **truth)


def _company(dialect: str, words: Mapping[str, str], seed: int) -> Company:
    rng = np.random.default_rng(seed)
    created = [datetime(2024, 1, 1) + timedelta(days=float(day)) for day in np.sort(rng.uniform(0, 500, N))]
    keys = [f"L-{number}" for number in rng.permutation(np.arange(10_000, 10_000 + 7 * N, 7))]
    return Company(dialect, words, rng, keys, created, rng.random(N) < 0.25)
