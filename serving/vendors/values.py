"""What a score says in a CRM: our values of it, whether they differ from those sent, how they are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from serving.score import Score
from serving.vendors.adapter import Value, Values
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import CrmProperty, Language, option_words, within_name

FIELDS = (
    "score", "probability", "grade", "maturity", "next_action", "deadline", "reasons", "status", "scored_by",
    "scored_at",
)  # fmt: skip
"""Our values of a score, by the names that a mapping file maps from."""
_TELLING = ("status", "grade", "maturity", "next_action")
"""A change of one of these is sent at once; of the rest only the score's steps are."""
_DIGITS = 4
"""Decimals of a percentage, as in the files for an import."""
_REASONS = 3
"""Reasons for, and as many against: what a salesperson reads at a glance."""
_SCORED = frozenset({"scored", "uncalibrated"})


def values_of(score: Score, further: Iterable[str] = ()) -> Values:
    """Our values of `score`, and those of its outlook that `further` names.

    None where it has none; of a lead that closed, abstained or opted out there is nothing but that.
    """
    said = dict.fromkeys((*FIELDS, *further), None)
    said |= {"status": score.status, "scored_at": _moment(score.as_of)}
    if score.status not in _SCORED:
        return said
    action, by = score.next_action, score.scored_by
    return said | {
        "score": score.score,
        "probability": None if score.probability is None else round(score.probability, 4),
        "grade": score.grade,
        "maturity": score.maturity,
        "next_action": action.action if action else None,
        "deadline": _moment(action.deadline) if action else None,
        "reasons": _reasons(score),
        "scored_by": by.rung if by else None,
    } | {name: value for name, value in _outlook(score).items() if name in said}  # fmt: skip


def _outlook(score: Score) -> Values:
    """The expected value, in the currency of the outcomes, and the probability by each horizon."""
    curve = {within_name(point.days): round(point.probability, 4) for point in score.horizons}
    return curve | ({"value": round(score.worth.value, 2)} if score.worth else {})


def _moment(moment: object) -> str | None:
    from datetime import datetime

    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(moment, datetime) else None


def _reasons(score: Score) -> str:
    lines = [f"+ {reason.text}" for reason in score.reasons_for[:_REASONS]]
    return "\n".join(lines + [f"− {reason.text}" for reason in score.reasons_against[:_REASONS]])


@dataclass(frozen=True)
class KeptValues:
    """What is kept of what was sent: our values, and the places (`PushMapping.places`) that they went to."""

    values: Values
    properties: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> KeptValues | None:
        """What `PushState` keeps; None where nothing was ever accepted."""
        return cls(**json.loads(text)) if text else None

    def written(self) -> str:
        """As `PushState` keeps it."""
        return json.dumps({"values": dict(self.values), "properties": dict(self.properties)}, sort_keys=True)


def differs(values: Values, before: KeptValues | None, mapping: PushMapping) -> bool:
    """Whether `values` are to be sent: never sent, a band or a status changed, or the score by a step.

    So too where the mapping names other places than it did, or its outlook moved or is there no more.
    """
    clears = values["score"] is None
    if before is None:
        return not clears  # where nothing was ever sent there is nothing to clear
    if before.properties != mapping.places and not (clears and before.values.get("score") is None):
        return True
    if any(values[name] != before.values.get(name) for name in _TELLING):
        return True
    return any(
        stepped(values[name], then := before.values.get(name), _step(name, then, mapping))
        for name in ("score", *mapping.further)
    )


def stepped(now: Value, then: Value, step: float) -> bool:
    """Whether a number moved by `step` or more, is new, or is there no more."""
    if now == then or not isinstance(now, int | float) or not isinstance(then, int | float):
        return now != then
    return round(abs(now - then) - step, 9) >= 0


def _step(name: str, then: Value, mapping: PushMapping) -> float:
    if name == "value":
        return mapping.value_step / 100 * abs(then) if isinstance(then, int | float) else 0.0
    return mapping.step if name == "score" else mapping.step / 100


def rendered(values: Values, mapping: PushMapping, empty: Value = None) -> dict[str, Value]:
    """`values` by the CRM's properties, in its types and the mapping's language; nothing is `empty`."""
    known = mapping.profile.property_of
    return {
        key: _written(values.get(name), name, known(name), mapping.language, empty)
        for name, key in mapping.properties.items()
    }


def _written(value: Value, name: str, told: CrmProperty, language: Language, empty: Value) -> Value:
    if value is None or value == "":
        return empty
    if told.percent and isinstance(value, int | float):
        return round(100 * value, _DIGITS)
    if told.type == "date":
        return str(value)[:10]
    words = option_words().get(name, {})
    if told.type != "enumeration" and value in words:
        return getattr(words[str(value)], language)  # type: ignore[no-any-return]
    if told.most is not None and isinstance(value, str):
        return value if len(value) <= told.most else value[: told.most - 1] + "…"
    return value
