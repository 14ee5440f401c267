"""Scores as a ledger keeps them, made up for tests; the `n`-th says so in its reasons."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from features.clock import to_us
from serving.ledger import Ledger, ScoreGiven, Writer
from serving.score import NextAction, Reason, Score, ScoredBy, Stage
from tests.vendors.clock import NOON

_NUMBER = re.compile(r"n=(\d+)")


def score(lead_id: str, number: int = 0, **said: Any) -> Score:
    """A score of `lead_id`; `number` is told by its reasons, and its as_of is so many seconds after noon."""
    moment = datetime.fromtimestamp(NOON / 1e6 + number, UTC)
    told = {
        "status": "scored", "probability": 0.25, "score": 50, "grade": "B2", "maturity": "warm",
        "next_action": NextAction(action="call", deadline=moment, reason="asked for it"),
        "reasons_for": [Reason(text=f"Demo asked for, n={number}", feature="demo", strength=1.0)],
        "scored_by": ScoredBy(rung="model", version="3", name="acme"),
    }  # fmt: skip
    blank = {"lead_id": lead_id, "as_of": moment, "horizon_days": 90.0, "stage": Stage(name="lead")}
    return Score.model_validate(blank | told | said)


def drawn(lead_id: str, number: int, chance: random.Random) -> Score:
    """A score at random."""
    points = chance.randint(1, 99)
    maturity = "cold" if points < 40 else "warm" if points < 75 else "hot"
    return score(
        lead_id, number, score=points, maturity=maturity, grade=chance.choice("ABCD") + chance.choice("1234")
    )


def keep(ledger: Ledger, scores: Iterable[Score]) -> None:
    """Store `scores` as an endpoint does."""
    given = [
        ScoreGiven(str(one.lead_id), to_us(one.as_of) if one.as_of else NOON, "model", "3", "r",
                   one.model_dump_json())
        for one in scores
    ]  # fmt: skip
    with Writer(ledger) as writer:
        assert set(writer.submit(given).result().items) <= {"stored", "known"}


def number_of(values: dict[str, Any]) -> int:
    """Which score `values` of a CRM came from."""
    return next(int(found[1]) for value in values.values() if (found := _NUMBER.search(str(value))))
