"""The schema of rules.toml: who they are gives fit, what they did gives engagement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from serving.rules.event_rule import EventRule
from serving.rules.example import Example
from serving.rules.section import Band, Cap, CardSection, Points, Word

AXES = ("fit", "engagement")
"""Names of groups that stand for all rules of a section."""


class Keywords(CardSection):
    """Points for a text that contains one of `words`."""

    words: tuple[Word, ...] = Field(min_length=1)
    points: Points


class FieldRule(CardSection):
    """`[[fit]]`: points for a `field`, by one of `bands` (numbers and dates of the lead), `match`
    (categories and e-mail domain kinds) or `keywords` (texts; the first list that hits gives its points).

    `field` may be `bant.answered` or `bant.negative`: how many items of the recipe's checklist are so, by
    `bands`. `other` are the points of a value that nothing matches, `missing` those of no value.
    """

    name: str
    field: str
    bands: tuple[Band, ...] = ()
    match: dict[Word, Points] = Field(default_factory=dict)
    keywords: tuple[Keywords, ...] = ()
    other: Points = 0
    missing: Points = 0
    group: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(map(bool, (self.bands, self.match, self.keywords))) != 1:
            raise ValueError("needs exactly one of 'bands', 'match' and 'keywords'")
        return self


class Exclusion(CardSection):
    """`[[exclude]]`: leads not to be pursued: `points` off the fit, no call and no MQL, and a warning.

    By a `field` and its values (`match`), words (`keywords`) or e-mail `domains` (competitors, ourselves; the
    suffix does not matter), or by `events` that ever happened (unsubscribed, became a customer).
    """

    name: str
    field: str | None = None
    match: tuple[Word, ...] = ()
    keywords: tuple[Word, ...] = ()
    domains: tuple[Word, ...] = ()
    events: tuple[str, ...] = ()
    points: float = Field(default=-100, ge=-1000, lt=0)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(map(bool, (self.match, self.keywords, self.domains, self.events))) != 1:
            raise ValueError("needs either 'match' or 'keywords', or 'domains' or 'events'")
        if bool(self.field) == bool(self.events):
            raise ValueError("needs 'field', but for 'events', which have none")
        return self


class Scale(CardSection):
    """`[scale]`: the stated prior that turns points into log-odds until training has fitted a map.

    A lead of `typical_points` converts with probability `base_rate`; each point adds `per_point` log-odds.
    """

    base_rate: float = Field(default=0.05, gt=0, lt=1)
    typical_points: float = 30
    per_point: float = Field(default=0.025, gt=0)


class Cuts(CardSection):
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


class Scorecard(CardSection):
    """A whole rules.toml."""

    version: Literal[1] = 1
    scale: Scale = Field(default_factory=Scale)
    cuts: Cuts = Field(default_factory=Cuts)
    fit: tuple[FieldRule, ...] = ()
    engagement: tuple[EventRule, ...] = ()
    exclude: tuple[Exclusion, ...] = ()
    groups: dict[str, Cap] = Field(default_factory=dict)
    example: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _grouped(self) -> Self:
        axes: dict[str, str] = {}
        for axis, rule in self.grouped():
            group = rule.group or ""
            if group in AXES:
                raise ValueError(f"group '{group}' holds every rule of [{group}] already; name another")
            if group not in self.groups:
                raise ValueError(f"rule '{rule.name}' is of group '{group}', which [groups] does not have")
            if axes.setdefault(group, axis) != axis:
                raise ValueError(f"group '{group}' holds rules of [fit] and of [engagement]; make it two")
        return self

    def grouped(self) -> Iterator[tuple[str, FieldRule | EventRule]]:
        """The rules that are of a group, with their section."""
        for axis, rules in (("fit", self.fit), ("engagement", self.engagement)):
            yield from ((axis, rule) for rule in rules if rule.group is not None)
