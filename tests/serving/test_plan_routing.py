"""Who gets a lead: theirs by account or territory, else by share; never somebody who left."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from serving.agreed.book import Owner, Playbook, Routing
from serving.planning.routing import NOBODY_FREE, Claim, Router

TODAY = date(2026, 3, 2)
NAMES = ["Anna", "Bob", "Chloé", "Dan"]
OWNERS = st.lists(
    st.builds(
        Owner,
        name=st.sampled_from(NAMES),
        share=st.sampled_from([0.0, 1.0, 2.0]),
        left=st.none() | st.sampled_from([date(2026, 3, 1), TODAY, date(2026, 3, 3)]),
        away=st.just(()) | st.just(((date(2026, 3, 1), date(2026, 3, 5)),)),
        territories=st.just(()) | st.just(("North",)),
        accounts=st.just(()) | st.just(("A1",)),
    ),
    unique_by=lambda owner: owner.name,
    max_size=4,
)
CLAIMS = st.builds(
    Claim,
    st.text("abc123", min_size=1, max_size=6),
    st.sampled_from([None, "A1", "A2"]),
    st.sampled_from([None, "north", "South"]),
    st.sampled_from([None, "Nobody", *NAMES]),
)


def book(*owners: Owner) -> Playbook:
    return Playbook(owner=owners, routing=Routing(owner="o", territory="t"))


@given(OWNERS, CLAIMS, st.booleans())
def test_nobody_who_has_left_and_nobody_who_is_away_today_gets_a_contact(owners, claim, contact):
    routed = Router(book(*owners), TODAY).route(claim, contact=contact)
    able = [one for one in owners if one.here(TODAY) and (not contact or one.present(TODAY))]
    assert routed.owner is None or routed.owner in {one.name for one in able}
    if any(one.share > 0 and not one.territories for one in able):
        assert routed.owner is not None
    again = Router(book(*reversed(owners)), TODAY).route(claim, contact=contact)
    assert again == routed


@given(OWNERS, CLAIMS)
def test_an_owner_who_is_here_keeps_what_is_theirs(owners, claim):
    routed = Router(book(*owners), TODAY).route(claim, contact=False)
    kept = [one for one in owners if one.name == claim.owner and one.here(TODAY)]
    if kept:
        assert (routed.owner, routed.note) == (claim.owner, "")


def test_accounts_go_before_territories_and_these_before_shares():
    owners = (
        Owner(name="Anna", accounts=("A1",), share=0),
        Owner(name="Bob", territories=("North",)),
        Owner(name="Dan"),
    )
    router = Router(book(*owners), TODAY)
    assert router.route(Claim("x", "a1", "north"), contact=True).owner == "Anna"
    assert router.route(Claim("x", "A2", "NORTH"), contact=True).owner == "Bob"
    assert {router.route(Claim(str(i), None, "South"), contact=True).owner for i in range(50)} == {"Dan"}


def test_shares_are_fair_and_a_newcomer_takes_from_everybody_alike():
    owners = [Owner(name="Anna"), Owner(name="Bob", share=2)]
    before = {i: Router(book(*owners), TODAY).route(Claim(f"L{i}"), contact=False).owner for i in range(3000)}
    counts = Counter(before.values())
    assert 0.61 < counts["Bob"] / 3000 < 0.72
    owners.append(Owner(name="Chloé"))
    after = {i: Router(book(*owners), TODAY).route(Claim(f"L{i}"), contact=False).owner for i in range(3000)}
    moved = {i for i in before if before[i] != after[i]}
    assert {after[i] for i in moved} == {"Chloé"}
    assert 0.2 < len(moved) / 3000 < 0.3


def test_one_account_has_one_owner_and_a_full_day_goes_to_others():
    router = Router(book(Owner(name="Anna"), Owner(name="Bob")), TODAY)
    assert len({router.route(Claim(f"L{i}", "acme"), contact=True).owner for i in range(20)}) == 1
    full = Router(book(Owner(name="Anna", per_day=3), Owner(name="Bob")), TODAY)
    for i in range(40):
        full.route(Claim(f"L{i}"), contact=True)
    assert full.taken["Anna"] == 3
    assert full.taken["Bob"] == 37
    left = book(Owner(name="Anna", left=date(2026, 1, 1)), Owner(name="Bob"))
    assert Router(left, TODAY).route(Claim("x", owner="anna"), contact=True).note == "was Anna's, who left"


SELLERS = st.lists(
    st.builds(
        Owner,
        name=st.sampled_from(NAMES),
        share=st.sampled_from([1.0, 2.0, 3.0]),
        most_open=st.none() | st.integers(1, 6),
        left=st.none() | st.just(TODAY),
    ),
    unique_by=lambda owner: owner.name,
    min_size=1,
    max_size=4,
)
HAD = st.lists(st.sampled_from([None, *NAMES]), max_size=40)


def by_load(*owners: Owner) -> Playbook:
    return Playbook(owner=owners, routing=Routing(owner="o", by="load"))


@given(SELLERS, HAD)
def test_by_load_who_has_the_fewest_open_leads_for_their_share_gets_the_next(owners, had):
    claims = [Claim(f"L{place}", owner=owner) for place, owner in enumerate(had)]
    router = Router.begun(by_load(*owners), TODAY, claims)
    here = {one.name: one for one in owners if one.here(TODAY)}
    before = Counter(owner for owner in had if owner in here)
    assert router.held == before
    for claim in claims:
        loads = Counter(router.held)
        routed = router.route(claim, contact=False)
        if claim.owner in here:
            assert (routed.owner, routed.given) == (claim.owner, False)
            continue
        room = [one for one in here.values() if one.most_open is None or loads[one.name] < one.most_open]
        if not room:
            assert routed.owner is None
            assert not here or NOBODY_FREE in routed.note
            continue
        after = {one.name: (loads[one.name] + 1) / one.share for one in room}
        assert routed.owner in after
        assert after[routed.owner] == min(after.values())
        assert (routed.given, router.held[routed.owner]) == (True, loads[routed.owner] + 1)


def test_by_load_an_account_stays_with_one_owner_and_what_is_dropped_is_no_load():
    claims = [Claim("a", "acme", owner="Bob"), Claim("b", "ACME"), Claim("c", owner="Anna", counts=False)]
    claims += [Claim(f"n{place}") for place in range(6)]
    router = Router.begun(by_load(Owner(name="Anna"), Owner(name="Bob")), TODAY, claims)
    routed = {claim.lead_id: router.route(claim, contact=False).owner for claim in claims}
    assert (routed["b"], routed["c"]) == ("Bob", "Anna")
    assert router.held == {"Anna": 4, "Bob": 4}


def test_contacts_made_in_the_morning_count_against_the_afternoon():
    had = [Claim(f"m{place}", owner="Anna", contacted=True) for place in range(2)]
    owners = (Owner(name="Anna", per_day=3), Owner(name="Bob"))
    router = Router.begun(book(*owners), TODAY, had)
    assert router.taken == {"Anna": 2}
    routed = [router.route(Claim(f"L{place}"), contact=True).owner for place in range(30)]
    assert (routed.count("Anna"), routed.count("Bob")) == (1, 29)
