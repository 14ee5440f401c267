"""What was done with each open lead up to a moment: attempts, missed appointments, what it did itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from features.clock import DAY_US, HOUR_US, from_us
from features.recipe import Recipe
from features.sql import quoted
from features.tables import Tables, register_frame
from serving.agreed.book import Playbook
from serving.agreed.hours import WorkCalendar
from serving.playbook.maturity import NO_SHOW_WORDS, UNSUBSCRIBE_WORDS, Wishes, is_called


@dataclass(frozen=True)
class Meanings:
    """Which kinds of event are attempts, missed appointments, unsubscriptions, own actions, requests."""

    recipe: Recipe
    book: Playbook

    @cached_property
    def attempts(self) -> tuple[str, ...]:
        """Kinds by which the company tries to reach a lead: those that mean contact, or as the book says."""
        named = self.book.contact.attempt_events
        return self._meaning("contact") if named is None else named

    @cached_property
    def missed(self) -> tuple[str, ...]:
        """Kinds of appointments that the lead did not keep."""
        named = self.book.contact.no_show_events
        return self._called(NO_SHOW_WORDS) if named is None else named

    @cached_property
    def unsubscribed(self) -> tuple[str, ...]:
        """Kinds after which no e-mail is sent any more."""
        return self._called(UNSUBSCRIBE_WORDS)

    @cached_property
    def own(self) -> tuple[str, ...]:
        """Kinds of what a lead does itself, but for opening a mail, which needs no person."""
        kinds = self._meaning("interest", "intent")
        return tuple(kind for kind in kinds if not is_called(kind, ("open",)))

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """Kinds that ask to be contacted."""
        return Wishes(self.recipe).asked_kinds

    @cached_property
    def met(self) -> tuple[str, ...]:
        """Kinds that show that a conversation took place."""
        kinds = self._meaning("intent")
        return tuple(
            kind for kind in kinds if is_called(kind, ("meeting", "call_held", "visit", "rendez_vous"))
        )

    def _meaning(self, *meanings: str) -> tuple[str, ...]:
        declared = self.recipe.events.kinds if self.recipe.events else {}
        return tuple(kind for kind, means in declared.items() if means in meanings)

    def _called(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(kind for kind in self._meaning("negative", "neutral") if is_called(kind, words))


@dataclass(frozen=True)
class Worked:
    """What is known of the work on one lead; moments in µs UTC, None where there was none.

    `attempts` are counted since the lead last asked to be contacted or was met, `no_shows` since it was met.
    `newest` holds the newest event of each kind.
    """

    attempts: int = 0
    no_shows: int = 0
    newest: dict[str, int] = field(default_factory=dict)

    def last(self, kinds: tuple[str, ...]) -> int | None:
        """The newest event of any of `kinds`."""
        return max((self.newest[kind] for kind in kinds if kind in self.newest), default=None)


def worked(tables: Tables, rows: Sequence[int], as_of_us: int, means: Meanings) -> dict[int, Worked]:
    """Row of a lead → the work on it up to `as_of_us`; leads without any event are left out."""
    if tables.events is None:
        return {}
    newest, since = _newest(tables, rows, as_of_us), _since(tables, as_of_us, means)
    found: dict[int, Worked] = {}
    for row, kinds in newest.items():
        attempts, missed = since.get(row, (0, 0))
        found[row] = Worked(attempts, missed, kinds)
    return found


def _newest(tables: Tables, rows: Sequence[int], as_of_us: int) -> dict[int, dict[str, int]]:
    """Row → kind → its newest event; the table `plan_events` is left with the events of these rows."""
    wanted = pd.DataFrame({"wanted": np.asarray(rows, dtype=np.int64)})
    register_frame(tables.con, "plan_rows", wanted)
    tables.con.raw_sql(
        "CREATE OR REPLACE TEMP TABLE plan_events AS SELECT row, kind, occurred_us FROM events "
        f"WHERE available_us <= {as_of_us} AND occurred_us <= {as_of_us} "
        "AND row IN (SELECT wanted FROM plan_rows)"
    )
    query = "SELECT row, kind, max(occurred_us) FROM plan_events GROUP BY row, kind ORDER BY row, kind"
    found: dict[int, dict[str, int]] = {}
    for row, kind, last in tables.con.raw_sql(query).fetchall():
        found.setdefault(int(row), {})[str(kind)] = int(last)
    return found


def _since(tables: Tables, as_of_us: int, means: Meanings) -> dict[int, tuple[int, int]]:
    """Row → attempts since the lead last asked or was met, and appointments missed since it was last met.

    A page that it looks at is no answer: a lead that looks every day would be called every day.
    """
    answers = tuple(dict.fromkeys((*means.asked, *means.met)))
    groups = {"attempt": means.attempts, "missed": means.missed, "own": answers, "met": means.met}
    pairs = [(kind, what) for what, kinds in groups.items() for kind in kinds]
    if not pairs:
        return {}
    register_frame(tables.con, "plan_kinds", pd.DataFrame(pairs, columns=["kind", "what"]))
    told = tables.con.raw_sql(
        "WITH said AS (SELECT row, occurred_us, what FROM plan_events JOIN plan_kinds USING (kind)), "
        "lasts AS (SELECT row, max(occurred_us) FILTER (what = 'own') AS own, "
        "max(occurred_us) FILTER (what = 'met') AS met FROM said GROUP BY row) "
        "SELECT row, "
        "count(*) FILTER (what = 'attempt' AND occurred_us > coalesce(own, -9e18)), "
        "count(*) FILTER (what = 'missed' AND occurred_us > coalesce(met, -9e18)) "
        "FROM said JOIN lasts USING (row) GROUP BY row"
    ).fetchall()
    return {int(row): (int(attempts), int(missed)) for row, attempts, missed in told}


def best_hour(
    tables: Tables, means: Meanings, as_of_us: int, calendar: WorkCalendar
) -> tuple[int, str] | None:
    """The hour of the day in which attempts of this company led to an answer clearly more often, in words.

    An answer is an own action of the lead within 24 hours. None where no hour is beyond its interval: then
    the hour of an attempt is the calendar's business alone.
    """
    if tables.events is None or not means.attempts or not means.own:
        return None
    tried, own = (", ".join(quoted(kind) for kind in kinds) for kinds in (means.attempts, means.own))
    rows = tables.con.raw_sql(
        f"WITH tried AS (SELECT row, occurred_us AS tried_us FROM events WHERE kind IN ({tried}) "
        f"AND available_us <= {as_of_us} AND occurred_us <= {as_of_us - DAY_US}), "
        f"own AS (SELECT row, occurred_us FROM events WHERE kind IN ({own}) AND available_us <= {as_of_us}), "
        "told AS (SELECT t.tried_us, EXISTS (SELECT 1 FROM own o WHERE o.row = t.row "
        f"AND o.occurred_us > t.tried_us AND o.occurred_us <= t.tried_us + {DAY_US}) AS answered "
        "FROM tried t) "
        f"SELECT tried_us // {HOUR_US}, count(*), count(*) FILTER (answered) FROM told GROUP BY 1"
    ).fetchall()
    hours: dict[int, tuple[int, int]] = {}
    for block, n, answered in rows:
        hour = calendar.local(from_us(int(block) * HOUR_US)).hour
        before = hours.get(hour, (0, 0))
        hours[hour] = before[0] + int(n), before[1] + int(answered)
    return clear_best([(hour, n, k) for hour, (n, k) in sorted(hours.items())])


FEWEST_ATTEMPTS = 100
"""Attempts in an hour below which nothing is said of it."""
_Z = 2.807
"""The normal quantile of 99.5 % two-sided: a dozen hours are looked at, one of which is luckiest."""


def clear_best(hours: list[tuple[int, int, int]]) -> tuple[int, str] | None:
    """The best of (hour, attempts, answered), if the low end of its Wilson interval is above the rate of all.

    >>> clear_best([(9, 400, 40), (10, 400, 90), (11, 400, 42)])
    (10, '22 % of 400 attempts were answered within a day, of all 14 %')
    >>> clear_best([(9, 400, 40), (10, 400, 44)]) is None
    True
    """
    attempts, answered = sum(n for _, n, _ in hours), sum(k for _, _, k in hours)
    if not attempts:
        return None
    overall = answered / attempts
    known = [(hour, n, k) for hour, n, k in hours if n >= FEWEST_ATTEMPTS and k / n > overall < _low(k, n)]
    if not known:
        return None
    hour, n, k = max(known, key=lambda one: (one[2] / one[1], -one[0]))
    return hour, f"{k / n:.0%} of {n:,} attempts were answered within a day, of all {overall:.0%}".replace(
        "%", " %"
    )


def _low(k: int, n: int) -> float:
    """The low end of the Wilson interval of k of n."""
    p, z = k / n, _Z
    centre, spread = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return float((centre - spread) / (1 + z * z / n))
