"""Thirty leads of a simulated company, what answers them, and what they are told in each language.

`model/` is an artefact of that company's history and `leads.jsonl` the requests of thirty of its open leads.
`reasons_en.txt` and `reasons_fr.txt` are what a person has read line by line and found good: whoever changes
the words or their order runs `python -m tests.serving.golden`, reads what changed, and commits it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from features.clock.instants import parse_moment
from features.language import Language
from serving.answer.ladder import Ladder
from serving.artefact.folder import load_artefact
from serving.score import Score

FOLDER = Path(__file__).parent
RUNGS = ("model", "model", "model", "bayes", "rules")
"""Who answers the leads in turn: most are answered by the model, and every rung says the same words."""


def golden(language: Language) -> Path:
    """The file of a language."""
    return FOLDER / f"reasons_{language}.txt"


def leads() -> list[dict[str, Any]]:
    """The thirty requests."""
    lines = (FOLDER / "leads.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@lru_cache(maxsize=1)
def ladder() -> Ladder:
    """The whole ladder of the artefact."""
    return Ladder.of(load_artefact(FOLDER / "model"))


def answers(language: Language) -> Iterator[Score]:
    """The score of each lead by the rung whose turn it is."""
    whole = ladder()
    for place, request in enumerate(leads()):
        name = RUNGS[place % len(RUNGS)]
        first = next(at for at, rung in enumerate(whole.rungs) if rung.scorer.rung == name)
        lower = replace(whole, rungs=whole.rungs[first:])
        lead = lower.reader.read(
            lead_id=request["lead_id"],
            fields=request["fields"],
            events=request.get("events"),
            as_of_us=parse_moment(request["as_of"], "UTC"),
            created_at=request["created_at"],
        )
        (score,) = lower.score([lead], language=language)
        yield score


def told(language: Language) -> str:
    """What all thirty leads are told."""
    return "\n".join(_told(score) for score in answers(language))


def _told(score: Score) -> str:
    by = score.scored_by.rung if score.scored_by else "nobody"
    lines = [f"{score.lead_id}: score {score.score}, {score.grade}, {score.maturity}, by {by}"]
    lines += [f"  + {reason.text}" for reason in score.reasons_for]
    lines += [f"  - {reason.text}" for reason in score.reasons_against]
    lines += [f"  = {score.grade_note}"] if score.grade_note else []
    return "\n".join(lines) + "\n"
