"""Contributions become reasons in words: one for each subject, strongest first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Columns, Floats
from serving.score import Reason
from serving.scorer import Contributions

_NEGLIGIBLE = 0.02
"""Log-odds below which a part of the margin is no reason: 2 % of the odds."""


@dataclass(frozen=True)
class Reasoner:
    """Words for the contributions of one scorer, whose features are `features` by name.

    Several features that look at the same subject (a field, a set of events) speak as one: their parts are
    added, and the one that weighs most gives the words. Else three windows of one kind of event would
    fill all the room.
    """

    features: Mapping[str, Feature]

    def reasons(
        self, parts: Contributions, columns: Columns, most: int
    ) -> tuple[list[list[Reason]], list[list[Reason]]]:
        """For each lead at most `most` reasons for, and at most `most` against, strongest first."""
        owner, speakers = self._subjects(parts.names)
        sums = np.zeros((len(parts.bias), len(speakers)))
        np.add.at(sums.T, owner, parts.values.T)
        sums = np.round(sums, 6)  # ties are broken by position, not by the last bit of a sum
        order = np.argsort(-np.abs(sums), axis=1, kind="stable")
        pro, con = [], []
        for row in range(len(sums)):
            ranked = [subject for subject in order[row] if abs(sums[row, subject]) >= _NEGLIGIBLE]
            up = [subject for subject in ranked if sums[row, subject] > 0][:most]
            down = [subject for subject in ranked if sums[row, subject] < 0][:most]
            say = [[self._say(row, s, speakers, parts, columns, sums) for s in side] for side in (up, down)]
            pro.append(say[0])
            con.append(say[1])
        return pro, con

    def _say(
        self,
        row: int,
        subject: int,
        speakers: list[NDArray[np.intp]],
        parts: Contributions,
        columns: Columns,
        sums: Floats,
    ) -> Reason:
        total = float(sums[row, subject])
        members = speakers[subject]
        # the loudest member that speaks in the direction of the sum
        loudest = members[int(np.argmax(parts.values[row, members] * math.copysign(1.0, total)))]
        feature = self.features[parts.names[loudest]]
        text = reason_words(feature, columns[feature.name][row])
        return Reason(text=text, feature=feature.name, strength=round(total, 3))

    def _subjects(self, names: tuple[str, ...]) -> tuple[NDArray[np.intp], list[NDArray[np.intp]]]:
        """For each name the number of its subject, and for each subject the positions of its names."""
        if names not in self._cache:
            subjects = [subject_of(self.features[name]) for name in names]
            number = {subject: i for i, subject in enumerate(dict.fromkeys(subjects))}
            owner = np.array([number[subject] for subject in subjects], dtype=np.intp)
            self._cache[names] = (owner, [np.flatnonzero(owner == i) for i in range(len(number))])
        return self._cache[names]

    @cached_property
    def _cache(self) -> dict[tuple[str, ...], tuple[NDArray[np.intp], list[NDArray[np.intp]]]]:
        return {}


def subject_of(feature: Feature) -> tuple[object, ...]:
    """What a feature looks at: its field, its events, else itself."""
    field, kinds = getattr(feature, "field", None), getattr(feature, "kinds", None)
    if field:
        return ("field", field)
    return ("events", kinds) if kinds else ("feature", feature.name)


def reason_words(feature: Feature, value: object) -> str:
    """A feature and its value for people, such as 'Company size: 120' or 'Demo request, recent: none'."""
    keywords = getattr(feature, "keywords", None)
    if keywords and value in (0.0, 1.0):
        subject = feature.label.partition(":")[0]
        few = ", ".join(keywords[:3]) + ("…" if len(keywords) > 3 else "")
        return f"{subject} {'says' if value else 'says none of'}: {few}"
    if getattr(feature, "half_life_days", None) and isinstance(value, float) and value == value:
        subject = feature.label.partition(", fading")[0]
        return f"{subject}, weighted by age: {value_words(round(value, 2)) if value else 'none'}"
    return f"{feature.label}: {value_words(value)}"


def value_words(value: object) -> str:
    """A column's value for people: 'not known', '3', '0.25', 'software'."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "not known"
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if number.is_integer() and abs(number) < 1e15:
        return f"{int(number):,}"
    return f"{number:,.2f}" if abs(number) >= 0.1 else f"{number:.2g}"
