"""Learns encoders: vocabularies, medians and scales come from the rows being fitted, and from no other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import Feature, LeadAge
from features.columns import Column, Columns
from serving.scorers import CategoryColumn, Crossing, LinearEncoder, NumberColumn, TreeEncoder, signed_log
from training.figures.number_range import fitted_range, with_room

_FEW_LEVELS = 60
"""At most this many levels of a category get a weight of their own in a linear model, most frequent first."""
_WIDE_LEVELS, _WIDE_RARE = 500, 5
"""At most this many where it reads widely, and the leads that each must have at least."""


@dataclass(frozen=True)
class Reading:
    """How a linear model reads: numbers as signed logarithms, every column crossed with the lead's age, and
    how much `room` calendars have beyond their range: 1, all that they may (see `with_room`), to 0, held
    inside it as other numbers are. `wide`: up to 300 levels of a category, of five leads or more, have
    a weight of their own, not sixty of those that are not rare."""

    logs: bool = False
    crossed: bool = False
    room: float = 1.0
    wide: bool = False


PLAINLY = Reading()
"""Numbers as they are, one weight at all ages."""
Leads = NDArray[np.intp] | None
"""The number of each row's lead, `(n_rows,)`; None: each row is a lead of its own."""
NO_RATES: Mapping[str, dict[str, float]] = MappingProxyType({})
"""Every category is read by its codes."""


def fit_tree_encoder(
    features: Sequence[Feature],
    columns: Columns,
    rare_level: int,
    rates: Mapping[str, dict[str, float]] = NO_RATES,
    leads: Leads = None,
) -> TreeEncoder:
    """Codes for the levels with at least `rare_level` leads; the rest shares "other".

    Categories in `rates` are read by them.
    """
    numbered = _numbered(leads)
    vocabularies = {
        feature.name: tuple(sorted(_levels(columns[feature.name], rare_level, numbered)))
        for feature in features
        if feature.dtype == "category" and feature.name not in rates
    }
    ranges = {
        f.name: fitted_range(columns[f.name].astype(np.float64)) for f in features if f.dtype == "number"
    }
    return TreeEncoder(
        features=tuple(f.name for f in features),
        vocabularies=vocabularies,
        rates=dict(rates),
        ranges={name: found for name, found in ranges.items() if found is not None},
        typical=_typical(features, columns),
    )


def _typical(features: Sequence[Feature], columns: Columns) -> dict[str, float]:
    """Medians of the numbers that are never missing in `columns`."""
    numbers = {f.name: columns[f.name].astype(np.float64) for f in features if f.dtype == "number"}
    return {name: float(np.median(n)) for name, n in numbers.items() if len(n) and not np.isnan(n).any()}


def fit_linear_encoder(
    features: Sequence[Feature],
    columns: Columns,
    rare_level: int,
    reading: Reading = PLAINLY,
    calendars: Collection[str] = (),
    leads: Leads = None,
) -> LinearEncoder:
    """Medians, scales and levels of `columns`, of numbers as the `reading` has them; features that never
    vary are left out, and nothing is crossed with an age that never does. Numbers are held inside the range
    of `columns`, those of `calendars` inside a wider one where the reading gives them room. A level of fewer
    than `rare_level` leads has no weight of its own."""
    numbered = _numbered(leads)
    found = [
        _levelled(f.name, columns[f.name], rare_level, numbered, reading.wide)
        if f.dtype == "category"
        else _measured(f.name, columns[f.name], reading.logs, reading.room if f.name in calendars else 0.0)
        for f in features
    ]
    specs = tuple(spec for spec in found if spec is not None)
    ages = {feature.name for feature in features if isinstance(feature, LeadAge)}
    by = [spec for spec in specs if isinstance(spec, NumberColumn) and spec.name in ages]
    crossed = _crossing(by[0], columns) if by and reading.crossed else None
    return LinearEncoder(columns=specs, crossed=crossed)


def has_many_levels(feature: Feature, column: Column, leads: Leads = None) -> bool:
    """Whether a line that reads widely reads more levels of a category than as a rule."""
    return feature.dtype == "category" and len(_levels(column, _WIDE_RARE, _numbered(leads))) > _FEW_LEVELS


def _crossing(by: NumberColumn, columns: Columns) -> Crossing:
    """Crossing with `by`, inside its range."""
    seen = by.standardised(columns[by.name].astype(np.float64))
    return Crossing(by=by, low=float(seen.min()), high=float(seen.max()))


def _levelled(
    name: str, column: Column, rare_level: int, leads: NDArray[np.int64] | None, wide: bool
) -> CategoryColumn | None:
    """The category's levels, None where it has none."""
    rare, most = (min(rare_level, _WIDE_RARE), _WIDE_LEVELS) if wide else (rare_level, _FEW_LEVELS)
    levels = _levels(column, rare, leads)[:most]
    return CategoryColumn(name=name, levels=tuple(sorted(levels))) if levels else None


def _measured(name: str, column: Column, log: bool, room: float) -> NumberColumn | None:
    """The number inside its range and a share of `room`, None where it never varies."""
    numbers = column.astype(np.float64)
    ends = fitted_range(numbers)
    if ends is None:
        return None
    found = _number(name, np.clip(numbers, *ends), log)
    return found and found.model_copy(update={"range": with_room(ends, room) if room else ends})


def _number(name: str, numbers: NDArray[np.float64], log: bool) -> NumberColumn | None:
    """Median of what is there, mean and scale after it has filled the gaps."""
    numbers = signed_log(numbers) if log else numbers
    absent = np.isnan(numbers)
    median = float(np.median(numbers[~absent]))
    filled = np.where(absent, median, numbers)
    unit = unit_of(filled)
    scale = float((filled / unit).std()) * unit
    flag = bool(absent.any())
    if scale < 1e-12 and not flag:
        return None
    mean, scale = float((filled / unit).mean()) * unit, max(scale, 1e-12)
    return NumberColumn(name=name, median=median, mean=mean, scale=scale, flag=flag, log=log)


def unit_of(numbers: NDArray[np.float64]) -> float:
    """The power of two above the size of `numbers`, by which squares and sums of them overflow no more.

    Dividing by it and multiplying again changes no bit of what does not overflow.
    """
    return float(np.ldexp(1.0, int(np.frexp(np.abs(numbers).max(initial=1.0))[1])))


def _numbered(leads: Leads) -> NDArray[np.int64] | None:
    """A number for each lead."""
    return None if leads is None else pd.factorize(leads)[0].astype(np.int64)


def _levels(column: Column, rare_level: int, leads: NDArray[np.int64] | None) -> list[str]:
    """Levels with at least `rare_level` leads, most frequent first, ties by name.

    A lead that is looked at nine times says no more of its level than one that is looked at once.
    """
    codes, levels = pd.factorize(column)  # −1 where missing
    codes = codes.astype(np.int64)
    if leads is not None:
        met = pd.unique(leads * (len(levels) + 1) + codes + 1)
        codes = met % (len(levels) + 1) - 1
    counts = dict(
        zip(levels.tolist(), np.bincount(codes + 1, minlength=len(levels) + 1)[1:].tolist(), strict=True)
    )
    return sorted((level for level, n in counts.items() if n >= rare_level), key=lambda v: (-counts[v], v))
