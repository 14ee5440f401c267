"""Words that no value can match, or that one rule wants and another refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from features.catalogue import DomainKind
from features.cells import parse_text
from features.recipe import Recipe
from serving.rules.card import FieldRule, Keywords, Scorecard

_LEVELS = DomainKind.levels


def word_faults(card: Scorecard, recipe: Recipe) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(where, what is wrong) for the words of every rule on a field."""
    for index, rule in enumerate(card.fit):
        for problem in _unreached(rule.keywords):
            yield ("fit", index, "keywords"), problem
    for section in ("fit", "exclude"):
        for index, rule in enumerate(getattr(card, section)):
            yield from _no_kind(section, index, rule.field, tuple(rule.match), recipe)
    yield from _contradictions(card)


def _unreached(lists: Sequence[Keywords]) -> Iterator[str]:
    """Words that an earlier list finds first: 'vice president' after 'president'."""
    earlier: list[tuple[str, int]] = []
    for at, one in enumerate(lists):
        for word in one.words:
            needle = _needle(word)
            hit = next(((known, place) for known, place in earlier if known in needle), None)
            if hit is not None and lists[hit[1]].points != one.points:
                known = hit[0].strip()
                yield f"'{word}' of list {at + 1} is never reached: list {hit[1] + 1} has '{known}'"
        earlier += [(_needle(word), at) for word in one.words]


def _needle(word: str) -> str:
    """A keyword as it is looked for in a text, with its spaces."""
    text = str(parse_text(word) or word)
    return text.rstrip() if word.endswith("*") else text


def _no_kind(
    section: str, index: int, field: str | None, words: Sequence[str], recipe: Recipe
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    declared = recipe.lead.fields.get(field or "")
    for word in words if declared is not None and declared.type == "email" else ():
        if word not in _LEVELS:
            yield (
                (section, index, "match"),
                f"'{word}' is no kind of address; use one of {', '.join(_LEVELS)}",
            )


def _contradictions(card: Scorecard) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The same word of the same field with points in one rule, and against it in another."""
    seen: dict[tuple[str, str], tuple[float, int]] = {}
    for index, rule in enumerate(card.fit):
        for word, points in _worth(rule):
            before, other = seen.setdefault((rule.field, word), (points, index))
            if before * points < 0:
                problem = f"'{word}' has {points:+g} points here, and {before:+g} in [fit] number {other + 1}"
                yield ("fit", index), problem
    for index, excluded in enumerate(card.exclude):
        for word in (*excluded.match, *excluded.keywords):
            points, other = seen.get((excluded.field or "", _canonical(word)), (0.0, 0))
            if points > 0:
                problem = f"'{word}' is excluded here, and has {points:+g} points in [fit] number {other + 1}"
                yield ("exclude", index), problem


def _worth(rule: FieldRule) -> Iterator[tuple[str, float]]:
    yield from ((_canonical(word), points) for word, points in rule.match.items())
    yield from ((_canonical(word), one.points) for one in rule.keywords for word in one.words)


def _canonical(word: str) -> str:
    return " ".join(word.casefold().split())
