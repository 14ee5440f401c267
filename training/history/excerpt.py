"""An excerpt of the history: some of its rows, and what is read of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature, FieldValue
from features.columns import Columns, Floats
from features.recipe import Recipe
from features.row_order import most_come_back
from training.history.directions import directions
from training.history.labelled import Labelled
from training.history.split import Rows


@dataclass(frozen=True)
class Excerpt:
    """What is fitted on, or asked about: `features` of the `rows` of `labelled`.

    `signs` holds the declared sign of some features by name (see `directions`), `account_levels` the fields
    that are the account itself, where most of the newest leads are of accounts met before. All arrays have
    shape `(n_rows,)`.
    """

    labelled: Labelled
    features: tuple[Feature, ...]
    rows: Rows
    signs: Mapping[str, int] = field(default_factory=dict)
    account_levels: frozenset[str] = frozenset()

    @classmethod
    def of(cls, recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows) -> Excerpt:
        """With the signs that the recipe declares."""
        names = frozenset(
            name
            for name, one in recipe.lead.fields.items()
            if (one.column or name) == recipe.lead.account_id and one.type == "category"
        )
        levels = names if names and labelled.timed and _come_back(labelled, rows) else frozenset()
        return cls(labelled, tuple(features), rows, directions(recipe, features), levels)

    @property
    def columns(self) -> Columns:
        """The features of the rows."""
        return self.labelled.at(self.rows, self.features)

    @property
    def y(self) -> Floats:
        """1 for converted within the horizon, else 0."""
        return self.labelled.y(self.rows)

    @property
    def clusters(self) -> NDArray[np.object_]:
        """The account of each row, or its lead where no account is known."""
        return self.labelled.clusters(self.rows)

    @property
    def repeating(self) -> NDArray[np.object_]:
        """Whose rows repeat one another's outcome beside what is read of them: those of an account, or where
        the account itself is among the features, as a level, those of a lead."""
        values = (feature for feature in self.features if isinstance(feature, FieldValue))
        read = any(value.field in self.account_levels for value in values)
        return self.labelled.leads(self.rows).astype(object) if read else self.clusters

    @property
    def leads(self) -> NDArray[np.intp] | None:
        """The number of each row's lead, None where no lead has two rows."""
        found = self.labelled.leads(self.rows)
        return found if len(np.unique(found)) < len(found) else None

    @property
    def order(self) -> NDArray[np.int64]:
        """The place of each row in time."""
        return self.labelled.frame["order"].to_numpy(np.int64)[self.rows]

    def on(self, rows: Rows) -> Excerpt:
        """The same features of other rows."""
        return replace(self, rows=rows)

    def reading(self, features: Sequence[Feature]) -> Excerpt:
        """Other features of the same rows."""
        return replace(self, features=tuple(features))

    def without(self, names: Collection[str]) -> Excerpt:
        """The same rows without the features of these names."""
        return self.reading([feature for feature in self.features if feature.name not in names])


def _come_back(labelled: Labelled, rows: Rows) -> bool:
    """Whether most of the newest quarter of leads are of accounts that the older ones are of."""
    first = rows[np.unique(labelled.leads(rows), return_index=True)[1]]
    accounts = labelled.clusters(first)[np.argsort(labelled.frame["order"].to_numpy(np.int64)[first])]
    return most_come_back(accounts)
