"""An account is sorted once for all who ask: each is told what a list of its own would say."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock import DAY_US
from features.lead import Lead
from serving.ledger import LeadSent, Ledger, Writer
from serving.neighbours import neighbours_of
from serving.neighbours.account import Account, Both, Deeds
from tests.features.test_accounts import FEATURES
from tests.serving.test_accounts_together import AS_OF_US, FLAT

MOST = 2_000
"""Leads of an account of which something is told (docs/accounts.md)."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


MOMENTS = st.integers(-3, 12)
LEADS = st.lists(
    st.builds(
        Deeds,
        st.sampled_from("abcdef"),
        st.none() | MOMENTS,
        st.none() | st.lists(MOMENTS, max_size=6).map(tuple),
        st.none() | MOMENTS,
        st.none() | MOMENTS,
    ),
    max_size=8,
)


def plainly(deeds: list[Deeds], own: set[str], as_of_us: int) -> dict[str, list[int]]:
    """By one list for whoever asks."""
    first = {one.lead_id: one for one in reversed(deeds)}
    found: dict[str, list[int]] = {"leads": [], "won": [], "lost": [], "events": []}
    for one in (first[name] for name in first if name not in own):
        found["events"] += [at if one.created_us is None else max(at, one.created_us)
                            for at in one.events_us or ()]  # fmt: skip
        if one.created_us is not None:
            found["leads"].append(one.created_us)
            for kind, at in (("won", one.won_us), ("lost", one.lost_us)):
                found[kind] += [] if at is None else [max(at, one.created_us)]
    return {kind: sorted(at for at in known if at <= as_of_us) for kind, known in found.items()}


@given(deeds=LEADS, more=LEADS, own=st.sets(st.sampled_from("abcdef")), at=MOMENTS)
def test_what_is_told_is_what_a_list_of_its_own_would_say(
    deeds: list[Deeds], more: list[Deeds], own: set[str], at: int
) -> None:
    account, beside = Account(deeds), Account(more)
    found, others = account.others(own, at), beside.others(own, at)
    assert {kind: list(known) for kind, known in found.items()} == plainly(deeds, own, at)
    for kind, known in plainly(deeds, own, at).items():
        both = sorted([*known, *plainly(more, own, at)[kind]])
        view = Both(found[kind], others[kind])
        assert [len(view), *view] == [len(both), *both]
        assert list(view[-2:]) == both[-2:]
    first = {one.lead_id: one for one in reversed(deeds)}
    lacks = [one for name, one in first.items() if name not in own and one.events_us is None]
    assert account.lacks_events(own, at) == any(
        one.created_us is None or one.created_us <= at for one in lacks
    )
    left = account.but(own).others(set(), at)
    assert {kind: list(known) for kind, known in left.items()} == plainly(deeds, own, at)


def crowd(leads: int, events: int = 0) -> list[Lead]:
    """Leads of one account, each with so many events before the moment."""
    return [
        Lead(f"L{number}", AS_OF_US, AS_OF_US - 20 * DAY_US, {}, {}, account_id="x",
             known_us=tuple(AS_OF_US - number - 1_000_000 * place for place in range(events, 0, -1)))
        for number in range(leads)
    ]  # fmt: skip


def test_memory_grows_with_the_account_not_with_its_square(ledger: Ledger) -> None:
    leads, events = 400, 40
    asked = crowd(leads, events)
    tracemalloc.start()
    try:
        told = neighbours_of(ledger).together(FLAT, asked)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(
        one.others is not None and len(one.others["events"] or ()) == (leads - 1) * events for one in told
    )
    assert peak < leads * leads * events * 8 / 4  # a list of all events for each would take 8 bytes an entry


def test_an_account_too_large_is_told_of_nobody(ledger: Ledger) -> None:
    neighbours, crowded = neighbours_of(ledger), crowd(MOST + 1)
    assert all(one.others is not None for one in neighbours.together(FLAT, crowded[:-1]))
    assert all(one.others is None for one in neighbours.together(FLAT, crowded))
    cells = {"account": "x", "created_at": "2025-01-20"}
    with Writer(ledger) as writer:
        writer.submit([LeadSent("crm", "Z", cells, AS_OF_US - DAY_US)]).result()
    # what the ledger knows and what comes beside it count together
    assert all(one.others is None for one in neighbours.together(FLAT, crowded[:-1]))
    told = neighbours.together(FLAT, crowded[:-2])
    place = [feature.name for feature in FEATURES].index("account_leads_ever")
    assert {FEATURES[place].value(one) for one in told} == {MOST - 2 + 1}
