"""A quarter called by a scorecard, recounted by hand on tables small enough to read."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from features import parse_recipe, tables_from_frames
from features.clock import DAY_US, from_us, parse_moment
from features.errors import LeadscoreError
from serving.rules import parse_rules
from training.comparison.backtest import NEWEST, PEOPLE, backtest

RECIPE = parse_recipe("""
[recipe]
horizon_days = 20
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
size = { type = "number" }
[events.kinds]
page = "interest"
call = "contact"
[split]
history_end = "2026-06-01T00:00:00Z"
""")
CARD = """[[fit]]
name = "size"
field = "size"
bands = [{ from = 0, to = 5, points = 1 }, { from = 5, points = 9 }]
"""
END = parse_moment("2026-06-01T00:00:00+00:00", "UTC")
WEEKS, HORIZON = 6, 20 * DAY_US


def company(seed: int, *, calls: bool = True):
    rng = np.random.default_rng(seed)
    n = 120
    created = END - rng.integers(10, 110, n) * DAY_US - rng.integers(0, DAY_US, n)
    size = rng.integers(0, 10, n)
    leads = pd.DataFrame(
        {"lead_id": [f"L{i}" for i in range(n)], "created_at": [from_us(int(us)) for us in created]}
    )
    leads["size"] = size.astype(str)
    won = rng.random(n) < np.where(size >= 5, 0.5, 0.15)
    ended = np.minimum(created + rng.integers(1, 60, n) * DAY_US, END - 1)
    outcomes = pd.DataFrame(
        {
            "lead_id": leads["lead_id"],
            "stage": np.where(won, "won", "lost"),
            "occurred_at": [from_us(int(us)) for us in ended],
        }
    )
    at = created + rng.integers(0, 40, n) * DAY_US
    events = pd.DataFrame(
        {
            "lead_id": leads["lead_id"],
            "kind": np.where(rng.random(n) < 0.7, "call" if calls else "page", "page"),
            "occurred_at": [from_us(int(min(us, END))) for us in at],
        }
    )
    tables = tables_from_frames(RECIPE, leads, events, outcomes, clock_us=END)
    return tables, created, size, won, ended, events


def by_hand(created, size, won, ended, events, order):
    """(calls, won) of an order: 'card', 'newest' or 'people', by plain loops."""
    calls = wins = 0
    for week in range(WEEKS):
        start = min(END - HORIZON, created.max()) - 7 * DAY_US * (WEEKS - 1 - week)
        opened = [i for i in range(len(size)) if created[i] <= start < ended[i]]
        tried = defaultdict(bool)
        for lead, kind, at in zip(events["lead_id"], events["kind"], events["occurred_at"], strict=True):
            us = parse_moment(at.isoformat(), "UTC")
            tried[int(lead[1:])] |= kind == "call" and start < us <= start + 7 * DAY_US
        people = [i for i in opened if tried[i]]
        key = {"card": lambda i: (int(size[i] < 5), -created[i], i), "newest": lambda i: (-created[i], i)}
        chosen = people if order == "people" else sorted(opened, key=key[order])[: len(people)]
        calls += len(chosen)
        wins += sum(bool(won[i]) and start < ended[i] <= start + HORIZON for i in chosen)
    return calls, wins


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_order_calls_as_many_of_the_same_leads_as_people_did(seed: int) -> None:
    tables, *facts = company(seed)
    found = backtest(RECIPE, tables, {"card": parse_rules(CARD, RECIPE)}, CARD, weeks=WEEKS, draws=50)
    counted = {one.order: (one.calls, one.won) for one in found.orders}
    assert counted["card"] == by_hand(*facts, "card")
    assert counted[NEWEST] == by_hand(*facts, "newest")
    assert counted[PEOPLE] == by_hand(*facts, "people")
    for one in found.orders:
        assert one.interval.low <= one.share <= one.interval.high
        assert (one.minus is None) == (one.order == NEWEST)
    assert any("no model" in note for note in found.notes)
    assert [row[0] for row in (one.row() for one in found.orders)] == ["card", NEWEST, PEOPLE]


def test_where_nobody_kept_calls_the_recipes_capacity_is_assumed_and_said() -> None:
    tables, *_ = company(4, calls=False)
    found = backtest(RECIPE, tables, {"card": parse_rules(CARD, RECIPE)}, CARD, weeks=2, draws=20)
    assert PEOPLE not in [one.order for one in found.orders]
    assert "50 calls a week are assumed" in found.notes[0]


def test_a_history_in_which_nothing_was_won_has_no_backtest() -> None:
    tables, *_ = company(5)
    lost = RECIPE.model_copy(update={"outcomes": RECIPE.outcomes.model_copy(update={"won": ("sold",)})})
    tables.con.raw_sql("UPDATE outcomes SET closing = 'lost'")
    with pytest.raises(LeadscoreError, match="was won in time"):
        backtest(lost, tables, {}, CARD, weeks=WEEKS)
