"""The signs that a recipe declares: `[lead.fields.NAME] direction` says which way a margin may follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features.catalogue import Feature, FieldValue
from features.recipe import Recipe


def directions(recipe: Recipe, features: Sequence[Feature]) -> Mapping[str, int]:
    """Feature name → +1 or −1, of the numbers whose field has a direction."""
    fields = recipe.lead.fields
    return {
        feature.name: fields[feature.field].direction
        for feature in features
        if isinstance(feature, FieldValue)
        and feature.dtype == "number"
        and feature.field in fields
        and fields[feature.field].direction
    }
