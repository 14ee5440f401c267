"""What people decided of leads, as it stood at a moment: the newest decision of each kind on each lead.

Who objects to being profiled (`OPT_OUT`) is scored by nothing, a score that a person contests says so, and
the maturity that a person decided goes before the one that is computed. Objections and contests are asked as
of now, also where a score is about an earlier moment: it is computed today; decisions on a maturity as of the
moment that the score is about.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table, func, select

from features.clock import DAY_US, from_us, now_us
from features.errors import LeadscoreError
from serving.asked import Decided, Heard
from serving.ledger.gone import ABSORBED, ids_of_person
from serving.ledger.schema import DECISIONS, EXPLORATION_DRAWS, LEADS
from serving.ledger.store import Ledger
from serving.score import Maturity

OPT_OUT, CONTEST, REVIEW, OVERRIDE = "opt_out", "contest", "review", "override"
OWNER = "owner"
"""Whom a plan gave a lead that had nobody; `content` is the name."""
_FOR_EVER_US = 40_000 * DAY_US
_AGAIN_US = DAY_US // 1_440
"""After a minute objections are read again: one may have expired."""
_WITHIN_SECONDS = 2.0
"""Whoever asks for a score waits no longer for those who may have objected meanwhile."""


@dataclass(frozen=True)
class KeptDecision:
    """A decision of `kind` ('override', 'refusal', 'opt_out' …) on a lead, with what it says (`content`)."""

    lead_id: str
    kind: str
    by: str = field(repr=False)
    reason: str = field(repr=False)
    content: str | None
    decided_us: int
    expires_us: int | None


def decisions_at(ledger: Ledger, as_of_us: int, *kinds: str) -> dict[tuple[str, str], KeptDecision]:
    """(lead, kind) → the newest decision of these kinds that was made by `as_of_us` and has not expired.

    By the source's own time, of equal moments the last that arrived. One that has expired ends what was
    decided before it too: that is how a decision is taken back.
    """
    with ledger.reading() as connection:
        return decisions_on(connection, as_of_us, DECISIONS.c.kind.in_(kinds))


def decisions_on(
    connection: Connection, as_of_us: int, which: ColumnElement[bool]
) -> dict[tuple[str, str], KeptDecision]:
    """As `decisions_at`, of the rows of decisions that `which` names."""
    table = DECISIONS
    query = select(*(table.c[name] for name in KeptDecision.__dataclass_fields__))
    query = query.where(which, table.c.decided_us <= as_of_us)
    rows = list(connection.execute(query.order_by(table.c.decided_us, table.c.seq)))
    newest = {(row.lead_id, row.kind): KeptDecision(*row) for row in rows}
    return {key: one for key, one in newest.items() if one.expires_us is None or as_of_us < one.expires_us}


def standing(ledger: Ledger, as_of_us: int = 0) -> Heard:
    """Who objects, who contests, what was decided, now or at `as_of_us`: their other records too.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    with ledger.reading() as connection:
        return standing_on(connection, as_of_us)


def standing_on(connection: Connection, as_of_us: int, lead_id: str | None = None) -> Heard:
    """As `standing`, in the transaction of `connection`; of one person alone where `lead_id` is given."""
    return _said_on(connection, as_of_us, _drawn_on(connection, lead_id), lead_id)


def _said_on(connection: Connection, as_of_us: int, drawn: Set[str], lead_id: str | None = None) -> Heard:
    which: ColumnElement[bool] = DECISIONS.c.kind.in_((OPT_OUT, CONTEST, REVIEW))
    which_overrides: ColumnElement[bool] = DECISIONS.c.kind == OVERRIDE
    if lead_id is not None:
        of_person = DECISIONS.c.lead_id.in_(ids_of_person(connection, lead_id))
        which, which_overrides = which & of_person, which_overrides & of_person
    held = decisions_on(connection, max(as_of_us, now_us()), which)
    overrides = list(_overrides(connection, which_overrides))
    said: dict[str, dict[str, KeptDecision]] = {}
    for (lead, kind), one in held.items():
        said.setdefault(lead, {})[kind] = one
    merges = select(DECISIONS.c.lead_id).where(DECISIONS.c.kind.in_(("merge", ABSORBED))).distinct()
    merged = set(connection.execute(merges).scalars()) if said or overrides else set[str]()
    out, contested = set[str](), dict[str, str]()
    for lead, kinds in said.items():
        ids = ids_of_person(connection, lead) if lead in merged else [lead]
        out.update(ids if OPT_OUT in kinds else ())
        contested |= dict.fromkeys(ids, _contest_words(kinds)) if CONTEST in kinds else {}
    decided = [
        (name, decided_of(one))
        for one in overrides
        for name in (ids_of_person(connection, one.lead_id) if one.lead_id in merged else [one.lead_id])
    ]
    return Heard(frozenset(out), tuple(sorted(contested.items())), tuple(decided), drawn)


def _drawn_on(connection: Connection, lead_id: str | None) -> frozenset[str]:
    """Whom exploration drew; of several records of one person the one that was."""
    table = EXPLORATION_DRAWS.c
    which = table.chosen if lead_id is None else table.chosen & (table.lead_id == lead_id)
    return frozenset(connection.execute(select(table.lead_id).where(which)).scalars())


def _overrides(connection: Connection, which: ColumnElement[bool]) -> Iterator[KeptDecision]:
    """All that were ever made, the oldest first: which one stood depends on the moment of the score."""
    query = select(*(DECISIONS.c[name] for name in KeptDecision.__dataclass_fields__)).where(which)
    for row in connection.execute(query.order_by(DECISIONS.c.decided_us, DECISIONS.c.seq)):
        yield KeptDecision(*row)


def decided_of(one: KeptDecision) -> Decided:
    """What an override says of a lead's maturity, from its moment until it expires."""
    maturity: Maturity = json.loads(one.content or "{}").get("maturity", "warm")
    until = one.expires_us if one.expires_us is not None else one.decided_us + _FOR_EVER_US
    return Decided(maturity, one.by, one.reason, one.decided_us, until)


def _contest_words(kinds: dict[str, KeptDecision]) -> str:
    """What a score says of a contest: never its reason, which is between the person and who reviews it."""
    contest, review = kinds[CONTEST], kinds.get(REVIEW)
    day = from_us(contest.decided_us).date()
    if review is None or review.decided_us < contest.decided_us:
        return f"contested on {day}: a person has yet to review it"
    return (
        f"contested on {day}, reviewed by a person on {from_us(review.decided_us).date()}: {review.content}"
    )


def _newest_of(table: Table) -> Iterator[ScalarSelect[Any]]:
    """The newest row's number, its natural key and when it came: SQLite gives the number of a row that was
    deleted out again."""
    newest = select(func.max(table.c.seq)).correlate(None).scalar_subquery()
    yield newest
    for column in (table.c.natural_key, table.c.recorded_us):
        yield select(column).where(table.c.seq == newest).scalar_subquery()


_COUNT = select(func.count()).select_from(DECISIONS).scalar_subquery()
"""By itself, so that SQLite counts an index: 14 µs for 100,000. It tells of rows that went, and of those that
came late under an older number, as they do in PostgreSQL."""
_NEWEST = select(_COUNT, *_newest_of(DECISIONS), *_newest_of(EXPLORATION_DRAWS))
_NEWEST_TEXT = str(_NEWEST.compile())


class _Mark(NamedTuple):
    """What came last: equal where neither a decision came or went nor a draw came."""

    file: int
    decisions: tuple[Any, ...]
    draws: tuple[Any, ...]


def _mark(file: int, row: Sequence[Any]) -> _Mark:
    return _Mark(file, tuple(row[:4]), tuple(row[4:]))


class Glance:
    """Reads what came last to a SQLite ledger, on a connection that stays open: some microseconds.

    SQLite keeps its pages in memory, and in WAL mode a reader waits for no writer; where it would have to
    wait all the same nothing is said.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._link: sqlite3.Connection | None = None
        self._file = 0

    def newest(self, file: int) -> _Mark | None:
        """The newest decision and draw, in the file of that number; None where they cannot be told."""
        try:
            if self._link is None or file != self._file:
                self._open(file)
            assert self._link is not None
            return _mark(file, self._link.execute(_NEWEST_TEXT).fetchone())
        except sqlite3.Error:
            return None

    def _open(self, file: int) -> None:
        if self._link is not None:
            self._link.close()
        address = f"file:{quote(str(self._path))}?mode=ro"
        self._link = sqlite3.connect(
            address, uri=True, timeout=0, isolation_level=None, check_same_thread=False
        )
        self._file = file
        weakref.finalize(self, self._link.close)


class _Held(NamedTuple):
    """What was heard, what had come last then, and when all of it was read. `drawn`, of `heard`, grows."""

    heard: Heard
    drawn: set[str]
    mark: _Mark
    read_us: int


def _followed(connection: Connection, held: _Held | None, mark: _Mark, now: int) -> _Held:
    """What is held now: decisions are read again where one came, of draws those that came since.

    All is read where a minute is over or another file is there; draws where the newest one went.
    """
    if held is None or held.mark.file != mark.file or abs(now - held.read_us) > _AGAIN_US:
        drawn = set(_drawn_on(connection, None))
        return _Held(_said_on(connection, now, drawn), drawn, mark, now)
    heard, drawn = held.heard, held.drawn
    if held.mark.draws != mark.draws:
        newest, *rest = held.mark.draws
        table = EXPLORATION_DRAWS.c
        there = connection.execute(
            select(table.natural_key, table.recorded_us).where(table.seq == newest)
        ).first()
        if newest is None or (there is not None and tuple(there) == tuple(rest)):
            since = select(table.lead_id).where(table.seq > (newest or 0), table.chosen)
            drawn |= set(connection.execute(since).scalars())
        else:
            drawn = set(_drawn_on(connection, None))
    if drawn is not held.drawn or held.mark.decisions != mark.decisions:
        heard = _said_on(connection, now, drawn)
    return _Held(heard, drawn, mark, held.read_us)


class Voices:
    """`standing` for a service that asks at every request: read again where a decision came, and draws that
    came are added; that a draw went is known after a minute, unless it was the newest.

    While the ledger cannot be reached it is what was read last, and `sure` is False.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._glance = Glance(ledger.path) if ledger.path is not None else None
        self._held: _Held | None = None  # one value: threads that read at once mix nothing
        self.sure = False

    def unchanged(self) -> Heard | None:
        """`heard` where a glance of microseconds says that nothing came since; None: it has to be read."""
        held = self._held
        if held is None or self._glance is None or abs(now_us() - held.read_us) > _AGAIN_US:
            return None
        file = self._file()
        if self._ledger.presence.away or file != held.mark.file or self._glance.newest(file) != held.mark:
            return None
        self.sure = True
        return held.heard

    def heard(self) -> Heard:
        """Who objects and who contests now."""
        now, file, held = now_us(), self._file(), self._held
        if held is not None and file and file != held.mark.file:
            self._ledger.close()  # its connections are to the file that was there
        try:
            with self._ledger.reading(_WITHIN_SECONDS) as connection:
                mark = _mark(file, connection.execute(_NEWEST).one())
                self._held = _followed(connection, held, mark, now)
            self.sure = True
        except LeadscoreError:
            self.sure = False
        return Heard() if self._held is None else self._held.heard

    def _file(self) -> int:
        """The number of the ledger's file, 0 where it has none."""
        try:
            return 0 if self._ledger.path is None else self._ledger.path.stat().st_ino
        except OSError:
            return 0


def knows(ledger: Ledger, lead_id: str) -> bool:
    """Whether the ledger has ever met the lead."""
    with ledger.reading() as connection:
        return connection.execute(select(LEADS.c.seq).where(LEADS.c.lead_id == lead_id)).first() is not None
