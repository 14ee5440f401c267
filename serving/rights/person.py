"""What is held and computed of a person, in their own words: no feature's name, no log-odds."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from features.clock import from_us
from features.errors import FieldProblem, LeadError
from features.language import Language
from features.recipe import Recipe
from serving.ledger import Ledger, everything_of
from serving.ledger.reading import cells_of
from serving.rights.policy import PrivacyPolicy
from serving.score import Score
from serving.words.translation import translated
from serving.words.values import number, share

Told = list[tuple[str, list[str]]]
"""Sections: a heading and its lines."""


@lru_cache(maxsize=4)
def words_of(language: Language) -> dict[str, Any]:
    """Section → key → words of this package in a language."""
    text = files("serving.rights").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def told_to_person(
    ledger: Ledger,
    recipe: Recipe,
    lead_id: str,
    score: Score,
    language: Language,
    policy: PrivacyPolicy | None = None,
) -> str:
    """What is held of a lead, what is computed of it, by what, its meaning and how to contest it (Markdown).

    `score` is the answer for it now, with its reasons in `language`.

    Raises:
        LeadError: nothing is kept of this lead.
        LeadscoreError: the ledger cannot be reached.
    """
    words = words_of(language)["person"]
    tables = everything_of(ledger, lead_id)
    if not tables:
        raise LeadError([FieldProblem("lead_id", "is not known to the ledger", "Check the id.")])
    cells = cells_of(ledger, recipe, [lead_id]).get(lead_id, {})
    sections = [
        (words["held"], list(_held(tables, cells, language))),
        (words["computed"], list(_computed(score, language))),
        (words["contest"], rights_lines(language, policy)),
    ]
    who = policy.controller.name if policy else recipe.name
    return marked(words["title"].format(who=who, lead=lead_id), sections)


def marked(title: str, sections: Told) -> str:
    """A title and sections as Markdown; a line that begins with '- ' is part of a list."""
    parts = [f"# {title}"]
    for heading, lines in sections:
        parts += [f"## {heading}"] if heading else []
        for line in lines:
            joined = line.startswith("- ") and parts[-1].split("\n")[-1].startswith("- ")
            parts[-1:] = [f"{parts[-1]}\n{line}"] if joined else [parts[-1], line]
    return "\n\n".join(parts) + "\n"


def rights_lines(language: Language, policy: PrivacyPolicy | None) -> list[str]:
    """What a person can do, and where to write to."""
    words = words_of(language)["person"]
    found = [f"- {line}" for line in words["rights"]]
    if policy is not None:
        found.append(words["write"].format(contact=policy.controller.contact))
        if policy.controller.authority:
            found.append(words["authority"].format(authority=policy.controller.authority))
    return found


def _held(
    tables: Mapping[str, Sequence[Mapping[str, Any]]], cells: Mapping[str, Any], language: Language
) -> Iterator[str]:
    words = words_of(language)["person"]
    if since := [row["recorded_us"] for row in tables.get("leads", ())]:
        begun = [row["occurred_us"] for row in tables.get("events", ())]
        yield words["held_lead"].format(day=_day(min([*since, *begun])))
    for role, cell in cells.items():
        shown = words["unknown"] if cell in (None, "") else str(cell)
        yield f"- {role.removeprefix('field:')}: {shown}"
    if events := tables.get("events"):
        yield words["held_events"]
        by_kind = defaultdict[str, list[int]](list)
        for row in events:
            by_kind[row["kind"]].append(row["occurred_us"])
        for kind, moments in sorted(by_kind.items()):
            said = words["event_one" if len(moments) == 1 else "event"]
            line = said.format(kind=kind, n=len(moments), first=_day(min(moments)), last=_day(max(moments)))
            yield f"- {line}"
    if outcomes := tables.get("outcomes"):
        yield words["held_outcomes"]
        for row in outcomes:
            when = words["unknown"] if row["occurred_us"] is None else _day(row["occurred_us"])
            yield f"- {row['stage']}: {when}"
    if decisions := tables.get("decisions"):
        yield words["held_decisions"]
        kinds = words_of(language)["decisions"]
        for row in decisions:
            kind = kinds.get(row["kind"], row["kind"])
            yield f"- {_day(row['decided_us'])}: {kind} ({row['by']}: {row['reason']})"
    if scores := tables.get("scores"):
        moments = [row["as_of_us"] for row in scores]
        yield words["held_scores"].format(n=len(scores), first=_day(min(moments)), last=_day(max(moments)))


def _computed(score: Score, language: Language) -> Iterator[str]:
    words = words_of(language)["person"]
    if score.probability is None or score.as_of is None or score.scored_by is None:
        yield words.get(score.status, words["failed"])
        return
    yield words["score"].format(
        day=score.as_of.date(), share=share(score.probability, language), score=score.score,
        n=number(round(100 * score.probability, 0 if score.probability >= 0.095 else 1), language),
        days=number(score.horizon_days or 0, language),
    )  # fmt: skip
    by = score.scored_by
    yield words[f"by_{by.rung}"].format(version=f"{by.name} {by.version}")
    yield words["decides"]
    if score.override is not None:
        said = score.override
        yield words["override"].format(maturity=translated(said.maturity, language), day=said.until.date())
    if score.next_action is not None:
        yield words["next"].format(action=words_of(language)["actions"][score.next_action.action])
    for heading, reasons in (("for", score.reasons_for), ("against", score.reasons_against)):
        if reasons:
            yield words[heading]
            yield from (f"- {reason.text}" for reason in reasons)
    if score.warnings:
        yield words["to_know"]
        yield from (f"- {warning}" for warning in score.warnings)


def _day(moment_us: int) -> str:
    return from_us(moment_us).date().isoformat()
