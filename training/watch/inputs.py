"""What comes in: leads, fields and their levels, kinds of events, stages, against their own past."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from features.columns import Floats
from serving.page import plain
from training.figures.drift import CountOdds, count_against_rate, shift_of_shares, unevenness
from training.watch.found import Looked
from training.watch.names import NewNames, renamed_to
from training.watch.periods import Periods

_LEVELS = ("category", "boolean", "email")
_MOST_LEVELS = 200
_BINS = 10
_FEWEST_LEVEL, _STEADY = 10, 0.7
_FALLEN = 0.5
"""A count below this share of what was expected is called fallen off, at nothing stopped."""
_BROKEN = "Look at what sends it (form, tag, integration, import) and mend it; what was lost stays unknown."


def input_looks(periods: Periods, new: NewNames) -> Iterator[Looked]:
    """Every look at the leads, fields, kinds of events and stages of the newest period."""
    yield from _arrivals(periods)
    for name, field in periods.recipe.lead.fields.items():
        if field.known == "creation":
            yield from _field(periods, name, new)
    yield from _kinds(periods, new)
    yield from _stages(periods, new)


def not_watched(periods: Periods) -> list[str]:
    """What cannot be watched, and why."""
    recipe, notes = periods.recipe, []
    current = [name for name, field in recipe.lead.fields.items() if field.known == "current"]
    if current:
        notes.append(
            f"not watched: {', '.join(current)}; a current value of young leads cannot be compared with that "
            "of old ones"
        )
    if recipe.outcomes.column is not None:
        notes.append("not watched: stages, which are a column of leads without the time of each")
    return notes


def _arrivals(periods: Periods) -> Iterator[Looked]:
    counts = periods.by_period(periods.leads["period"].to_numpy(np.int64))
    past = periods.past
    found = count_against_rate(list(counts[past]), [1.0] * len(past), counts[0], 1.0)
    yield from _look("new leads", found, "leads", f"{_BROKEN} If fewer were asked for, all is well.")


def _kinds(periods: Periods, new: NewNames) -> Iterator[Looked]:
    if periods.tables.events is None or periods.recipe.events is None:
        return
    seen = periods.counted("events", "kind", "available_us")
    if not seen:
        return
    all_, past, active = np.sum(list(seen.values()), axis=0), periods.seasoned, periods.active
    found = count_against_rate(list(all_[past]), list(active[past]), all_[0], active[0])
    yield from _look("events of all kinds", found, "rows", _BROKEN)
    pace = periods.pace(seen)
    uneven = _together(seen, pace, past)
    for kind in periods.recipe.events.kinds:
        yield from _named(
            periods, f"events {kind}", seen.get(kind), pace, uneven, new.kinds, "[events.kinds]"
        )


def _stages(periods: Periods, new: NewNames) -> Iterator[Looked]:
    if periods.tables.outcomes is None or periods.recipe.outcomes.column is not None:
        return
    seen = periods.counted("outcomes", "stage")
    pace = periods.pace(seen)
    uneven = _together(seen, pace, periods.seasoned)
    for stage, counts in seen.items():
        if counts[periods.seasoned].sum() > 0:
            yield from _named(periods, f"stage {stage}", counts, pace, uneven, new.stages, "[outcomes]")


def _together(seen: dict[str, Floats], pace: Floats, past: list[int]) -> float:
    """How uneven the past periods of all kinds are."""
    return unevenness(np.array([counts[past] for counts in seen.values()]), pace[past]) if seen else 0.0


def _named(
    periods: Periods, about: str, counts: Floats | None, pace: Floats, uneven: float, new: dict[str, int],
    place: str,
) -> Iterator[Looked]:  # fmt: skip
    """A kind or a stage, whose rows go with the `pace` of all; or the name that took its place."""
    if counts is None:
        return
    past, name = periods.seasoned, about.partition(" ")[2]
    found = count_against_rate(list(counts[past]), list(pace[past]), counts[0], pace[0], uneven)
    remedy = _BROKEN
    if found is not None and (other := renamed_to(name, found.expected - found.count, new)) is not None:
        remedy = (
            f"'{other}' came {new[other]:,} times, before never or not for long: if it is the same, call it "
            f"'{name}' again, or name '{other}' in the recipe ({place}) too and train."
        )
    yield from _look(about, found, "rows", remedy)


def _look(about: str, found: CountOdds | None, unit: str, remedy: str) -> Iterator[Looked]:
    if found is None:
        return
    p = min(1.0, 2 * min(found.p_low, found.p_high))
    low = found.p_low < found.p_high
    how = "rose" if not low else "fell"
    if low and found.count < _FALLEN * found.expected:
        how = "stopped" if not found.count else "fell off"
    what = f"{about} {how}: {found.count:,.0f} {unit} where {found.expected:,.1f} were to be expected"
    yield Looked("inputs", about, f"{found.expected:,.1f}", f"{found.count:,.0f}", p, what, remedy, how)


def _field(periods: Periods, name: str, new: NewNames) -> Iterator[Looked]:
    field = periods.recipe.lead.fields[name]
    cells, period = periods.leads[f"f_{name}"], periods.leads["period"].to_numpy(np.int64)
    known = cells.notna().to_numpy(dtype=bool)
    yield from _filling(periods, name, known, period, new)
    if field.type == "number":
        bins = _deciles(cells.to_numpy(np.float64), known & (period > 0))
    elif field.type in _LEVELS:
        named = cells.map({0: "no", 1: "yes"}) if field.type == "boolean" else cells
        bins = named.astype(object).where(cells.notna(), None)
    else:
        return
    codes, names = pd.factorize(pd.Series(bins), use_na_sentinel=True)
    if not 2 <= len(names) <= _MOST_LEVELS:
        return
    at = (codes >= 0) & (period >= 0)
    table = np.zeros((periods.n + 1, len(names)))
    np.add.at(table, (period[at], codes[at]), 1)
    if field.type == "category":
        yield from _levels(periods, name, table, [str(level) for level in names])
    shifted = shift_of_shares(table[periods.past], table[0])
    if shifted is None:
        return
    moved, share_before, share_now = _movers(table[periods.past].sum(axis=0), table[0])
    words = "; ".join(f"{names[j]} {share_before[j]:.0%} → {share_now[j]:.0%}" for j in moved)
    remedy = (
        "Check with marketing whether the mix of leads really changed. If a level is only written otherwise, "
        "write it as before; else the model has seen few such leads: train again when they mature."
    )
    what = f"field {name} is of another mix: {words}"
    measure = f"PSI {shifted.psi:.3f}, by chance {shifted.ordinary:.3f}"
    yield Looked("inputs", f"mix of {name}", "", words, shifted.p, what, remedy, measure)


def _levels(periods: Periods, name: str, table: Floats, levels: list[str]) -> Iterator[Looked]:
    """Does each level that came in most periods before still come? Levels that come and go are the mix."""
    past, all_ = periods.past, table.sum(axis=1)
    new = {
        level: int(table[0, j]) for j, level in enumerate(levels) if table[0, j] and not table[1:, j].any()
    }
    for j, level in enumerate(levels):
        if (table[past, j] > 0).mean() < _STEADY:
            continue
        found = count_against_rate(list(table[past, j]), list(all_[past]), table[0, j], all_[0])
        if found is None or found.expected < _FEWEST_LEVEL:
            continue
        about = f"{name} {level}"
        how = "stopped" if not found.count else "fell off"
        what = (
            f"leads with {name} '{level}' {how}: {found.count:,.0f} where {found.expected:,.1f} of "
            f"{all_[0]:,.0f} were to be expected"
        )
        remedy = f"See whether the channel or form that sends '{level}' still works."
        if (other := renamed_to(level, found.expected - found.count, new)) is not None:
            remedy = (
                f"Level '{other}' is new, in {new[other]:,} leads: if it is the same, write '{level}' again."
            )
        yield Looked(
            "inputs", about, f"{found.expected:,.1f}", f"{found.count:,.0f}", found.p_low, what, remedy, how
        )


def _filling(
    periods: Periods, name: str, known: np.ndarray, period: np.ndarray, new: NewNames
) -> Iterator[Looked]:
    filled, all_ = periods.by_period(period[known]), periods.by_period(period)
    past = periods.past
    if all_[0] == 0 or filled[past].sum() == 0:
        return
    lost = count_against_rate(list(filled[past]), list(all_[past]), filled[0], all_[0])
    empty = count_against_rate(list((all_ - filled)[past]), list(all_[past]), all_[0] - filled[0], all_[0])
    if lost is None or empty is None:
        return
    p = min(1.0, 2 * min(lost.p_low, empty.p_high))
    before, now = filled[past].sum() / all_[past].sum(), filled[0] / all_[0]
    remedy, column = _BROKEN, periods.recipe.lead.fields[name].column or name
    if (other := renamed_to(column, lost.expected - lost.count, new.columns)) is not None:
        remedy = (
            f"Column '{other}' is filled in {new.columns[other]:,} leads, before never or not for long: if "
            f"it is the same, call it '{column}' again, or set [lead.fields.{name}] column = \"{other}\" "
            "and train."
        )
    how = "is filled no more" if not filled[0] else "is filled less"
    what = f"field {name} {how}: in {now:.0%} of {all_[0]:,.0f} leads, before in {before:.0%}"
    yield Looked("inputs", f"filling of {name}", f"{before:.0%}", f"{now:.0%}", p, what, remedy, how)


def _deciles(cells: Floats, reference: np.ndarray) -> pd.Series:
    """Bins by tenths of the past, in words."""
    if not reference.any():
        return pd.Series([None] * len(cells), dtype=object)
    edges = np.unique(np.quantile(cells[reference], np.linspace(0, 1, _BINS + 1)[1:-1]))
    names = [f"≤ {plain(edge)}" for edge in edges] + [f"> {plain(edges[-1])}"]
    at = np.searchsorted(edges, cells, side="left")
    return pd.Series([None if np.isnan(cell) else names[j] for cell, j in zip(cells, at, strict=True)])


def _movers(before: Floats, now: Floats) -> tuple[list[int], Floats, Floats]:
    """The three bins whose share moved most, and all shares before and now."""
    shares = before / max(before.sum(), 1), now / max(now.sum(), 1)
    order = np.argsort(-np.abs(shares[1] - shares[0]), kind="stable")[:3]
    return [int(j) for j in order], *shares
