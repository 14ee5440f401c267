"""The points of many rules added up: held inside the caps of their groups, of each axis, then exclusions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from features.columns import Floats
from serving.rules.section import Cap

Axis: TypeAlias = Literal["fit", "engagement"]
Key: TypeAlias = tuple[Axis, str | None]


_Totals: TypeAlias = dict[Key, Floats]


@dataclass(frozen=True)
class Sums:
    """Points of each axis, shape `(n_leads,)` each; `totals` are those of each group before its cap, `held`
    within it, `full` the sums of `held` by axis, `capped` these within the axis's cap."""

    axes: dict[Axis, Floats]
    keys: Sequence[Key]
    excluding: Sequence[bool]
    totals: _Totals
    held: _Totals
    full: dict[Axis, Floats]
    capped: dict[Axis, Floats]

    @cached_property
    def cut(self) -> list[tuple[str, Axis, Floats]]:
        """What the caps took: (group or axis, its axis, its change)."""
        cut = [(key[1] or "", key[0], self.held[key] - total) for key, total in self.totals.items()]
        cut += [(axis, axis, self.capped[axis] - self.full[axis]) for axis in _AXES]
        return [(name, axis, change) for name, axis, change in cut if change.any()]

    @cached_property
    def kept(self) -> list[Floats]:
        """Of each rule the share of its points that stays."""
        shares = {
            key: _share(total, self.held[key]) * _share(self.full[key[0]], self.capped[key[0]])
            for key, total in self.totals.items()
        }
        everything = np.ones_like(self.full[_AXES[0]])
        return [
            everything if off else shares[key] for key, off in zip(self.keys, self.excluding, strict=True)
        ]


def summed(
    parts: Sequence[Floats],
    keys: Sequence[Key],
    excluding: Sequence[bool],
    caps: Mapping[str, Cap],
    rows: int,
) -> Sums:
    """The sums of `parts`, each rule's points of shape `(n_leads,)`."""
    totals: _Totals = {}
    for part, key, off in zip(parts, keys, excluding, strict=True):
        if not off:
            totals[key] = (totals[key] if key in totals else np.zeros(rows)) + part
    held = {key: _held(total, caps.get(key[1] or "")) for key, total in totals.items()}
    full = {
        axis: np.asarray(sum((held[key] for key in held if key[0] == axis), np.zeros(rows))) for axis in _AXES
    }
    capped = {axis: _held(full[axis], caps.get(axis)) for axis in _AXES}
    axes = dict(capped)
    for part, key, off in zip(parts, keys, excluding, strict=True):
        if off:
            axes[key[0]] = axes[key[0]] + part
    return Sums(axes, keys, excluding, totals, held, full, capped)


_AXES: tuple[Axis, ...] = ("fit", "engagement")


def _held(total: Floats, cap: Cap | None) -> Floats:
    if cap is None:
        return total
    least, most = (-np.inf if cap.least is None else cap.least), (np.inf if cap.most is None else cap.most)
    return np.asarray(np.clip(total, least, most), dtype=np.float64)


def _share(total: Floats, held: Floats) -> Floats:
    """The share of each point that stays; 0 points are never cut, as every cap holds 0."""
    return np.divide(held, total, out=np.ones_like(total), where=total != held)
