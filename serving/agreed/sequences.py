"""Nurture sequences as data: what follows an event on which day, what stops it, and what comes after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from pydantic import Field

from features.errors import nearest
from serving.agreed.hours import WorkCalendar
from serving.agreed.section import PlanSection
from serving.score import Maturity

Channel = Literal["email", "phone", "post", "social"]


class SequenceStep(PlanSection):
    """One thing that is sent: on which day after the start, by which channel, what."""

    after_days: int = Field(ge=0, le=730)
    channel: Channel = "email"
    what: str = Field(min_length=1)


class Sequence(PlanSection):
    """`[[sequence]]`: what is sent to leads of these `maturities` after the newest of the events `after`.

    Without `after` it begins when the lead came. Any of `stops` after its start ends it, as do an
    unsubscription and a hand-over to sales. After the last step the lead rests for `recycle_days` and begins
    again, or `then` says `drop`, or names the sequence that follows.
    """

    name: str = Field(min_length=1)
    after: tuple[str, ...] = ()
    maturities: tuple[Maturity, ...] = Field(default=("cold", "warm"), min_length=1)
    stops: tuple[str, ...] = ()
    step: tuple[SequenceStep, ...] = Field(min_length=1)
    then: str = "recycle"
    recycle_days: int = Field(default=90, ge=1, le=1000)


@dataclass(frozen=True)
class Due:
    """What is next in a sequence: the step and its number from 1, on which day; or its end (`step` None).

    At the end `day` is when the lead comes back, None where it is dropped.
    """

    sequence: str
    number: int
    of: int
    step: SequenceStep | None
    day: date | None


def sequence_faults(
    sequences: Many[Sequence], kinds: Mapping[str, object]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(where, what is wrong) of sequences that cannot be followed, or have no end."""
    names = [sequence.name for sequence in sequences]
    for index, sequence in enumerate(sequences):
        if names.index(sequence.name) != index:
            yield ("sequence", index, "name"), f"'{sequence.name}' is named twice"
        for key in ("after", "stops"):
            for kind in getattr(sequence, key):
                if kind not in kinds:
                    said = nearest(kind, kinds, "it declares")
                    yield ("sequence", index, key), f"the recipe declares no event kind '{kind}'{said}"
        if both := set(sequence.after) & set(sequence.stops):
            yield ("sequence", index, "stops"), f"{sorted(both)} would start and stop it"
        days = [step.after_days for step in sequence.step]
        if any(one >= other for one, other in pairwise(days)):
            yield ("sequence", index, "step"), "the days of its steps must grow"
        if sequence.then not in ("recycle", "drop", *names):
            said = nearest(sequence.then, ["recycle", "drop", *names])
            yield ("sequence", index, "then"), f"'{sequence.then}' is no sequence{said}"
        elif (round_trip := _circle(sequence, sequences)) is not None:
            yield ("sequence", index, "then"), f"has no end: {' → '.join(round_trip)}"


def _circle(first: Sequence, sequences: Many[Sequence]) -> list[str] | None:
    """The names on the way from a sequence back to itself."""
    by_name = {sequence.name: sequence for sequence in sequences}
    way = [first.name]
    following = first.then
    while following in by_name and following not in way:
        way.append(following)
        following = by_name[following].then
    return [*way, following] if following == first.name else None


def next_due(
    sequence: Sequence, start: date, today: date, calendar: WorkCalendar, others: Many[Sequence] = ()
) -> Due:
    """The step that is due today or next; a step of a closed day waits for the next open one.

    >>> one = Sequence(name="w", step=[{"after_days": 1, "what": "a"}, {"after_days": 8, "what": "b"}])
    >>> next_due(one, date(2026, 3, 6), date(2026, 3, 8), WorkCalendar()).day  # the 7th is a Saturday
    datetime.date(2026, 3, 9)
    """
    for number, step in enumerate(sequence.step, 1):
        day = calendar.open_day(start + timedelta(days=step.after_days))
        if day >= today:
            return Due(sequence.name, number, len(sequence.step), step, day)
    last = start + timedelta(days=sequence.step[-1].after_days)
    following = next((other for other in others if other.name == sequence.then), None)
    if following is not None:
        return next_due(following, last, today, calendar, others)
    if sequence.then == "drop":
        return Due(sequence.name, len(sequence.step), len(sequence.step), None, None)
    back = calendar.open_day(last + timedelta(days=sequence.recycle_days))
    if back > today:
        return Due(sequence.name, len(sequence.step), len(sequence.step), None, back)
    return next_due(sequence, back, today, calendar, others)  # it has come back, and is looked after again
