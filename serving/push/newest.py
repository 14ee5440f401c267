"""What is to be sent of each lead by its newest score, or why nothing is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, func, select

from features.clock import from_us
from features.recipe import Recipe
from serving.ledger.decisions import CONTEST, OPT_OUT, OWNER, REVIEW, decisions_on, standing_on
from serving.ledger.pushed import STILL_THERE, UNCLEARED, Pushed, pushed
from serving.ledger.reading import last_closing
from serving.ledger.schema import DECISIONS, OUTCOMES, SCORES
from serving.score import Score
from serving.vendors.adapter import Outgoing
from serving.vendors.mapping import PushMapping
from serving.vendors.values import KeptValues, differs, in_fractions, values_of

_TOLD = {OPT_OUT, CONTEST, REVIEW, OWNER}
"""Decisions that a score says, or that are about who works a lead: they do not stand in its place."""
_NO_ANSWER = ("error", "abstained")
"""Our fault, and not the lead's: what was sent stays."""
_NEVER_SENT = {"opted_out": "opted out"}
UNREADABLE = "unreadable"


def looked_at(
    connection: Connection,
    lead_ids: Sequence[str],
    mapping: PushMapping,
    recipe: Recipe | None,
    now_us: int,
) -> Iterator[tuple[str, Outgoing | str]]:
    """What is to be sent of each of `lead_ids` by its newest score, or why nothing is.

    Who objects is cleared whatever the score says, also where none is kept any more. What an earlier version
    wrote in another unit is written again once, also where nothing else is to be sent: else a column has two.
    """
    states = pushed(connection, mapping.target, lead_ids)
    decided = _decided(connection, lead_ids, now_us)
    out = standing_on(connection, now_us).opted_out
    ends = _closed(connection, lead_ids, recipe, now_us)
    newest = {lead_id: (as_of_us, answer) for lead_id, as_of_us, answer in _newest(connection, lead_ids)}
    for lead_id in sorted({*newest, *states}):
        state, kinds = states.get(lead_id), decided.get(lead_id, set())
        as_of_us, answer = newest.get(lead_id, (0, ""))
        moment = (as_of_us if state is None else max(as_of_us, state.as_of_us)) or now_us
        one: Outgoing | str
        if lead_id in out or (as_of_us == moment and _objects(answer)):
            objects = Score.model_construct(as_of=from_us(moment), status="opted_out")
            one = _outgoing(lead_id, moment, objects, state, mapping)
        elif lead_id in ends:
            one = _closing(lead_id, moment, state, mapping)
        elif lead_id not in newest:
            one = "no score"
        elif as_of_us < moment:
            one = "older"
        elif (score := _read(answer)) is None:
            one = UNREADABLE
        elif kinds - _TOLD - ({"override"} if score.override is not None else set()):
            one = "a person decided"
        else:
            one = _outgoing(lead_id, as_of_us, score, state, mapping)
        if state is not None and isinstance(one, str) and one not in (UNREADABLE, "unchanged"):
            one = _in_per_cent(state, mapping) or one
        yield lead_id, one


def _objects(answer: str) -> bool:
    """Whether the kept score says that its person opted out, read or not."""
    try:
        return '"opted_out"' in answer and json.loads(answer).get("status") == "opted_out"
    except (ValueError, AttributeError):
        return False


def _read(answer: str) -> Score | None:
    try:
        return Score.model_validate_json(answer)
    except ValidationError:
        return None


def _outgoing(
    lead_id: str, as_of_us: int, score: Score, state: Pushed | None, mapping: PushMapping
) -> Outgoing | str:
    """What the CRM is to hold of a lead: a score, or of one who opted out nothing but that."""
    if score.status == "closed":
        return _closing(lead_id, as_of_us, state, mapping)
    if score.status in _NO_ANSWER:
        return "no score"
    before = KeptValues.read(state.sent) if state else None
    values = values_of(score, mapping.further)
    objects = score.status == "opted_out"
    if objects and state is not None and (state.problem or "").startswith(STILL_THERE):
        return "opted out"
    unsure = state is not None and state.problem is not None  # what the CRM holds is not known
    if not (unsure or differs(values, before, mapping)):
        return "unchanged" if before else _NEVER_SENT.get(score.status, "no score")
    told, tries = before.values if before else None, state.tries if state else 0
    return Outgoing(lead_id, as_of_us, values, told, tries, STILL_THERE if objects else "")


def _closing(lead_id: str, moment: int, state: Pushed | None, mapping: PushMapping) -> Outgoing | str:
    """A closed lead stays as it was sent, but for what would go on being added up: its value, its curve.

    A CRM that refuses it, such as one that locks a converted lead, is not asked again; what it refused before
    the lead closed tells nothing of that.
    """
    before = KeptValues.read(state.sent) if state else None
    if state is None or before is None or (state.problem or "").startswith(UNCLEARED):
        return "closed"
    told = [name for name in mapping.further if before.values.get(name) is not None]
    if not told and (state.problem is None or not mapping.further):
        return "closed"
    values = {**before.values, **dict.fromkeys(mapping.further)}
    return Outgoing(lead_id, moment, values, before.values, state.tries, UNCLEARED)


def _in_per_cent(state: Pushed, mapping: PushMapping) -> Outgoing | None:
    """What was sent, once more, where it holds a fraction that is per cent now."""
    before = KeptValues.read(state.sent)
    over = (state.problem or "").startswith((UNCLEARED, STILL_THERE))
    if before is None or over or not in_fractions(before, mapping):
        return None
    return Outgoing(state.lead_id, state.as_of_us, before.values, before.values, state.tries, UNCLEARED)


def _newest(connection: Connection, lead_ids: Sequence[str]) -> Iterator[Any]:
    """(lead, as_of, answer) of each lead's newest score: by the moment it is about, then by arrival."""
    place = func.row_number().over(
        partition_by=SCORES.c.lead_id, order_by=(SCORES.c.as_of_us.desc(), SCORES.c.seq.desc())
    )
    ranked = select(SCORES.c.lead_id, SCORES.c.as_of_us, SCORES.c.answer, place.label("place"))
    ranked = ranked.where(SCORES.c.shadow.is_(False), SCORES.c.lead_id.in_(lead_ids))
    inner = ranked.subquery()
    query = select(inner.c.lead_id, inner.c.as_of_us, inner.c.answer).where(inner.c.place == 1)
    yield from connection.execute(query.order_by(inner.c.lead_id))


def _decided(connection: Connection, lead_ids: Sequence[str], now_us: int) -> dict[str, set[str]]:
    """The kinds of people's decisions that hold for each lead."""
    kinds: dict[str, set[str]] = {}
    for lead_id, kind in decisions_on(connection, now_us, DECISIONS.c.lead_id.in_(lead_ids)):
        kinds.setdefault(lead_id, set()).add(kind)
    return kinds


def _closed(
    connection: Connection, lead_ids: Sequence[str], recipe: Recipe | None, now_us: int
) -> frozenset[str]:
    if recipe is None:
        return frozenset()
    table = OUTCOMES
    query = select(table.c.lead_id, table.c.occurred_us, table.c.stage).where(table.c.lead_id.in_(lead_ids))
    rows: dict[str, list[tuple[int | None, str]]] = {}
    for lead_id, occurred, stage in connection.execute(query):
        rows.setdefault(lead_id, []).append((occurred, stage))
    return frozenset(name for name, found in rows.items() if last_closing(recipe, found, now_us))
