"""Who is to be sent what: the newest score of each lead against what the CRM was last seen to accept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import ValidationError
from sqlalchemy import Connection, func, select

from features.clock import from_us
from features.recipe import Recipe
from serving.ledger import Ledger
from serving.ledger.decisions import CONTEST, OPT_OUT, OWNER, REVIEW, decisions_on, standing_on
from serving.ledger.pushed import UNCLEARED, Pushed, PushState, pushed
from serving.ledger.reading import last_closing
from serving.ledger.schema import DECISIONS, OUTCOMES, SCORES
from serving.score import Score
from serving.vendors.adapter import Outgoing
from serving.vendors.mapping import PushMapping
from serving.vendors.values import KeptValues, differs, values_of

_TOLD = {OPT_OUT, CONTEST, REVIEW, OWNER}
"""Decisions that a score says, or that are about who works a lead: they do not stand in its place."""
_UNREADABLE, _NAMED = "unreadable", 5
_NEVER_SENT = {"opted_out": "opted out"}
_AT_ONCE = 500
"""Leads of one query: SQLite takes so many parameters."""


@dataclass
class PushPlan:
    """The leads that need sending, the most promising first, those refused before last; why others do not.

    Reasons: 'unchanged', 'closed', 'a person decided', 'opted out' and 'no score' (and nothing was ever
    sent; an error; or the ledger keeps none), 'older' (than what was sent).
    """

    fresh: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    """Leads that the CRM refused on an earlier run: they go by themselves, and spoil no batch."""
    passed: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    """Leads whose newest score cannot be read: it was kept by another version, or changed by hand."""

    def unread_told(self) -> Counter[str]:
        """The sentence that names the leads of `unread`, and how many they are."""
        names, more = ", ".join(map(repr, self.unread[:_NAMED])), len(self.unread) - _NAMED
        some = f"{names} and {more:,} more" if more > 0 else names
        told = f"this version cannot read the newest score that the ledger keeps of {some}."
        told = f"{told} Score them again, or push with the version that did."
        return Counter({told: len(self.unread)} if self.unread else {})


def planned(ledger: Ledger, mapping: PushMapping, recipe: Recipe | None, now_us: int) -> PushPlan:
    """The plan of a run at `now_us`. `recipe` says which stages close a lead; without one none does.

    Raises:
        LeadscoreError: the ledger cannot be read.
    """
    plan, found = PushPlan(), list[tuple[float, str]]()
    with ledger.reading() as connection:
        states = pushed(connection, mapping.target)
        names = connection.execute(select(SCORES.c.lead_id).where(SCORES.c.shadow.is_(False)).distinct())
        for part in _parts(sorted({*names.scalars(), *states})):
            for lead_id, one in looked_at(connection, part, mapping, recipe, now_us):
                if one == _UNREADABLE:
                    plan.unread.append(lead_id)
                elif isinstance(one, str):
                    plan.passed[one] += 1
                elif lead_id in states and states[lead_id].tries:
                    plan.again.append(lead_id)
                else:
                    score = one.values["score"]
                    found.append((-float(score) if isinstance(score, int) else 0.0, lead_id))
    plan.fresh = [lead_id for _, lead_id in sorted(found)]
    return plan


def due_of(
    ledger: Ledger, lead_ids: Sequence[str], mapping: PushMapping, recipe: Recipe | None, now_us: int
) -> list[Outgoing]:
    """What is to be sent of `lead_ids` now, in their order; of those of whom nothing is, nothing."""
    return outgoing(ledger, lead_ids, LeadsDue(ledger, mapping, recipe), now_us)


def outgoing(ledger: Ledger, names: Sequence[str], due: PushSource, now_us: int) -> list[Outgoing]:
    """What is to be sent of `names` now, in their order; of those of whom nothing is, nothing."""
    found: dict[str, Outgoing | str] = {}
    with ledger.reading() as connection:
        for part in _parts(names):
            found |= dict(due.look(connection, part, now_us))
    return [one for name in names if not isinstance(one := found.get(name, "gone"), str)]


class PushSource(Protocol):
    """What a run sends from."""

    def sweep(self, state: PushState) -> None:
        """Delete what is kept of records that are to be forgotten."""

    def plan(self, now_us: int) -> PushPlan:
        """Who needs sending at `now_us`."""

    def look(
        self, connection: Connection, names: Sequence[str], now_us: int
    ) -> Iterator[tuple[str, Outgoing | str]]:
        """What is to be sent of each of `names` as of now, or why nothing is."""


@dataclass(frozen=True)
class LeadsDue:
    """The newest scores of the ledger's leads; `recipe` says which stages close one."""

    ledger: Ledger
    mapping: PushMapping
    recipe: Recipe | None = None

    def sweep(self, state: PushState) -> None:
        """Delete what is kept of leads that were erased."""
        state.sweep()

    def plan(self, now_us: int) -> PushPlan:
        """Who needs sending at `now_us`."""
        return planned(self.ledger, self.mapping, self.recipe, now_us)

    def look(
        self, connection: Connection, names: Sequence[str], now_us: int
    ) -> Iterator[tuple[str, Outgoing | str]]:
        """What is to be sent of each of `names` by its newest score, or why nothing is."""
        return looked_at(connection, names, self.mapping, self.recipe, now_us)


def looked_at(
    connection: Connection,
    lead_ids: Sequence[str],
    mapping: PushMapping,
    recipe: Recipe | None,
    now_us: int,
) -> Iterator[tuple[str, Outgoing | str]]:
    """What is to be sent of each of `lead_ids` by its newest score, or why nothing is.

    Who objects is cleared whatever the score says, also where none is kept any more.
    """
    states = pushed(connection, mapping.target, lead_ids)
    decided = _decided(connection, lead_ids, now_us)
    out = standing_on(connection, now_us).opted_out
    ends = _closed(connection, lead_ids, recipe, now_us)
    newest = {lead_id: (as_of_us, answer) for lead_id, as_of_us, answer in _newest(connection, lead_ids)}
    for lead_id in sorted({*newest, *states}):
        state, kinds = states.get(lead_id), decided.get(lead_id, set())
        as_of_us, answer = newest.get(lead_id, (0, ""))
        moment = as_of_us if state is None else max(as_of_us, state.as_of_us)
        if lead_id in out or (as_of_us == moment and _objects(answer)):
            objects = Score.model_construct(as_of=from_us(moment), status="opted_out")
            yield lead_id, _outgoing(lead_id, moment, objects, state, mapping)
        elif lead_id in ends:
            yield lead_id, _closing(lead_id, moment, state, mapping)
        elif lead_id not in newest:
            yield lead_id, "no score"
        elif as_of_us < moment:
            yield lead_id, "older"
        elif (score := _read(answer)) is None:
            yield lead_id, _UNREADABLE
        elif kinds - _TOLD - ({"override"} if score.override is not None else set()):
            yield lead_id, "a person decided"
        else:
            yield lead_id, _outgoing(lead_id, as_of_us, score, state, mapping)


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
    """What the CRM is to hold of a lead: a score, or of one that has none any more nothing but its status."""
    if score.status == "closed":
        return _closing(lead_id, as_of_us, state, mapping)
    if score.status == "error":
        return "no score"
    before = KeptValues.read(state.sent) if state else None
    values = values_of(score, mapping.further)
    unsure = state is not None and state.problem is not None  # what the CRM holds is not known
    if not (unsure or differs(values, before, mapping)):
        return "unchanged" if before else _NEVER_SENT.get(score.status, "no score")
    return Outgoing(lead_id, as_of_us, values, before.values if before else None, state.tries if state else 0)


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


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), _AT_ONCE):
        yield names[first : first + _AT_ONCE]
