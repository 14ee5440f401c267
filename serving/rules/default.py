"""A first scorecard for a recipe, from what its fields and events mean and how its event kinds are called.

The points follow the practice that marketing teams publish (coreyhaines31/marketingskills,
scoring-models.md); half-lives stand for that table's points lost per week or month. They are a place to
start, not knowledge about a company: training maps them to probabilities.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from features.recipe import Recipe
from serving.rules.card import FieldRule, Scorecard

_HEAD = """\
# A scorecard: [[fit]] is who they are, [[engagement]] what they did, [[exclude]] whom not to pursue.
# Points are a place to start; 'leadscore train' maps their sum to a probability.
version = 1

[scale]  # before any training: a lead of 'typical_points' converts with probability 'base_rate'
base_rate = 0.05
typical_points = {typical}
per_point = 0.025

[cuts]  # least points of A, B, C (else D), of 1, 2, 3 (else 4), of an MQL, of warm and hot
fit = [{fit}]
engagement = [{engagement}]
mql = {mql}
warm = {warm}
hot = {hot}
"""
_FIT_AT, _ENGAGEMENT_AT, _BANDS_AT = (45.0, 30.0, 15.0), (40.0, 20.0, 8.0), (60.0, 35.0, 30.0)
"""Least points of A, B, C; of 1, 2, 3; of hot and an MQL, of warm, and those of a typical lead."""
_REACHED = 0.6
"""Of the points that can be had, the best grade asks for no more than this: some lead must reach it."""


@dataclass(frozen=True)
class _Habit:
    """What one kind of event is worth when its name contains one of `words`."""

    words: tuple[str, ...]
    points: float
    half_life_days: float | None
    cap: float


# The first habit that a name meets counts: 'webinar_attended' must be asked before 'webinar'.
_HABITS = (
    _Habit(("spam", "complaint"), -100, None, 100),
    _Habit(("bounce",), -50, None, 50),
    _Habit(("unsubscrib", "opt_out", "optout"), -20, None, 20),
    _Habit(("no_show", "noshow", "cancel"), -10, 30, 20),
    _Habit(("career", "job"), -30, None, 30),
    _Habit(("demo", "contact_sales", "quote", "proposal", "callback", "contact_us"), 30, 60, 60),
    _Habit(("trial", "signup", "sign_up"), 25, 60, 50),
    _Habit(("pricing", "price"), 20, 14, 40),
    _Habit(("calculator", "configurat", "roi"), 20, 14, 40),
    _Habit(("comparison", "compare", "case_stud"), 15, 14, 30),
    _Habit(("meeting_held", "meeting_attended", "visit_held"), 25, 60, 50),
    _Habit(("webinar_attend", "event_attend", "event_visit"), 15, 30, 30),
    _Habit(("webinar", "event_regist"), 10, 30, 30),
    _Habit(("download", "white", "ebook", "form", "brochure"), 10, 30, 30),
    _Habit(("email_open", "mail_open", "opened"), 1, 14, 3),
    _Habit(("click",), 5, 14, 15),
    _Habit(("page", "visit", "view"), 1, 7, 10),
)
_BY_MEANING = {
    "intent": _Habit((), 25, 60, 50),
    "interest": _Habit((), 3, 14, 15),
    "contact": _Habit((), 5, 30, 15),
    "negative": _Habit((), -20, None, 40),
}

_BANDS = {
    "size": ("company size", ((1, 5), (11, 10), (51, 15), (201, 20), (1001, 15))),
    "revenue": ("revenue", ((0, 5), (1e6, 10), (1e7, 15), (1e8, 20))),
}
# The first list that hits counts: 'vice president' is asked before 'president'.
_TITLES = (
    (("intern", "stagiaire", "student", "etudiant", "trainee", "alternant"), -25),
    (("vp", "vice president", "directeur general", "managing director"), 20),
    (
        ("ceo", "cto", "cfo", "coo", "cmo", "cio", "chief", "founder", "owner", "president", "gerant", "pdg"),
        25,
    ),
    (("director", "directeur", "directrice", "head"), 15),
    (("manager", "responsable", "lead", "chef"), 10),
)


def default_rules(recipe: Recipe) -> str:
    """The TOML text of a scorecard that fits `recipe`'s vocabulary; ends with a line break."""
    sections = [*_fit(recipe), *_engagement(recipe), *_exclusions(recipe)]
    return "\n".join([_head("\n".join(sections)), *sections])


def _head(rules: str) -> str:
    """Cut-offs for these rules: those of the practice, lowered where so few points can be had.

    Hot is never lowered where nothing that a lead does is known: who only fits has shown no intention to buy,
    and is warm at best unless rich firmographics reach the cut of the practice.
    """
    card = Scorecard.model_validate(tomllib.loads(rules))
    fit = sum(map(_most, card.fit))
    engagement = sum(rule.cap or 0.0 for rule in card.engagement if (rule.points or 0) > 0)
    hot, warm, typical = _lowered(_BANDS_AT, fit + engagement)
    mql = hot
    if not engagement and hot < _BANDS_AT[0]:
        warm, hot = hot, _BANDS_AT[0]
    return _HEAD.format(
        fit=", ".join(map(_number, _lowered(_FIT_AT, fit))),
        engagement=", ".join(map(_number, _lowered(_ENGAGEMENT_AT, engagement))),
        mql=_number(mql),
        hot=_number(hot),
        warm=_number(warm),
        typical=_number(typical),
    )


def _most(rule: FieldRule) -> float:
    """The most points that a rule on a field can give."""
    lists = [*(band.points for band in rule.bands), *(words.points for words in rule.keywords)]
    return max([0.0, *lists, *rule.match.values(), rule.other, rule.missing])


def _lowered(cuts: tuple[float, ...], most: float) -> tuple[float, ...]:
    """`cuts`, or in the same proportions so low that the first is within what can be reached."""
    if not most or cuts[0] <= _REACHED * most:
        return cuts
    return tuple(round(cut * _REACHED * most / cuts[0], 1) for cut in cuts)


def _fit(recipe: Recipe) -> Iterator[str]:
    for name, field in recipe.lead.fields.items():
        quoted = json.dumps(name)
        if field.means in _BANDS and field.type == "number":
            label, steps = _BANDS[field.means]
            yield _section("fit", f'name = "{label}"', f"field = {quoted}", f"bands = {_bands(steps)}")
        elif field.means == "title" and field.type == "text":
            rows = [f"  {{ words = {json.dumps(list(words))}, points = {p} }}," for words, p in _TITLES]
            yield _section("fit", 'name = "job title"', f"field = {quoted}", "keywords = [", *rows, "]")
        elif field.type == "email":
            free = 0 if recipe.recipe.market == "b2c" else -10
            match = f"{{ business = 10, free = {free}, disposable = -30, invalid = -50 }}"
            yield _section(
                "fit", f"name = {quoted}", f"field = {quoted}", f"match = {match}", "missing = -10"
            )
        elif field.type == "phone":
            bands = _bands(((0, -10), (1, 5)))
            yield _section("fit", f"name = {quoted}", f"field = {quoted}", f"bands = {bands}")


def _bands(steps: tuple[tuple[float, float], ...]) -> str:
    """Bands that begin at each step and end where the next begins."""
    ends = [f", to = {_number(start)}" for start, _ in steps[1:]] + [""]
    rows = [
        f"{{ from = {_number(start)}{end}, points = {points} }}"
        for (start, points), end in zip(steps, ends, strict=True)
    ]
    return f"[{', '.join(rows)}]"


def _engagement(recipe: Recipe) -> Iterator[str]:
    if recipe.events is None:
        return
    if not {"interest", "intent", "contact"} & set(recipe.events.kinds.values()):
        return  # nothing that could speak for a lead: its engagement says nothing
    for kind, meaning in recipe.events.kinds.items():
        if meaning == "neutral":
            continue
        habit = _habit(kind) or _BY_MEANING[meaning]
        if (habit.points < 0) != (meaning == "negative"):
            habit = _BY_MEANING[meaning]  # the recipe knows better than the name
        half_life = [f"half_life_days = {habit.half_life_days:g}"] if habit.half_life_days else []
        body = [f"events = [{json.dumps(kind)}]", f"points = {habit.points:g}", *half_life]
        yield _section("engagement", f"name = {json.dumps(kind)}", *body, f"cap = {habit.cap:g}")
    own = [kind for kind, meaning in recipe.events.kinds.items() if meaning in ("interest", "intent")]
    if own:
        body = [f"events = {json.dumps(own)}", "points = -15", "silent_days = 90"]
        yield _section("engagement", 'name = "silent for 90 days"', *body)


def _habit(kind: str) -> _Habit | None:
    name = kind.casefold().replace(" ", "_").replace("-", "_")
    return next((habit for habit in _HABITS if any(word in name for word in habit.words)), None)


def _exclusions(recipe: Recipe) -> Iterator[str]:
    """Nobody sells to a throw-away address; competitors are for the company to add."""
    for name, field in recipe.lead.fields.items():
        if field.type == "email":
            words = 'match = ["disposable"]'
            yield _section("exclude", 'name = "throw-away address"', f"field = {json.dumps(name)}", words)


def _section(kind: str, *lines: str) -> str:
    return "\n".join([f"[[{kind}]]", *lines, ""])


def _number(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(number)
