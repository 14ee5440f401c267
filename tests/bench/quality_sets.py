"""The public data sets of the quality benchmark, and the forecast origins at which they are judged.

An origin is written here, and committed, before it is run. The first of each set is its recipe's own split;
the second confirms or refutes what the first says. Where rows have dates the second test ends where the first
begins, so that no row is judged at both origins; the bank's rows have only an order, and its second test
contains the first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features import Recipe, load_recipe

ROOT = Path(__file__).parent.parent.parent
SHARED = Path(os.environ.get("LEADSCORE_SHARED_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Origin:
    """A moment from which the future is forecast: `split` replaces options of the recipe's `[split]`.

    `words` describe it to a reader of the results.
    """

    name: str
    words: str
    split: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DataSet:
    """A public data set: its recipe's file name, its folder, what a row is, its origins (main one first)."""

    name: str
    title: str
    folder_name: str
    row: str
    origins: tuple[Origin, ...]

    @property
    def folder(self) -> Path:
        """Where its files are, by `LEADSCORE_SHARED_DATA` or beside the checkout."""
        return SHARED / self.folder_name

    @property
    def present(self) -> bool:
        """Whether its files can be read here."""
        return self.folder.is_dir()

    def recipe(self, origin: Origin) -> Recipe:
        """The committed recipe, with the split of `origin`."""
        recipe = load_recipe(ROOT / "data" / "recipes" / f"{self.name}.toml")
        return recipe.model_copy(update={"split": recipe.split.model_copy(update=origin.split)})


OLIST = DataSet(
    "olist",
    "Olist, marketing-qualified leads of a marketplace (B2B)",
    "olist_marketing_funnel",
    "a lead at its first contact; converted: a deal won within 30 days",
    (
        Origin("main", "contacts from 2018-04-15"),
        Origin(
            "second",
            "contacts 2018-03-15 to 2018-04-14",
            {"test_from": "2018-03-15", "test_until": "2018-04-15"},
        ),
    ),
)
BPIC2012 = DataSet(
    "bpic2012",
    "BPI Challenge 2012, loan applications with their events",
    "bpic2012_loan_events",
    "an open application 30 minutes, 1, 3, 7, 14 or 21 days old; converted: activated within 30 days",
    (
        Origin("main", "as of 2012-01-10 and later"),
        Origin(
            "second",
            "as of 2011-12-20 to 2012-01-09",
            {"test_from": "2011-12-20T00:00:00Z", "test_until": "2012-01-10T00:00:00Z"},
        ),
    ),
)
BANK = DataSet(
    "bank_marketing",
    "UCI Bank Marketing, phone contacts, without the call's duration (B2C)",
    "uci_bank_marketing",
    "a call; converted: the client subscribed in it",
    (
        Origin("main", "the last 20 % of the calls"),
        Origin("second", "the last 30 % of the calls", {"test_share": 0.3}),
    ),
)
SETS = (OLIST, BPIC2012, BANK)


def find_set(name: str) -> DataSet:
    """The data set `name`.

    Raises:
        KeyError: there is none of that name.
    """
    return {known.name: known for known in SETS}[name]
