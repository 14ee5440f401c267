"""`[[engagement]]`: what events are worth, how often they count, and how that fades."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from serving.rules.section import Band, CardSection, Points


class DecayStep(CardSection):
    """An event that is `after_days` old or older keeps this share of its points."""

    after_days: float = Field(gt=0, le=36_500)
    keep: float = Field(ge=0, lt=1)


class EventRule(CardSection):
    """`[[engagement]]`: `points` for each event of the kinds `events`, in all no further from 0 than `cap`.

    `first` are the points of the newest such event, `points` then those of each earlier one. Points fade by
    half every `half_life_days`, or by `steps`, or count for `within_days`, or never. `once_a_day` counts days
    with such an event instead of events. `ranges` give points by how many there were, instead of `points`.
    With `silent_days`, the points are given once, to leads whose newest such event is older than that.
    """

    name: str
    events: tuple[str, ...] = Field(min_length=1)
    points: Points | None = None
    first: Points | None = None
    ranges: tuple[Band, ...] = ()
    half_life_days: float | None = Field(default=None, gt=0)
    steps: tuple[DecayStep, ...] = ()
    within_days: float | None = Field(default=None, gt=0, le=36_500)
    once_a_day: bool = False
    cap: float | None = Field(default=None, gt=0)
    silent_days: float | None = Field(default=None, gt=0)
    group: str | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        given = {key for key in self.model_fields_set if getattr(self, key) not in (None, (), False)}
        if self.points is None and not self.ranges:
            raise ValueError("needs 'points' or 'ranges'")
        for key, others in _APART.items():
            if key in given and (both := [other for other in others if other in given]):
                raise ValueError(f"'{key}' does not go with '{both[0]}'")
        if self.once_a_day and not _whole(self.within_days or _DAYS):
            raise ValueError(f"'once_a_day' looks back a whole number of days, at most {_DAYS}")
        self._steps_fall()
        return self

    def _steps_fall(self) -> None:
        for one, other in zip(self.steps, self.steps[1:], strict=False):
            if one.after_days >= other.after_days or one.keep <= other.keep:
                raise ValueError("'steps' must grow in 'after_days' and fall in 'keep'")

    @property
    def days(self) -> int:
        """How many days of 24 hours `once_a_day` looks back."""
        return int(self.within_days or _DAYS)


_DAYS = 60
"""As far back as days are kept apart."""
_APART = {
    "silent_days": (
        "half_life_days",
        "cap",
        "first",
        "ranges",
        "steps",
        "within_days",
        "once_a_day",
    ),
    "ranges": ("points", "first", "half_life_days", "steps", "once_a_day", "cap"),
    "once_a_day": ("first", "half_life_days", "steps"),
    "half_life_days": ("steps", "within_days"),
    "steps": ("within_days",),
}


def _whole(days: float) -> bool:
    return float(days).is_integer() and days <= _DAYS
