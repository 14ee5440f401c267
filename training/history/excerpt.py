"""An excerpt of the history: some of its rows, and what is read of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Columns, Floats
from features.recipe import Recipe
from training.history.directions import directions
from training.history.labelled import Labelled
from training.history.split import Rows


@dataclass(frozen=True)
class Excerpt:
    """What is fitted on, or asked about: `features` of the `rows` of `labelled`.

    `signs` holds the declared sign of some features by name (see `directions`); with `account_read` the
    recipe has the account among its fields. All arrays have shape
    `(n_rows,)`.
    """

    labelled: Labelled
    features: tuple[Feature, ...]
    rows: Rows
    signs: Mapping[str, int] = field(default_factory=dict)
    account_read: bool = False

    @classmethod
    def of(cls, recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows) -> Excerpt:
        """With the signs that the recipe declares."""
        columns = {one.column or name for name, one in recipe.lead.fields.items()}
        read = labelled.timed and recipe.lead.account_id in columns
        return cls(labelled, tuple(features), rows, directions(recipe, features), read)

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
        the account itself is read, as a level, those of a lead."""
        return self.labelled.leads(self.rows).astype(object) if self.account_read else self.clusters

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
