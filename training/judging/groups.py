"""The model inside groups of test rows: by declared attribute, and on accounts that it has never seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from features.catalogue import FieldValue
from features.columns import Columns, Floats
from features.recipe import Recipe
from training.figures import LEVEL, Bootstrap, Interval, known
from training.figures.metrics import figures
from training.history import Labelled, Rows

MIN_WON = 100
"""Converted rows that a segment needs: with fewer, intervals are wider than what could be acted on."""
MEANINGS = ("origin", "market", "country", "region", "industry", "campaign")
"""Meanings of fields by which groups are formed, in this order: here, in the gate and in the report."""


NEW = "new to the test"
"""The level of the accounts that no fitted row belongs to."""


class GroupFigures(BaseModel):
    """What one scorer reached inside a group; None where a figure is not defined."""

    model_config = ConfigDict(frozen=True)

    auc: float | None = None
    log_loss: float | None = None
    observed_expected: float | None = None


class Group(BaseModel):
    """Results inside one group of test rows, `level` of `field`.

    `scorers` has for each scorer its figures. `intervals` hold the model's observed/expected and, by scorer,
    the difference of AUC (model minus scorer). With k segments each has the level 1 − 0.05/k (Bonferroni):
    the worst of many is looked for, and one of twenty perfect ones lies outside a 95 % interval.
    """

    model_config = ConfigDict(frozen=True)

    field: str
    level: str
    n: int
    won: int
    scorers: dict[str, GroupFigures]
    observed_expected: tuple[float | None, float | None]
    auc_difference: dict[str, tuple[float | None, float | None]]

    @property
    def name(self) -> str:
        """`origin = paid`."""
        return f"{self.field} = {self.level}"


def segments(
    recipe: Recipe,
    labelled: Labelled,
    test: Rows,
    probabilities: Mapping[str, Floats],
    judged: str,
    draws: int,
) -> list[Group]:
    """Groups by `MEANINGS` with at least `MIN_WON` converted rows and as many others, largest first."""
    y = labelled.y(test)
    found = [
        (field, level, rows)
        for field, column in _columns(recipe, labelled, test)
        for level, rows in _levels(column)
        if y[rows].sum() >= MIN_WON and (1 - y[rows]).sum() >= MIN_WON
    ]
    confidence = 1 - (1 - LEVEL) / max(len(found), 1)
    groups = [
        group_of(
            recipe, labelled, test[rows], _at(probabilities, rows), judged, draws, (field, level), confidence
        )
        for field, level, rows in found
    ]
    return sorted(groups, key=lambda group: (-group.won, group.name))


def new_accounts(
    recipe: Recipe,
    labelled: Labelled,
    fit: Rows,
    test: Rows,
    probabilities: Mapping[str, Floats],
    judged: str,
    draws: int,
) -> Group | None:
    """Results on test rows of accounts without a fit row; None without accounts, or without such rows."""
    account = labelled.frame["account_id"].to_numpy(object)
    has = np.array([one is not None and one == one for one in account], dtype=np.bool_)
    seen = set(account[fit][has[fit]].tolist())
    rows = np.flatnonzero(
        [known and one not in seen for one, known in zip(account[test], has[test], strict=True)]
    )
    if not len(rows) or np.ptp(labelled.y(test[rows])) == 0:
        return None
    name = ("account", NEW)
    return group_of(recipe, labelled, test[rows], _at(probabilities, rows), judged, draws, name, LEVEL)


def group_of(
    recipe: Recipe,
    labelled: Labelled,
    rows: Rows,
    probabilities: Mapping[str, Floats],
    judged: str,
    draws: int,
    name: tuple[str, str],
    confidence: float,
) -> Group:
    """The results of all scorers on `rows`, which hold both outcomes."""
    y = labelled.y(rows)
    samples = Bootstrap(y, labelled.clusters(rows), draws, recipe.train.seed).samples(probabilities)
    scorers = {
        scorer: GroupFigures(
            auc=found["auc"], log_loss=found["log_loss"], observed_expected=found["observed_expected"]
        )
        for scorer, found in ((scorer, figures(y, p)) for scorer, p in probabilities.items())
    }
    others = [scorer for scorer in probabilities if scorer != judged]
    return Group(
        field=name[0],
        level=name[1],
        n=len(rows),
        won=int(y.sum()),
        scorers=scorers,
        observed_expected=_ends(samples[judged]["observed_expected"], confidence),
        auc_difference={
            scorer: _ends(samples[judged]["auc"] - samples[scorer]["auc"], confidence) for scorer in others
        },
    )


def _ends(draws: Floats, confidence: float) -> tuple[float | None, float | None]:
    interval = Interval.of(draws, confidence)
    return known(interval.low), known(interval.high)


def _at(probabilities: Mapping[str, Floats], rows: Rows) -> dict[str, Floats]:
    return {scorer: p[rows] for scorer, p in probabilities.items()}


def _columns(recipe: Recipe, labelled: Labelled, test: Rows) -> Iterator[tuple[str, NDArray[np.object_]]]:
    """Fields by which groups are formed, at the test rows."""
    yield from attributes_of(recipe, labelled.columns, test).items()


def attributes_of(recipe: Recipe, columns: Columns, rows: Rows) -> dict[str, NDArray[np.object_]]:
    """Declared category fields whose meaning tells groups of leads apart, at `rows`."""
    found: dict[str, NDArray[np.object_]] = {}
    for meaning in MEANINGS:
        for name, declared in recipe.lead.fields.items():
            column = columns.get(FieldValue(name, "category").name)
            if declared.means == meaning and declared.type == "category" and column is not None:
                found[name] = column[rows].astype(object)
    return found


def _levels(column: NDArray[np.object_]) -> Iterator[tuple[str, Rows]]:
    """Each level and where it is, in the order of names; rows without a value are no segment."""
    for level in sorted({one for one in column.tolist() if one is not None}):
        yield str(level), np.flatnonzero(column == level)
