"""Answers that the ledger kept, with the features that they were computed from, read again the other way."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from features.catalogue import Feature
from features.readings import offline
from features.recipe import Recipe
from features.tables import Tables
from serving.skew.check import SkewRow
from serving.skew.log import LoggedRequest


def check_skew_kept(
    recipe: Recipe,
    tables: Tables,
    features: Sequence[Feature],
    answers: Sequence[tuple[str, int, str]],
    version: str = "",
) -> list[SkewRow]:
    """One row per feature over `answers` (lead, as_of in µs, JSON of its features), most mismatches first.

    `tables` are those of the ledger that the answers were given from. Features that an answer did not keep
    are not compared; exact equality is expected.
    """
    if not answers:
        return []
    moments = pd.DataFrame([row[:2] for row in answers], columns=["lead_id", "as_of_us"])
    columns = offline(features, recipe, tables, moments)
    rows = {feature.name: SkewRow(feature.name) for feature in features}
    for at, (lead_id, as_of_us, text) in enumerate(answers):
        kept = json.loads(text)
        request = LoggedRequest(
            "ledger", at + 1, {"lead_id": lead_id}, as_of_us, kept, tuple(features), version
        )
        for name, row in rows.items():
            if name in kept:
                row.note(kept[name], columns[name][at], request)
    return sorted(rows.values(), key=lambda row: (-row.mismatches, row.feature))
