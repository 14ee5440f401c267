"""Predictive lead scoring by frequency tables, as Odoo's CRM does it: a baseline that must be beaten fairly.

Naive Bayes over field values with 0.1 of smoothing a row, kept per team. Written from a description of its
behaviour; the state kept between teams that its source is known for is not reproduced. Two uses: with stages
(as a CRM runs it), and without them (`EntryTable`), the fair one for a score at an early moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from features.columns import Columns, Floats, n_leads

START = 0.1
"""Added to both counts when a row of the table is made, and the floor of a count."""
MIN_TAG_LEADS = 50
"""A tag that fewer closed leads carry is not used."""

Counts = dict[tuple[str, str], list[float]]
"""(field, value) → [won, lost]."""


@dataclass(frozen=True)
class ClosedLead:
    """A lead that ended: `values` by field (empty ones left out), `stage` where it was when it ended."""

    won: bool
    values: Mapping[str, str] = field(default_factory=dict)
    stage: str | None = None
    team: str | None = None
    tags: Sequence[str] = ()


@dataclass
class FrequencyTable:
    """Won and lost counts per team, field and value; `stages` in the order of a deal, the last one won."""

    stages: tuple[str, ...]
    counts: dict[str | None, Counts] = field(default_factory=dict)

    def add(self, lead: ClosedLead) -> None:
        """Count a lead that has just been won or lost."""
        self._change(lead, +1.0)

    def remove(self, lead: ClosedLead) -> None:
        """Take a lead back that was opened again; a count never falls below the start."""
        self._change(lead, -1.0)

    def score(self, lead: ClosedLead) -> float | None:
        """The probability in percent, 2 decimals, within 0.01–99.99; None where it cannot be said.

        A lead without a stage has 0, one in the won stage 100. `lead.won` is not read.
        """
        if lead.stage is None:
            return 0.0
        if lead.stage == self.stages[-1]:
            return 100.0
        table = self._table_of(lead.team)
        won, lost = table.get(("stage", self.stages[0]), [0.0, 0.0])
        if won <= 0 or lost <= 0:
            return None
        likelihood = _product(table, lead, (won, lost))
        return round(min(max(100 * likelihood[0] / sum(likelihood), 0.01), 99.99), 2)

    def _change(self, lead: ClosedLead, by: float) -> None:
        table = self.counts.setdefault(lead.team, {})
        for key in self._keys(lead):
            row = table.setdefault(key, [START, START])
            side = 0 if lead.won else 1
            moved = round(row[side] + by, 1)
            row[side] = moved if moved > 0 else START

    def _keys(self, lead: ClosedLead) -> Iterable[tuple[str, str]]:
        """The rows that a closed lead touches: won counts in every stage, lost as far as it got."""
        reached = len(self.stages) if lead.won else self.stages.index(lead.stage or self.stages[0]) + 1
        yield from (("stage", stage) for stage in self.stages[:reached])
        yield from lead.values.items()
        yield from (("tag", tag) for tag in lead.tags)

    def _table_of(self, team: str | None) -> Counts:
        """The team's own rows, or those of all teams together where it has none."""
        if team in self.counts:
            return self.counts[team]
        pooled: Counts = {}
        for table in self.counts.values():
            for key, (won, lost) in table.items():
                row = pooled.setdefault(key, [0.0, 0.0])
                row[0], row[1] = row[0] + won, row[1] + lost
        return pooled


def _product(table: Counts, lead: ClosedLead, totals: tuple[float, float]) -> tuple[float, float]:
    """Prior times the likelihoods of the values that the table knows."""
    won, lost = totals
    products = [won / (won + lost), lost / (won + lost)]
    keys = [("stage", lead.stage or ""), *lead.values.items(), *(("tag", tag) for tag in lead.tags)]
    sums = {name: _field_sums(table, name) for name in {key[0] for key in keys}}
    for key in keys:
        row = table.get(key)
        if row is None or (key[0] == "tag" and sum(row) < MIN_TAG_LEADS):
            continue
        beneath = totals if key[0] == "stage" else sums[key[0]]
        products = [
            product * count / total for product, count, total in zip(products, row, beneath, strict=True)
        ]
    return products[0], products[1]


def _field_sums(table: Counts, name: str) -> tuple[float, float]:
    """Won and lost over all values of a field, so that leads without the field do not dilute it."""
    rows = [row for (owner, _), row in table.items() if owner == name]
    return sum(row[0] for row in rows), sum(row[1] for row in rows)


class EntryTable:
    """The same scoring without stages, on the category columns of snapshots: won and lost rows counted."""

    def __init__(self, names: Sequence[str], columns: Columns, y: Floats) -> None:
        self._prior = np.log(y.sum() + START) - np.log((1 - y).sum() + START)
        self._ratios = {name: _log_ratios(columns[name].tolist(), y) for name in names}

    def probability(self, columns: Columns) -> Floats:
        """Probabilities, shape `(n_leads,)`; values never counted are skipped, clamped to 0.0001–0.9999."""
        margin = np.full(n_leads(columns), self._prior)
        for name, ratios in self._ratios.items():
            margin += np.array([ratios.get(value, 0.0) for value in columns[name].tolist()])
        return np.asarray(np.clip(expit(margin), 0.0001, 0.9999))


def _log_ratios(values: Sequence[object], y: Floats) -> dict[object, float]:
    """Value → log of (its share of the won / its share of the lost); empty values are not counted."""
    counts: dict[object, list[float]] = {}
    for value, won in zip(values, y.tolist(), strict=True):
        if value is not None:
            row = counts.setdefault(value, [START, START])
            row[0 if won else 1] += 1
    won_sum, lost_sum = (sum(row[side] for row in counts.values()) for side in (0, 1))
    return {
        value: float(np.log(row[0] / won_sum) - np.log(row[1] / lost_sum)) for value, row in counts.items()
    }
