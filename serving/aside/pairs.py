"""What the ledger knows of a challenger in shadow: its scores beside those of the champion, lead by lead."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from serving.ledger import Ledger
from serving.ledger.schema import SCORES


@dataclass(frozen=True)
class ShadowPairs:
    """How a version that scored in shadow stands beside the versions that answered.

    A pair is one lead at one moment that both gave a probability. `changed` are pairs of another maturity;
    `mean_move` is the mean of |probability in shadow − probability answered|, None without a pair.
    """

    version: str
    scores: int
    pairs: int
    changed: int
    higher: int
    mean_move: float | None


def shadow_pairs(ledger: Ledger, since_us: int = 0) -> list[ShadowPairs]:
    """Each version that scored in shadow since `since_us` (by the moment that scores are about), by version.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    shadow, answered = SCORES.alias("shadow"), SCORES.alias("answered")
    same = (shadow.c.lead_id == answered.c.lead_id) & (shadow.c.as_of_us == answered.c.as_of_us)
    query = (
        select(shadow.c.version, shadow.c.seq, shadow.c.answer, answered.c.answer.label("told"))
        .select_from(shadow.outerjoin(answered, same & answered.c.shadow.is_(False)))
        .where(shadow.c.shadow.is_(True), shadow.c.as_of_us >= since_us)
        .order_by(shadow.c.seq, answered.c.seq)
    )
    counted: dict[str, set[int]] = defaultdict(set)
    moves: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    with ledger.reading() as connection:
        for version, seq, answer, told in connection.execute(query):
            first = seq not in counted[version]  # a lead that was answered twice at one moment is one pair
            counted[version].add(seq)
            ours, theirs = json.loads(answer), json.loads(told) if told else {}
            if first and ours["probability"] is not None and theirs.get("probability") is not None:
                move = ours["probability"] - theirs["probability"]
                moves[version].append((move, ours["maturity"] != theirs["maturity"]))
    return [_summed(version, len(counted[version]), moves[version]) for version in sorted(counted)]


def _summed(version: str, scores: int, moves: list[tuple[float, bool]]) -> ShadowPairs:
    mean = sum(abs(move) for move, _ in moves) / len(moves) if moves else None
    changed, higher = sum(other for _, other in moves), sum(move > 0 for move, _ in moves)
    return ShadowPairs(version, scores, len(moves), changed, higher, mean)
