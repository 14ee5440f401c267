"""The points of many rules added up: held inside the caps of their groups, of each axis, then exclusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from features.columns import Floats
from serving.rules.section import Cap

Axis: TypeAlias = Literal["fit", "engagement"]
Key: TypeAlias = tuple[Axis, str | None]


@dataclass(frozen=True)
class Sums:
    """Points of each axis, shape `(n_leads,)` each, and what the caps took: (group or axis, its change)."""

    axes: dict[Axis, Floats]
    cut: list[tuple[str, Axis, Floats]]
    kept: list[Floats]


def summed(
    parts: Sequence[Floats],
    keys: Sequence[Key],
    excluding: Sequence[bool],
    caps: Mapping[str, Cap],
    rows: int,
) -> Sums:
    """The sums of `parts`, each rule's points of shape `(n_leads,)`; `kept` is the share that stays."""
    totals: dict[Key, Floats] = {}
    for part, key, off in zip(parts, keys, excluding, strict=True):
        if not off:
            totals[key] = (totals[key] if key in totals else np.zeros(rows)) + part
    held = {key: _held(total, caps.get(key[1] or "")) for key, total in totals.items()}
    cut = [(key[1] or "", key[0], held[key] - total) for key, total in totals.items()]
    axes: dict[Axis, Floats] = {}
    shares = {key: _share(total, held[key]) for key, total in totals.items()}
    for axis in _AXES:
        full = sum((held[key] for key in held if key[0] == axis), np.zeros(rows))
        axes[axis] = _held(full, caps.get(axis))
        cut.append((axis, axis, axes[axis] - full))
        for key in (key for key in shares if key[0] == axis):
            shares[key] = shares[key] * _share(full, axes[axis])
    kept = [np.ones(rows) if off else shares[key] for key, off in zip(keys, excluding, strict=True)]
    for part, key, off in zip(parts, keys, excluding, strict=True):
        if off:
            axes[key[0]] = axes[key[0]] + part
    return Sums(axes, [(name, axis, change) for name, axis, change in cut if change.any()], kept)


_AXES: tuple[Axis, ...] = ("fit", "engagement")


def _held(total: Floats, cap: Cap | None) -> Floats:
    if cap is None:
        return total
    least, most = (-np.inf if cap.least is None else cap.least), (np.inf if cap.most is None else cap.most)
    return np.asarray(np.clip(total, least, most), dtype=np.float64)


def _share(total: Floats, held: Floats) -> Floats:
    """The share of each point that stays; 0 points are never cut, as every cap holds 0."""
    return np.divide(held, total, out=np.ones_like(total), where=total != held)
