"""What is the case with a lead, as far as a signal sees it: few plain values that words can be made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from features.catalogue import DateAge, DomainKind, Feature, FieldValue, KeywordGroup, WallClock
from features.clock import DAY_US, dates_of
from features.columns import Column, Columns, Floats, n_leads, numbers_of
from serving.words.language import catalogue
from serving.words.signals import Kind, LeadSignal, owner_of

Objects: TypeAlias = NDArray[np.object_]
Facts: TypeAlias = tuple[Any, ...]
"""The values that a signal's words are made of; None where one is not known. Equal facts, equal words."""


@dataclass(frozen=True)
class Moments:
    """When leads are looked at: `as_of_us` of shape `(n_leads,)`, None where time is only an order."""

    as_of_us: NDArray[np.int64] | None = None
    zone: str = "UTC"
    known_dates: NDArray[np.int64] | None = None

    @cached_property
    def dates(self) -> NDArray[np.int64] | None:
        """The date of each moment by the wall clock, in days since 1970-01-01."""
        if self.as_of_us is None or self.known_dates is not None:
            return self.known_dates
        return dates_of(self.as_of_us, self.zone)

    def take(self, rows: NDArray[np.intp]) -> Moments:
        """The moments of some leads."""
        if self.as_of_us is None or self.dates is None:
            return self
        return Moments(self.as_of_us[rows], self.zone, self.dates[rows])

    def days(self, ages: Floats) -> Floats:
        """Whole days that ages in days come to by the calendar: what was late yesterday is 1 day ago."""
        if self.as_of_us is None or self.dates is None:
            return np.floor(ages)
        if len(ages) == 1:  # on an array of one number each step costs more than all of them in Python
            return np.array([self._days(ages.item(), self.as_of_us.item(), self.dates.item())])
        known = ~np.isnan(ages)
        then = self.as_of_us - np.rint(np.where(known, ages, 0.0) * DAY_US).astype(np.int64)
        return np.where(known, self.dates - dates_of(then, self.zone), np.nan)

    def _days(self, age: float, as_of_us: int, date: int) -> float:
        """`days` of one lead; `round` goes to the even one of two neighbours, as `rint` does."""
        if age != age:
            return np.nan
        then = as_of_us - round(age * DAY_US)
        return float(date - dates_of(then, self.zone))


@dataclass(frozen=True)
class FactReader:
    """Reads the facts of some leads from their `columns`; what a column is absent for is not known."""

    columns: Columns
    moments: Moments

    def take(self, rows: NDArray[np.intp], signal: LeadSignal) -> FactReader:
        """Of some leads, rising, as far as `signal` looks."""
        if len(rows) == n_leads(self.columns):
            return self  # all of them
        own = {name: self.columns[name][rows] for name in signal.read if name in self.columns}
        return FactReader(Columns(own, len(rows)), self.moments.take(rows))

    def of(self, row: int) -> FactReader:
        """Of one lead."""
        rows = np.array([row], dtype=np.intp)
        own = {name: column[rows] for name, column in self.columns.items()}
        return FactReader(Columns(own, 1), self.moments.take(rows))

    def of_pairs(
        self, signals: Sequence[LeadSignal], rows: NDArray[np.intp], places: NDArray[np.intp]
    ) -> list[Facts]:
        """What is the case with a lead of `rows`, which rise, as far as the signal at the same of `places`
        sees it.

        Most signals are about events, which are looked at together.
        """
        found: list[Facts] = [()] * len(rows)
        by_signal: dict[int, list[int]] = {}
        for at, place in enumerate(places.tolist()):
            by_signal.setdefault(place, []).append(at)
        of_events = {place: by_signal.pop(place) for place in [*by_signal] if signals[place].kind == "events"}
        told = [
            (pairs, self.take(rows[pairs], signals[place]).facts(signals[place]))
            for place, pairs in by_signal.items()
        ]
        if of_events:
            pairs = [at for own in of_events.values() for at in own]
            asked = [(signals[place].told_by, len(own)) for place, own in of_events.items()]
            told.append((pairs, self._of_events(asked, rows[pairs])))
        for pairs, facts in told:
            for at, one in zip(pairs, facts, strict=True):
                found[at] = one
        return found

    def _of_events(
        self, asked: Sequence[tuple[tuple[Feature, ...], int]], rows: NDArray[np.intp]
    ) -> list[Facts]:
        """How often, and how many days ago last: of so many of `rows` by each pair of a count and a
        recency."""
        numbers = self.numbers(tuple(feature.name for pair, _ in asked for feature in pair))
        place = np.repeat(np.arange(0, len(numbers), 2), [of_rows for _, of_rows in asked])
        days = np.maximum(self.moments.take(rows).days(numbers[place + 1, rows]), 0)
        return list(zip(_whole(np.rint(numbers[place, rows])), _whole(days), strict=True))

    def facts(self, signal: LeadSignal) -> list[Facts]:
        """The facts of each lead."""
        arrays = _READERS[signal.kind](self, signal)
        return list(zip(*[array.tolist() for array in arrays], strict=True))

    def number(self, name: str) -> Floats:
        """A column of numbers, NaN where it is absent."""
        if name not in self.columns:
            return np.full(n_leads(self.columns), np.nan)
        return np.asarray(self.columns[name], dtype=np.float64)

    def numbers(self, names: tuple[str, ...]) -> Floats:
        """`number` of several columns, shape `(len(names), n_leads)`."""
        if isinstance(self.columns, Columns) and self.columns.hold(names):
            return numbers_of(self.columns, names)
        return np.array([self.number(name) for name in names], dtype=np.float64)

    def whole(self, name: str) -> Objects:
        """A column of numbers rounded to whole ones, None where not known."""
        return known_or_none(np.rint(self.number(name)), int)

    def level(self, name: str) -> Objects:
        """A column of categories."""
        if name not in self.columns:
            return np.full(n_leads(self.columns), None, dtype=object)
        return np.asarray(self.columns[name], dtype=object)


def known_or_none(numbers: Floats, kind: Callable[[Any], Any] = float) -> Objects:
    """Numbers as Python's, None for NaN."""
    return np.array([None if x != x else kind(x) for x in numbers.tolist()], dtype=object)


def _whole(numbers: Floats) -> list[int | None]:
    return [None if x != x else int(x) for x in numbers.tolist()]


def _events(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    """How often, and how many days ago last."""
    count, recency = signal.told_by
    days = read.moments.days(read.number(recency.name))
    return read.whole(count.name), known_or_none(np.maximum(days, 0), int)


def _number(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    numbers = read.number(_first(signal, FieldValue))
    return (known_or_none(np.where(np.abs(numbers) >= 0.1, np.round(numbers, 2), numbers)),)


def _category(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    return (read.level(_first(signal, FieldValue)),)


def _email(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    """The kind of the domain, whether it is the company's, and who owns it where somebody asks that."""
    owner = owner_of(signal)
    same = next((f.name for f in signal.features if getattr(f, "type", "") == "same_company"), "")
    kind = read.level(_first(signal, DomainKind))
    return kind, read.whole(same), read.level(owner.name if owner else "")


def _title(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    """The groups of words that a text has, joined by '+', '' for none of them.

    Those that have a name, the highest level alone; else any groups, by their places.
    """
    groups = [f for f in signal.features if isinstance(f, KeywordGroup)]
    named = [f for f in groups if f.called in _named_groups()]
    asked = named or groups
    table = np.column_stack([read.number(group.name) for group in asked])
    names = [group.called if named else f"={place}" for place, group in enumerate(asked)]
    found = [
        None
        if np.isnan(row).all()
        else _joined([name for name, hit in zip(names, row, strict=True) if hit == 1])
        for row in table
    ]
    return (np.array(found, dtype=object),)


def _joined(names: list[str]) -> str:
    levels = [name for name in _LEVELS if name in names]
    return "+".join(name for name in names if name not in levels[1:])


_LEVELS = ("founder", "c_level", "director", "manager", "junior")


@cache
def _named_groups() -> Mapping[str, str]:
    return {key: word for key, word in catalogue("en")["title"].items() if "{" not in word}


def _filled(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    return (read.whole(signal.features[0].name),)


def _date(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    """The date in days since 1970-01-01, and how many days ago it was: None of undated leads."""
    if signal.is_number:
        day = next(f.name for f in signal.features if getattr(f, "type", "") == "date_day")
        days = known_or_none(np.floor(read.number(day)), int)
        return days, np.full(len(days), None, dtype=object)
    ages = read.moments.days(read.number(_first(signal, DateAge)))
    dates = 0 if read.moments.dates is None else read.moments.dates
    return known_or_none(dates - ages, int), known_or_none(ages, int)


def _founded(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    name = next((f.name for f in signal.features if getattr(f, "type", "") == "company_age"), "")
    return (known_or_none(np.floor(read.number(name)), int),)


def _age(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    return (known_or_none(read.moments.days(read.number(signal.features[0].name)), int),)


def _arrival(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    """Weekday, part of the day, month of the creation; the first hour of a day is a date without a time."""
    parts = {f.part: f.name for f in signal.features if isinstance(f, WallClock)}
    hours = read.number(parts.get("hour", ""))
    part = np.where(hours < 1, np.nan, hours // 6)
    return read.whole(parts.get("weekday", "")), known_or_none(part, int), read.whole(parts.get("month", ""))


def _season(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    return (np.zeros(n_leads(read.columns), dtype=object),)


def _record(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    filled = signal.features[0]
    fields = len(getattr(filled, "fields", ()))
    return known_or_none(np.rint(read.number(filled.name) * fields), int), np.full(
        n_leads(read.columns), fields, dtype=object
    )


def _account(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    """Other leads of the account, and those of them that were won."""
    names = {getattr(f, "what", ""): f.name for f in reversed(signal.features)}
    return read.whole(names.get("leads", "")), read.whole(names.get("won", ""))


def _checklist(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    """Items of a checklist that are answered, and that are negative."""
    names = {getattr(f, "what", ""): f.name for f in signal.features}
    return read.whole(names.get("answered", "")), read.whole(names.get("negative", ""))


def _gap(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    return (known_or_none(np.floor(read.number(signal.features[0].name)), int),)


def _first(signal: LeadSignal, kind: type[Any]) -> str:
    """The name of the signal's first feature of a kind, '' where it has none."""
    return next((f.name for f in signal.features if isinstance(f, kind)), "")


def _yes_or_no(read: FactReader, signal: LeadSignal) -> Sequence[Objects]:
    return (read.whole(_first(signal, FieldValue)),)


_READERS: dict[Kind, Callable[[FactReader, LeadSignal], Sequence[Column]]] = {
    "events": _events, "number": _number, "category": _category, "boolean": _yes_or_no, "email": _email,
    "phone": _yes_or_no, "title": _title, "filled": _filled, "date": _date, "founded": _founded, "age": _age,
    "arrival": _arrival, "season": _season, "record": _record, "account": _account,
    "checklist": _checklist, "gap": _gap,
}  # fmt: skip
