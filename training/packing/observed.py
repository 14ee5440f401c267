"""How leads of each signal fared: the rates that reasons tell, counted on the rows that were fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from features.columns import Floats
from serving.words import (
    FEWEST_LEADS,
    Counted,
    FactReader,
    LeadSignal,
    Moments,
    ObservedRates,
    SignalRates,
    Voice,
    number_of,
    states_of,
)
from training.history import History, Rows

_BANDS = 5
"""Bands of a number, of about as many leads each."""


def observed_rates(history: History, rows: Rows) -> ObservedRates:
    """The counts of each signal's states among the leads of `rows`, which have matured.

    A lead counts once in each state: by its first snapshot in it, and what became of it within the horizon
    after that. So a lead that was long looked at weighs as much as another, and nothing is told that was not
    known at that moment.
    """
    union = {f.name: f for group in (history.features, history.rules.features) for f in group}
    voice = Voice(history.recipe, tuple(union.values()), "en")
    frame = history.labelled.frame.iloc[rows]
    order = np.argsort(frame["order"].to_numpy(np.int64), kind="stable")
    rows = rows[order]
    lead, y = history.labelled.leads(rows), history.labelled.y(rows)
    as_of = history.labelled.frame["as_of_us"].to_numpy(np.int64)[rows]
    moments = Moments(as_of if history.recipe.dated else None, history.recipe.recipe.zone)
    read = FactReader(history.labelled.at(rows), moments)
    everyone = _counted(lead, y, ["" for _ in rows])[""]
    return ObservedRates(
        everyone=everyone,
        signals={signal.key: _rates(signal, read, lead, y) for signal in voice.signals},
    )


def _rates(signal: LeadSignal, read: FactReader, lead: np.ndarray, y: Floats) -> SignalRates:
    """The counts of one signal."""
    facts = read.facts(signal)
    place = {one: code for code, one in enumerate(dict.fromkeys(facts))}
    codes = np.array([place[one] for one in facts], dtype=np.intp)
    edges = _edges([number for one in facts if (number := number_of(signal, one)) is not None])
    named = [states_of(signal, one, edges) for one in place]
    states: dict[str, Counted] = {}
    for depth in range(max(map(len, named), default=0)):
        names = [states[depth] if depth < len(states) else None for states in named]
        states |= _counted(lead, y, [names[code] for code in codes])
    kept = {name: states[name] for name in sorted(states) if states[name].leads >= FEWEST_LEADS}
    return SignalRates(edges=edges, states=kept)


def _counted(lead: np.ndarray, y: Floats, states: Sequence[str | None]) -> dict[str, Counted]:
    """State → its leads, and those of them that converted after their first row in it; rows are in time."""
    frame = pd.DataFrame({"lead": lead, "state": pd.array(list(states), dtype=object), "y": y})
    first = frame.dropna(subset="state").drop_duplicates(["lead", "state"])
    found = first.groupby("state", sort=False)["y"].agg(["size", "sum"])
    return {
        str(name): Counted(leads=int(n), converted=int(won))
        for name, n, won in zip(found.index, found["size"], found["sum"], strict=True)
    }


def _edges(numbers: Iterable[float]) -> tuple[float, ...]:
    """The upper edges of bands of a number that hold about as many rows each; the last band has none."""
    known = np.array(list(numbers), dtype=np.float64)
    if not len(known):
        return ()
    cuts = np.quantile(known, np.arange(1, _BANDS) / _BANDS, method="inverted_cdf")
    return tuple(float(cut) for cut in np.unique(cuts))
