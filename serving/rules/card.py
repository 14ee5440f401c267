"""The schema of rules.toml: who they are gives fit, what they did gives engagement."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Word = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1)]
Points = Annotated[float, Field(ge=-1000, le=1000)]


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True, allow_inf_nan=False
    )


class Band(_Section):
    """Points for numbers `from` ≤ x < `to`; an end that is left out is open."""

    lowest: float | None = Field(default=None, alias="from")
    highest: float | None = Field(default=None, alias="to")
    points: Points

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.lowest is not None and self.highest is not None and self.lowest >= self.highest:
            raise ValueError("'from' must be below 'to'")
        return self


class Keywords(_Section):
    """Points for a text that contains one of `words`."""

    words: tuple[Word, ...] = Field(min_length=1)
    points: Points


class FieldRule(_Section):
    """`[[fit]]`: points for a `field`, by one of `bands` (numbers and dates of the lead), `match`
    (categories and e-mail domain kinds) or `keywords` (texts; the first list that hits gives its points).

    `other` are the points of a value that nothing matches, `missing` those of no value.
    """

    name: str
    field: str
    bands: tuple[Band, ...] = ()
    match: dict[Word, Points] = Field(default_factory=dict)
    keywords: tuple[Keywords, ...] = ()
    other: Points = 0
    missing: Points = 0

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(map(bool, (self.bands, self.match, self.keywords))) != 1:
            raise ValueError("needs exactly one of 'bands', 'match' and 'keywords'")
        return self


class EventRule(_Section):
    """`[[engagement]]`: `points` for each event of the kinds `events`, halved every `half_life_days`
    (never, if left out), in all no further from 0 than `cap`.

    With `silent_days`, the points are given once, to leads whose newest such event is older than that.
    """

    name: str
    events: tuple[str, ...] = Field(min_length=1)
    points: Points
    half_life_days: float | None = Field(default=None, gt=0)
    cap: float | None = Field(default=None, gt=0)
    silent_days: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _count_or_silence(self) -> Self:
        if self.silent_days is not None and (self.half_life_days is not None or self.cap is not None):
            raise ValueError("'silent_days' goes with neither 'half_life_days' nor 'cap'")
        return self


class Exclusion(_Section):
    """`[[exclude]]`: leads not to be pursued (competitors, students): `points` off the fit, and a warning."""

    name: str
    field: str
    match: tuple[Word, ...] = ()
    keywords: tuple[Word, ...] = ()
    points: float = Field(default=-100, ge=-1000, lt=0)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.match) == bool(self.keywords):
            raise ValueError("needs either 'match' or 'keywords'")
        return self


class Scale(_Section):
    """`[scale]`: the stated prior that turns points into log-odds until training has fitted a map.

    A lead of `typical_points` converts with probability `base_rate`; each point adds `per_point` log-odds.
    """

    base_rate: float = Field(default=0.05, gt=0, lt=1)
    typical_points: float = 30
    per_point: float = Field(default=0.025, gt=0)


class Cuts(_Section):
    """`[cuts]`: the points from which a lead has a grade, is called an MQL, warm or hot.

    `fit` are the least points of grades A, B, C (below: D), `engagement` those of 1, 2, 3 (below: 4).
    `warm` and `hot`, total points, serve until training has fixed shares of the open leads.
    """

    fit: tuple[float, float, float] = (45, 30, 15)
    engagement: tuple[float, float, float] = (40, 20, 8)
    mql: float = 60
    warm: float = 35
    hot: float = 60

    @model_validator(mode="after")
    def _falling(self) -> Self:
        for name in ("fit", "engagement"):
            a, b, c = getattr(self, name)
            if not a > b > c:
                raise ValueError(f"'{name}' must fall, best grade first")
        if self.warm >= self.hot:
            raise ValueError("'warm' must be below 'hot'")
        return self


class Scorecard(_Section):
    """A whole rules.toml."""

    version: Literal[1] = 1
    scale: Scale = Field(default_factory=Scale)
    cuts: Cuts = Field(default_factory=Cuts)
    fit: tuple[FieldRule, ...] = ()
    engagement: tuple[EventRule, ...] = ()
    exclude: tuple[Exclusion, ...] = ()
