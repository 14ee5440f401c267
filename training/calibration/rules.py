"""The scorecard's points as probabilities."""

from __future__ import annotations

from dataclasses import replace

from serving.rules import Rules
from training.calibration.fit import fit_monotone
from training.history import Labelled, Rows


def calibrated_rules(rules: Rules, labelled: Labelled, rows: Rows) -> Rules:
    """The scorecard with its map from points to probabilities fitted on `rows`."""
    margin = rules.margin(labelled.at(rows, rules.features))
    return replace(rules, calibration=fit_monotone(margin, labelled.y(rows)))
