"""Which rows of a scored export are written, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from features.errors import LeadscoreError
from features.language import Language
from features.recipe import Recipe
from serving.returned.columns import PLAIN, Added
from serving.returned.crms import crm_columns, maturity_words
from serving.score import Maturity

Places = NDArray[np.int64]


def require_value(recipe: Recipe) -> None:
    """Refuse an order by value where nothing is known of values.

    Raises:
        LeadscoreError: the recipe does not ask for them.
    """
    if not recipe.recipe.value:
        raise LeadscoreError(
            "--sort value: the recipe that the model was trained with asks for no value.",
            "Set value = true in its [recipe], name [outcomes] amount, and train again; or leave --sort out.",
        )


@dataclass(frozen=True)
class Selection:
    """What is asked for: `by_rank` the most probable first, `only` one maturity, the `top` best by rank.

    `by_value`: the order of rank, and the `top`, are by what leads are expected to bring.
    `changed_since` is a former output: only rows that are new since or whose answer has moved. `crm` names
    the columns and formats that a CRM's import wants, `language` that of its labels and
    of reasons (None: the recipe's).
    """

    by_rank: bool = False
    only: Maturity | None = None
    top: int | None = None
    changed_since: Path | None = None
    crm: str | None = None
    language: Language | None = None
    by_value: bool = False

    @property
    def whole(self) -> bool:
        """Whether all rows come back in their order."""
        return not (self.by_rank or self.only or self.top is not None or self.changed_since)

    def columns(self, added: Added = PLAIN) -> list[str]:
        """The names of the columns that are written, of those `added`."""
        if not self.crm:
            return list(added.names)
        return list(crm_columns(self.crm, self.language or "en", added.names).values())

    def maturities(self, by: Mapping[str, str]) -> dict[str, str]:
        """`by` maturity as it is written."""
        return {
            maturity_words(self.crm, maturity, self.language or "en"): value for maturity, value in by.items()
        }

    def places(self, ranks: Floats, maturities: Any, moved: NDArray[np.bool_]) -> Places:
        """The 0-based rows to write, in the order to write them.

        `ranks`, `maturities` (a column of Arrow) and `moved` have a value for each row. Of equal ranks the
        earlier row is first; rows without a rank (NaN) are last, and never among the `top`.
        """
        import pyarrow.compute as pc

        rank = np.where(np.isnan(ranks), np.inf, ranks)
        kept = moved.copy()
        if self.only is not None:
            kept &= pc.fill_null(pc.equal(maturities, self.only), False).to_numpy()
        rows = np.flatnonzero(kept)
        ordered = rows[np.argsort(rank[rows], kind="stable")]
        if self.top is not None:
            ordered = ordered[np.isfinite(rank[ordered])][: self.top]
        return (ordered if self.by_rank else np.sort(ordered)).astype(np.int64)
