"""What became known of an account's leads, sorted once for all who ask; each is told it without their own."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, overload

_FIRST = -(2**63)


class Deeds(NamedTuple):
    """What became known of a lead and when (µs): its creation, its events (None: not given), its end."""

    lead_id: str
    created_us: int | None
    events_us: tuple[int, ...] | None
    won_us: int | None = None
    lost_us: int | None = None

    def known(self) -> dict[str, list[int]]:
        """Kind → when each thing of it became known: nothing before the lead itself, and who has no date of
        creation counts by its events alone."""
        created = self.created_us
        events = self.events_us or ()
        if created is None:
            return {"leads": [], "won": [], "lost": [], "events": sorted(events)}
        ends = {"won": self.won_us, "lost": self.lost_us}
        found = {end: [] if at is None else [max(created, at)] for end, at in ends.items()}
        return {"leads": [created], **found, "events": sorted(max(created, at) for at in events)}


class Account:
    """Leads of one account; of an id the first counts."""

    def __init__(self, deeds: Iterable[Deeds] = ()) -> None:
        self._deeds: dict[str, Deeds] = {}
        for one in deeds:
            self.add(one)

    def add(self, deeds: Deeds) -> None:
        """One more, before anybody asks."""
        self._deeds.setdefault(deeds.lead_id, deeds)

    @property
    def ids(self) -> Collection[str]:
        """Its leads."""
        return self._deeds.keys()

    def but(self, gone: Collection[str]) -> Account:
        """The same without the leads `gone`; itself where it has none of them."""
        if not any(one in self._deeds for one in gone):
            return self
        return Account(one for name, one in self._deeds.items() if name not in gone)

    def others(self, own: Collection[str], as_of_us: int) -> dict[str, Sequence[int]]:
        """When each thing of all leads but `own` became known, rising, up to `as_of_us`: views of what is
        sorted once, which cost only what the leads `own` have."""
        mine = [self._deeds[one].known() for one in own if one in self._deeds]
        return {
            kind: Rest(every, sorted(at for one in mine for at in one[kind]), as_of_us)
            for kind, every in self._sorted.items()
        }

    def lacks_events(self, own: Collection[str], as_of_us: int) -> bool:
        """Whether one of the leads but `own`, of those created by then, was sent without events."""
        mine = [self._deeds[one] for one in own if one in self._deeds]
        without = bisect_right(self._without_events, as_of_us)
        return without > bisect_right(_created_without_events(mine), as_of_us)

    @cached_property
    def _sorted(self) -> Mapping[str, array[int]]:
        found: dict[str, list[int]] = {"leads": [], "won": [], "lost": [], "events": []}
        for one in self._deeds.values():
            for kind, known in one.known().items():
                found[kind] += known
        return {kind: array("q", sorted(known)) for kind, known in found.items()}

    @cached_property
    def _without_events(self) -> list[int]:
        return _created_without_events(self._deeds.values())


def _created_without_events(deeds: Iterable[Deeds]) -> list[int]:
    return sorted(
        _FIRST if one.created_us is None else one.created_us for one in deeds if one.events_us is None
    )


class _View(Sequence[int]):
    """Rising moments that are looked up, never copied."""

    _length = 0

    def _at(self, place: int) -> int:
        raise NotImplementedError

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> list[int]: ...
    def __getitem__(self, place: int | slice) -> int | list[int]:
        places = range(self._length)[place]
        return self._at(places) if isinstance(places, int) else [self._at(one) for one in places]


class Rest(_View):
    """`every` up to `until_us` without `own`, which are among them; both rise."""

    def __init__(self, every: Sequence[int], own: Sequence[int], until_us: int) -> None:
        self._every = every
        own = own[: bisect_right(own, until_us)]
        first: dict[int, int] = {}
        for place, at in enumerate(own):
            first.setdefault(at, place)
        # where each stands, less those taken before it: how many of the rest come before
        self._before = [bisect_left(every, at) - first[at] for at in own]
        self._length = bisect_right(every, until_us) - len(own)

    def _at(self, place: int) -> int:
        return self._every[place + bisect_right(self._before, place)]


class Both(_View):
    """Two rising sequences as one."""

    def __init__(self, one: Sequence[int], other: Sequence[int]) -> None:
        self._one, self._other = one, other
        self._length = len(one) + len(other)

    def _at(self, place: int) -> int:
        one, other = self._one, self._other
        low, high = max(0, place - len(other)), min(place, len(one))
        while low < high:  # how many of the `place` smallest are of `one`
            half = (low + high) // 2
            if one[half] < other[place - half - 1]:
                low = half + 1
            else:
                high = half
        rest = place - low
        if low == len(one):
            return other[rest]
        return one[low] if rest == len(other) else min(one[low], other[rest])
