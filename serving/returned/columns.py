"""A score as the columns that batch appends to an export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from features.recipe import Recipe
from serving.score import Score, ScoredBy


class HasText(Protocol):
    """A reason, as far as a cell tells it."""

    @property
    def text(self) -> str: ...


class _Column(NamedTuple):
    """How a column is read of a score, and what stands in it."""

    read: Callable[[Score], Any]
    holds: type = str


_COLUMNS: dict[str, _Column] = {
    "ls_status": _Column(lambda score: score.status),
    "ls_probability": _Column(lambda score: score.probability, float),
    "ls_score": _Column(lambda score: score.score, int),
    "ls_grade": _Column(lambda score: score.grade),
    "ls_grade_note": _Column(lambda score: score.grade_note),
    "ls_maturity": _Column(lambda score: score.maturity),
    "ls_maturity_because": _Column(lambda score: score.maturity_because),
    "ls_stage": _Column(lambda score: score.stage and score.stage.name),
    "ls_missing": _Column(lambda score: score.stage and ", ".join(score.stage.missing)),
    "ls_next_action": _Column(lambda score: score.next_action and score.next_action.action),
    "ls_deadline": _Column(lambda score: _moment(score.next_action and score.next_action.deadline)),
    "ls_action_reason": _Column(lambda score: score.next_action and score.next_action.reason),
    "ls_reasons_for": _Column(lambda score: _reasons(score.reasons_for)),
    "ls_reasons_against": _Column(lambda score: _reasons(score.reasons_against)),
    "ls_interval_low": _Column(lambda score: score.interval and score.interval.low, float),
    "ls_interval_high": _Column(lambda score: score.interval and score.interval.high, float),
    "ls_scored_by": _Column(lambda score: score.scored_by and _who(score.scored_by)),
    "ls_as_of": _Column(lambda score: _moment(score.as_of)),
    "ls_warnings": _Column(lambda score: "; ".join(score.warnings)),
    "error": _Column(lambda score: str(score.error) if score.error else None),
}
TINTS = {"hot": "F4B183", "warm": "FFE699", "cold": "BDD7EE"}
"""Colours of a workbook's cells, by maturity, that black text can be read on."""
RANK = "ls_rank"
"""1 for the most probable lead of the file; relative to the file, unlike everything else."""
SAME = "ls_same_person"
"""The id of the first row of the file that has the same e-mail address or phone number under another id."""

VALUE = "ls_value"
"""What a lead is expected to bring; there where the recipe asks for it."""


@dataclass(frozen=True)
class Added:
    """The columns that batch appends: those of every recipe, and those that one asks for."""

    columns: Mapping[str, _Column]

    @classmethod
    def of(cls, recipe: Recipe) -> Self:
        """With a column for each of its horizons but the longest, for the value and for each milestone."""
        names = [one.name for one in recipe.milestone]
        return cls.asked(recipe.recipe.horizons, value=recipe.recipe.value, milestones=names)

    @classmethod
    def asked(cls, horizons: Sequence[float], *, value: bool, milestones: Sequence[str] = ()) -> Self:
        """For these horizons (days, rising), with a `value` or without one, and for these milestones."""
        found = dict(_COLUMNS)
        for days in horizons[:-1]:
            found[f"ls_within_{days:g}_days"] = _Column(partial(_within, days), float)
        if len(horizons) > 1:
            found["ls_expected_days"] = _Column(lambda score: score.expected_days, float)
        if value:
            found["ls_amount"] = _Column(lambda score: score.worth and score.worth.amount, float)
            found[VALUE] = _Column(lambda score: score.worth and score.worth.value, float)
            found["ls_value_low"] = _Column(lambda score: score.worth and score.worth.low, float)
            found["ls_value_high"] = _Column(lambda score: score.worth and score.worth.high, float)
        for name in milestones:
            found[f"ls_milestone_{name}"] = _Column(partial(_step, name), float)
        return cls(found)

    @classmethod
    def asked_by(cls, scores: Sequence[Score]) -> Self:
        """For the curve and the value that some of `scores` have."""
        curve = next(([point.days for point in score.horizons] for score in scores if score.horizons), [])
        return cls.asked(curve, value=any(score.worth for score in scores))

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in order."""
        return (RANK, *self.columns, SAME)

    def row(self, score: Score) -> tuple[Any, ...]:
        """One score's cells but those that look at the whole file; None where empty."""
        cells = (column.read(score) for column in self.columns.values())
        return tuple(None if cell is None or cell == "" else cell for cell in cells)

    def table(self, rows: Sequence[tuple[Any, ...]]) -> Any:
        """`rows` as an Arrow table, whose types do not depend on what is in them."""
        import pyarrow as pa

        types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
        schema = pa.schema([(name, types[column.holds]) for name, column in self.columns.items()])
        cells: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(self.columns)
        columns = [pa.array(column, kind) for column, kind in zip(cells, schema.types, strict=True)]
        return pa.Table.from_arrays(columns, schema=schema)

    def table_of(
        self,
        scores: Sequence[Score],
        kind: NDArray[np.intp],
        numbers: Mapping[str, Floats],
        reasons: Mapping[str, Sequence[Sequence[HasText]]],
    ) -> Any:
        """The table of leads that read like `scores[kind]`, but for the columns in `numbers` (NaN where
        empty) and `reasons`, which have a cell for each lead."""
        import pyarrow as pa

        whole = self.table([self.row(score) for score in scores]).take(pa.array(kind))
        for name, own in numbers.items():
            cells = pa.array(own, pa.float64(), mask=np.isnan(own))
            place = whole.schema.get_field_index(name)
            whole = whole.set_column(place, name, cells.cast(whole.schema.types[place]))
        for name, told in reasons.items():
            texts = pa.array([_reasons(own) or None for own in told], pa.string())
            whole = whole.set_column(whole.schema.get_field_index(name), name, texts)
        return whole


PLAIN = Added(_COLUMNS)
"""The columns of a recipe that asks for nothing more."""
ADDED: tuple[str, ...] = PLAIN.names


def row_of(score: Score) -> tuple[Any, ...]:
    """One score's cells in the columns of `PLAIN`."""
    return PLAIN.row(score)


def in_order(probabilities: Floats) -> Floats:
    """The known ones as `ranks_among` wants them."""
    return np.sort(-probabilities[~np.isnan(probabilities)])


def ranks_among(ordered: Floats, probabilities: Floats) -> Floats:
    """The ranks of some `probabilities` among all that are `in_order`: 1 for the highest; equal ones share
    the better rank, NaN has none.

    >>> known = np.array([0.2, 0.5, np.nan, 0.2, 0.1])
    >>> ranks_among(in_order(known), known).tolist()
    [2.0, 1.0, nan, 2.0, 4.0]
    """
    ranks = np.searchsorted(ordered, -probabilities, side="left") + 1.0
    return np.where(np.isnan(probabilities), np.nan, ranks)


def _within(days: float, score: Score) -> float | None:
    return next((point.probability for point in score.horizons if point.days == days), None)


def _step(name: str, score: Score) -> float | None:
    """The probability of a milestone, 1 where it is reached."""
    found = next((one for one in score.milestones if one.name == name), None)
    if found is None:
        return None
    return 1.0 if found.state == "reached" else found.probability


def _who(by: ScoredBy) -> str:
    """`model 3`, or `model 3 (b2b)` where the segment's own scorer answered."""
    return f"{by.rung} {by.version}" + (f" ({by.segment})" if by.segment else "")


def _reasons(reasons: Sequence[HasText]) -> str:
    return "; ".join(reason.text for reason in reasons)


def _moment(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
