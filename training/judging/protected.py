"""Attributes of people that no model may read: who is hot less often than others, and what tells them.

What a difference means, and whether it may be, is for people to judge; here it is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy import special, stats

from features.catalogue import Feature
from features.columns import Columns, Floats
from training.figures.association import association, chance_of
from training.figures.rates import Rate, groups_of, rate_of

_TELLS, _MOST_TOLD, _CHANCE = 0.1, 5, 0.05
"""Cramér's V from which on a feature is named, how many are, and the chance that one is where none of all
tells anything (Bonferroni): of 150 leads a V of 0.1 is a coin's."""
_FEWEST_WON, _LESS = 10, 0.05
"""Converted leads from which on a level is looked at, and the chance that one of all levels is said to be
promised less where all are promised alike."""
Texts = NDArray[np.object_]


class ProtectedGroup(BaseModel):
    """One level: its leads, the share of them that is hot, and of those that converted, with 95 % ends;
    `promised` and `came` are the mean probability and the share that converted."""

    model_config = ConfigDict(frozen=True)

    level: str
    leads: int
    hot: tuple[float, float, float]
    won: int
    hot_of_won: tuple[float, float, float] | None
    promised: float
    came: tuple[float, float, float]


class Protected(BaseModel):
    """A declared attribute on the test leads, each looked at once.

    `worse`: in a sentence each, groups that are surely hot less often than all others, or found hot less
    often where they convert, or promised less of what came than all others. `proxies`: features of the
    model that tell the attribute beyond chance, with Cramér's V (0: nothing, 1: all of it), strongest first.
    """

    model_config = ConfigDict(frozen=True)

    column: str
    groups: tuple[ProtectedGroup, ...]
    worse: tuple[str, ...]
    proxies: tuple[tuple[str, float], ...]

    @property
    def words(self) -> str:
        """What was found, in a sentence."""
        found = "; ".join(self.worse) or "no group is surely hot less often or promised less than others"
        leads = sum(group.leads for group in self.groups)
        return f"protected column '{self.column}': {found}. {proxy_words(leads, self.proxies)}"


def protected_of(
    attributes: Mapping[str, Texts], leads: Texts, features: Sequence[Feature], columns: Columns,
    probability: Floats, hot_from: float, y: Floats,
) -> list[Protected]:  # fmt: skip
    """What each attribute comes to on rows of `leads`, of which the first of each lead counts."""
    first = np.unique(leads.astype(str), return_index=True)[1]
    found = []
    for column, values in attributes.items():
        rows = first[[value is not None for value in values[first]]]
        groups = list(_groups(values[rows], probability[rows], hot_from, y[rows]))
        told = proxies_of(values[rows], features, columns.take(rows))
        less = hot_less_often(values[rows], probability[rows] >= hot_from)
        worse = (*less, *(words for _, sentences in groups for words in sentences))
        found.append(
            Protected(column=column, groups=tuple(one for one, _ in groups), worse=worse, proxies=told)
        )
    return found


def hot_less_often(values: Texts, hot: NDArray[np.bool_]) -> list[str]:
    """A sentence for each level, one row a lead, that is surely hot less often than all others."""
    found, own, flags = [], np.arange(len(hot)), hot.astype(np.float64)
    for level, mask in groups_of(values):
        here, others = (rate_of(flags[rows], own[rows]) for rows in (mask, ~mask))
        if here.high < others.low:
            found.append(f"of '{level}' {here.rate:.1%} are hot, of all others {others.rate:.1%}")
    return found


def proxies_of(values: Texts, features: Sequence[Feature], columns: Columns) -> tuple[tuple[str, float], ...]:
    """The features that tell `values` beyond chance, with Cramér's V, strongest first; five at most."""
    found = [(feature.name, round(association(columns[feature.name], values), 3)) for feature in features]
    enough = _CHANCE / max(len(features), 1)
    told: list[tuple[str, float]] = []
    for name, strength in sorted(found, key=lambda one: -one[1]):
        if strength < _TELLS or len(told) == _MOST_TOLD:
            break
        if chance_of(columns[name], values, enough) < enough:
            told.append((name, strength))
    return tuple(told)


def proxy_words(leads: int, proxies: Sequence[tuple[str, float]]) -> str:
    """Which features tell an attribute that was looked at on `leads`, in a sentence."""
    if not proxies:
        return f"No feature tells it beyond chance, by {leads:,} leads"
    told = ", ".join(f"{name} ({v:.2f})" for name, v in proxies)
    return f"It is told by {told} (Cramér's V, by {leads:,} leads)"


def _groups(
    values: Texts, probability: Floats, hot_from: float, y: Floats
) -> Iterator[tuple[ProtectedGroup, list[str]]]:
    """Each level with what is worse for it than for all others."""
    hot, own = (probability >= hot_from).astype(np.float64), np.arange(len(y))
    won = y == 1
    levels = list(groups_of(values))
    for level, mask in levels:
        rates = [rate_of(hot[rows], own[rows]) for rows in (mask, mask & won, ~mask & won)]
        came = rate_of(y[mask], own[mask])
        promised = float(probability[mask].mean())
        many = min(rates[1].n, rates[2].n) >= _FEWEST_WON
        group = ProtectedGroup(
            level=level, leads=int(mask.sum()), hot=_ends(rates[0]), won=came.won,
            hot_of_won=_ends(rates[1]) if many else None, promised=promised, came=_ends(came),
        )  # fmt: skip
        worse = []
        if many and rates[1].high < rates[2].low:
            worse.append(
                f"of '{level}' that convert {rates[1].rate:.1%} are hot, of all others {rates[2].rate:.1%}"
            )
        if came.won >= _FEWEST_WON and _promised_less(probability, y, mask) < _LESS / len(levels):
            worse.append(
                f"'{level}' is promised {promised:.1%}, and {came.rate:.1%} convert (all others: "
                f"{probability[~mask].mean():.1%}, and {y[~mask].mean():.1%})"
            )
        yield group, worse


def _promised_less(probability: Floats, y: Floats, mask: NDArray[np.bool_]) -> float:
    """The chance that converted leads over promised ones are so much more in `mask` than elsewhere, if they
    are alike: a level that is off for everybody is nobody's disadvantage.

    The signed root of the deviance of both ratios from their common one, with the variance of Bernoulli
    outcomes instead of Poisson's (McCullagh & Nelder 1989, 6.2). 1 where there are no others.
    """
    right = probability * (y.sum() / probability.sum())
    sides = (mask, ~mask)
    came, due = (np.array([one[side].sum() for side in sides]) for one in (y, right))
    if due.min() <= 0 or came[0] / due[0] <= came[1] / due[1]:
        return 1.0
    spread = np.array([(right[side] * np.maximum(1 - right[side], 0)).sum() for side in sides])
    dispersion = float((spread / due**2).sum() / (1 / due).sum())
    deviance = 2 * float(special.xlogy(came, came / due).sum())
    return float(stats.norm.sf(np.sqrt(deviance / dispersion))) if dispersion > 0 else 1.0


def _ends(rate: Rate) -> tuple[float, float, float]:
    return rate.rate, rate.low, rate.high
