"""One lead in memory, at one moment: canonical values and the events that are visible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from features.cells import Canonical
from features.lead.measures import KindEvents, Measure

UNDATED = (
    "the date of creation is not known: the lead's age, and the hour and weekday of its creation, count as "
    "missing"
)
"""A note about a lead of a recipe that has dates."""


def events_noted(unknown: int, later: int) -> list[str]:
    """What was left out of a lead's events, without values; in every way in."""
    notes = []
    if unknown == 1:
        notes.append("1 event of a kind that the recipe does not name was left out")
    elif unknown:
        notes.append(f"{unknown} events of kinds that the recipe does not name were left out")
    if later == 1:
        notes.append("1 event after as_of was left out")
    elif later:
        notes.append(f"{later} events after as_of were left out")
    return notes


Visible: TypeAlias = Mapping[str, list[tuple[int, int]]]
"""Kind → (age in µs, value in thousandths) of each of its events that was available at as_of."""


@dataclass(frozen=True)
class Lead:
    """What is known of a lead at `as_of_us`; `created_us` is None where the date of creation is not known.

    `values` are canonical values by canonical column (None = missing). `by_kind` holds the visible events of
    each kind that has any; None means that events were not given, which is not the same as no events.
    `outcome` is the closing state, if the lead is closed. `notes` say what was left out, without values.
    `others` are the account's other leads: 'leads', 'won', 'lost' and 'events' → the moments (µs, rising) at
    which each became known, None where such a table is not given; None where nobody has told of them.
    """

    lead_id: str
    as_of_us: int
    created_us: int | None
    values: Mapping[str, Canonical] = field(repr=False)  # a lead's values belong in no message or log
    by_kind: Mapping[str, KindEvents] | None = field(repr=False)
    stage: str | None = None
    outcome: str | None = None
    opted_out: bool = False
    account_id: str | None = None
    notes: tuple[str, ...] = ()
    others: Mapping[str, Sequence[int] | None] | None = field(default=None, repr=False)
    known_us: tuple[int, ...] = field(default=(), repr=False)
    closed_us: int | None = None

    def tally(self, tally: Tally) -> int | None:
        """A measure over the visible events of some kinds; None where there is no such event."""
        by_kind, kinds, measure = self.by_kind, tally.kinds, tally.measure
        if not by_kind:
            return None
        if len(kinds) == 1:  # most features look at one kind
            events = by_kind.get(kinds[0])
            return None if events is None else events.folded(measure)
        key = measure.key
        some = [by_kind[kind] for kind in kinds if kind in by_kind] if kinds else by_kind.values()
        # what is folded already is read without a call: this line runs hundreds of times a lead
        parts = [one.folds[key] if key in one.folds else one.folded(measure) for one in some]
        return measure.combine(parts) if parts else None


@dataclass(frozen=True)
class Tally:
    """A measure over the kinds of one feature, each counted once; no kinds means any."""

    measure: Measure
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", tuple(sorted(set(self.kinds))))


def gather(visible: Visible, as_of_us: int) -> dict[str, KindEvents]:
    """Visible events by kind, newest first.

    Ages and values are ordered separately only in appearance: equal ages have no order among them that a
    measure could see.
    """
    gathered = {}
    for kind, items in visible.items():
        items.sort()
        ages, values = zip(*items, strict=True)
        gathered[kind] = KindEvents(kind, ages, values, as_of_us)
    return gathered
