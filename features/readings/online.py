"""The reading of one lead in memory, and its rows stacked into columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features.catalogue import Feature
from features.columns import Columns, Layout
from features.lead import Lead


def online(features: Sequence[Feature], lead: Lead) -> dict[str, float | str | None]:
    """Feature name → value: NaN for a missing number, None for a missing category.

    Each kind's events are folded once per measure however many features read them; for many leads see
    `OnlinePlan`.
    """
    return {feature.name: feature.value(lead) for feature in features}


def stack(features: Sequence[Feature], rows: Sequence[Mapping[str, float | str | None]]) -> Columns:
    """Rows of `online` as columns of shape `(len(rows),)`, in their order."""
    return Layout({feature.name: feature.dtype == "number" for feature in features}).columns(rows)
