"""Answers to many leads as JSON: written once for all that read alike, with each lead's own numbers put in.

Most of an answer follows from few things: who answers, bands, grade, stage, next action, warnings. So the
checked `Score` of the first of such leads is made and written, and is a frame for the others: only id,
probability, score, reasons and interval are each lead's own. The bytes are those of `answer_text` of its own
`Score`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import repeat
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from pydantic_core import to_json

from features.columns import Columns, Floats
from features.lead import Lead
from serving.answer import Row
from serving.answer.alike import Alike, LeadAnswers
from serving.answer.reasons import SaidReason
from serving.score import ObservedRate, Score
from serving.wire.flat import answer_text

_NOTHING: dict[str, Any] = {"lead_id": "", "reasons_for": [], "reasons_against": []}
_NOTHING |= {"probability": None, "score": None, "interval": None}
_ID = '{"lead_id":""'
_NUMBERS = ',"probability":null,"score":null'
_REASONS = ',"reasons_for":[],"reasons_against":[],"interval":null'
_FLAT = "".join(f',"reason{side}_{at}_text":null' for side in ("", "_against") for at in (1, 2, 3))
_FLAT += ',"interval_low":null,"interval_high":null'


class Frame(NamedTuple):
    """The text of an answer around what is a lead's own.

    It stands behind the lead's id, its numbers, its reasons and interval, and the flat copies of these.
    """

    behind_id: str
    behind_numbers: str
    behind_reasons: str
    behind_flat: str

    @classmethod
    def of(cls, score: Score) -> Frame:
        """That of `score`. A quotation mark inside of a text is escaped, so that no text looks like a mark.

        Raises:
            ValueError: the text is not of the form that is known here.
        """
        _, rest = answer_text(score.model_copy(update=_NOTHING)).split(_ID)
        behind_id, rest = rest.split(_NUMBERS)
        behind_numbers, rest = rest.split(_REASONS)
        behind_reasons, behind_flat = rest.split(_FLAT)
        return cls(behind_id, behind_numbers, behind_reasons, behind_flat)


@dataclass(frozen=True)
class WrittenAnswers:
    """The `texts` of the answers to leads of these `ids`, and the scores that they were made of."""

    answers: LeadAnswers
    ids: Sequence[str]
    alike: Alike
    texts: Sequence[str]

    @classmethod
    def of(cls, answers: LeadAnswers, ids: Sequence[str]) -> WrittenAnswers:
        """Written by kind; what is alike must have been asked with one object."""
        alike = answers.alike({})
        return cls(answers, ids, alike, list(_texts(alike, ids)))

    def score(self, at: int) -> Score:
        """The score of one lead."""
        return self.answers.score(at).model_copy(update={"lead_id": self.ids[at]})

    @cached_property
    def told(self) -> list[tuple[Score, float | None]]:
        """Of each lead a score that reads like its own, and its probability."""
        alike = self.alike
        return [
            (alike.scores[kind], None if chance != chance else chance)
            for kind, chance in zip(alike.kind.tolist(), alike.probability.tolist(), strict=True)
        ]


@dataclass(frozen=True)
class Answered:
    """An answer, with the lead and the features that it was computed from where its input could be read.

    `at` is its place in `columns`, and in what was `made` where answers were written together.
    """

    made: Score | WrittenAnswers
    lead: Lead | None = None
    columns: Columns | None = field(default=None, repr=False)
    at: int = 0

    @property
    def score(self) -> Score:
        """The answer as its type."""
        return self.made if isinstance(self.made, Score) else self.made.score(self.at)

    @property
    def text(self) -> str:
        """The answer as JSON."""
        return answer_text(self.made) if isinstance(self.made, Score) else self.made.texts[self.at]

    @property
    def told(self) -> tuple[Score, float | None]:
        """A score that says what this one says beside its own numbers, and its probability."""
        made = self.made
        return (made, made.probability) if isinstance(made, Score) else made.told[self.at]

    @property
    def row(self) -> Row | None:
        """The features by name."""
        return None if self.columns is None else self.columns.row(self.at)


def _texts(alike: Alike, ids: Sequence[str]) -> Iterator[str]:
    frames = [Frame.of(score) for score in alike.scores]
    told = zip(_written(alike.low), _written(alike.high), alike.narrowed_by, strict=True)
    intervals = [_interval(*one) for one in told]
    rows = zip(
        ids, alike.kind.tolist(), _written(alike.probability), _whole(alike.score), intervals,
        _lists(alike.reasons_for), _lists(alike.reasons_against), strict=True,
    )  # fmt: skip
    for lead_id, kind, probability, score, (interval, ends), (pro, pro_texts), (con, con_texts) in rows:
        one = frames[kind]
        yield (
            f'{{"lead_id":{encode_basestring(lead_id)}{one.behind_id},"probability":{probability},"score":{score}'
            f'{one.behind_numbers},"reasons_for":[{pro}],"reasons_against":[{con}],"interval":{interval}'
            f'{one.behind_reasons},"reason_1_text":{pro_texts[0]},"reason_2_text":{pro_texts[1]}'
            f',"reason_3_text":{pro_texts[2]},"reason_against_1_text":{con_texts[0]}'
            f',"reason_against_2_text":{con_texts[1]},"reason_against_3_text":{con_texts[2]}{ends}'
            f"{one.behind_flat}"
        )


class _WrittenReason(NamedTuple):
    """A reason as JSON: its text, and the whole around its strength."""

    text: str
    before: str
    behind: str


@lru_cache(maxsize=10_000)  # some 8 MB: leads to come have the same few thousand
def _written_reason(
    text: str, feature: str, signal: str, rate: tuple[float, int, float] | None
) -> _WrittenReason:
    told, of, about = (to_json(part).decode() for part in (text, feature, signal))
    known = ObservedRate(rate=rate[0], leads=rate[1], of_all=rate[2]) if rate else None
    before, behind = f'{{"text":{told},"feature":{of},"strength":', f',"signal":{about},"rate":'
    return _WrittenReason(told, before, f"{behind}{to_json(known).decode()}}}")


def _lists(told: Sequence[Sequence[SaidReason]]) -> Iterator[tuple[str, Sequence[str]]]:
    """The reasons of each lead, and the texts of the first three; `null` where there are fewer."""
    if not any(told):
        yield from repeat(("", ("null", "null", "null")), len(told))
        return
    strengths = iter(_json_list([one.strength for own in told for one in own]))
    for own in told:
        parts, texts = list[str](), list[str]()
        for (text, feature, _, signal, rate), strength in zip(own, strengths, strict=False):
            known = (rate.rate, rate.leads, rate.of_all) if rate else None
            written, before, behind = _written_reason(text, feature, signal, known)
            parts.append(f"{before}{strength}{behind}")
            texts.append(written)
        yield ",".join(parts), texts if len(texts) > 2 else (*texts, "null", "null", "null")


def _interval(low: str, high: str, narrowed_by: str | None) -> tuple[str, str]:
    """The interval, and the flat copy of it."""
    ends = f',"interval_low":{low},"interval_high":{high}'
    if low == "null":
        return low, ends
    by = "null" if narrowed_by is None else encode_basestring(narrowed_by)
    return f'{{"low":{low},"high":{high},"narrowed_by":{by}}}', ends


def _written(numbers: Floats) -> list[str]:
    """Numbers as JSON, `null` for NaN."""
    return _json_list([None if number != number else number for number in numbers.tolist()])


def _whole(numbers: Floats) -> list[str]:
    return ["null" if number != number else str(int(number)) for number in numbers.tolist()]


def _json_list(numbers: Sequence[float | None]) -> list[str]:
    return to_json(numbers).decode()[1:-1].split(",") if numbers else []
