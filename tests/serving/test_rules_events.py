"""What events are worth, held against a plain sum over their ages; groups capped; both readings equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadscoreError, parse_lead
from features.clock.instants import DAY_US, from_us, parse_moment
from features.readings import offline, online, stack
from serving.rules.file import load_rules
from serving.rules.rules import Rules
from tests.laws.test_readings_agree import mismatches
from tests.made import scorers
from tests.made.histories import draw_history

AS_OF = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
RULE = '[[engagement]]\nname = "views"\nevents = ["page_view"]\n'


def made(text: str) -> Rules:
    return load_rules(f"version = 1\n{text}", scorers.recipe())


def engagement(rules: Rules, ages: list[float]) -> float:
    """The points of a lead whose page views are so many days old, read as a request is."""
    events = [
        {"kind": "page_view", "occurred_at": from_us(AS_OF - round(age * DAY_US)).isoformat()} for age in ages
    ]
    lead = parse_lead(scorers.recipe(), lead_id="a", fields={}, events=events, as_of_us=AS_OF)
    return float(rules.points(stack(rules.features, [online(rules.features, lead)]))[1][0])


def by_half_life(age: float) -> float:
    return float(2 ** (-age / 14))


def by_steps(age: float) -> float:
    return 1.0 if age < 7 else 0.5 if age < 30 else 0.0


def within(age: float) -> float:
    return float(age < 30)


FADING = {
    "half_life_days = 14": by_half_life,
    "steps = [{ after_days = 7, keep = 0.5 }, { after_days = 30, keep = 0 }]": by_steps,
    "within_days = 30": within,
    "": lambda age: 1.0,
}
AGES = st.lists(st.sampled_from([0.0, 1.0, 6.5, 7.0, 7.5, 29.5, 30.0, 31.0, 90.0]), max_size=5)


@pytest.mark.parametrize("fading", FADING)
@given(ages=AGES)
@settings(max_examples=25, deadline=None)
def test_the_newest_event_has_the_first_points_and_the_others_the_rest(
    fading: str, ages: list[float]
) -> None:
    weights = [FADING[fading](age) for age in sorted(ages)]
    plain = engagement(made(f"{RULE}points = 4\n{fading}\n"), ages)
    assert plain == pytest.approx(4 * sum(weights), abs=1e-6)
    first = engagement(made(f"{RULE}first = 10\npoints = 4\ncap = 25\n{fading}\n"), ages)
    expected = 10 * sum(weights[:1]) + 4 * sum(weights[1:])
    assert first == pytest.approx(min(expected, 25), abs=1e-6)


@given(ages=AGES)
@settings(max_examples=25, deadline=None)
def test_once_a_day_counts_days_and_ranges_count_events(ages: list[float]) -> None:
    days = {int(age) for age in ages if age < 60}
    assert engagement(made(f"{RULE}points = 2\nonce_a_day = true\n"), ages) == 2 * len(days)
    ranges = "ranges = [{ from = 1, to = 3, points = 5 }, { from = 3, points = 9 }]\nwithin_days = 30\n"
    n = sum(age < 30 for age in ages)
    assert engagement(made(RULE + ranges), ages) == (9 if n >= 3 else 5 if n else 0)


FULL = """
[groups.shown]
most = 7
least = -3
[groups.engagement]
most = 30
[groups.fit]
least = -5
[[fit]]
name = "size"
field = "size"
bands = [{ to = 10, points = -9 }, { from = 10, points = 8 }]
group = "who"
[[fit]]
name = "industry"
field = "industry"
match = { software = 6 }
other = -4
group = "who"
[groups.who]
most = 10
[[engagement]]
name = "views"
events = ["page_view"]
first = 3
points = 1.5
half_life_days = 3
group = "shown"
[[engagement]]
name = "calls"
events = ["call"]
points = 2
once_a_day = true
within_days = 30
group = "shown"
[[engagement]]
name = "asked"
events = ["demo request", "call"]
first = 12
points = 5
steps = [{ after_days = 1, keep = 0.6 }, { after_days = 7.5, keep = 0.1 }]
[[engagement]]
name = "bounced"
events = ["bounce"]
ranges = [{ from = 1, points = -12 }]
within_days = 7.5
group = "shown"
[[exclude]]
name = "ourselves"
field = "email"
domains = ["acme.com"]
[[exclude]]
name = "bounced twice"
events = ["bounce"]
points = -20
"""


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=5, deadline=None)
def test_points_are_the_same_in_both_readings_add_up_and_stay_inside_their_caps(seed: int) -> None:
    history = draw_history(seed)
    rules = load_rules(FULL, history.recipe)
    columns = offline(rules.features, history.recipe, history.tables, history.moments)
    rows = history.rows(rules.features)
    assert mismatches(rules.features, columns, rows) == []
    fit, engagement, excluded = rules.read(columns)
    for one, other in zip(rules.read(rows)[:2], (fit, engagement), strict=True):
        np.testing.assert_array_equal(one, other)
    lines = rules.itemised(columns)
    np.testing.assert_allclose(
        [sum(item.points for item in line) for line in lines], fit + engagement, atol=1e-9
    )
    off = np.array([-100 * ("ourselves" in met) - 20 * ("bounced twice" in met) for met in excluded])
    assert ((fit - off >= -5) & (fit - off <= 10)).all()
    assert (engagement <= 30).all()
    parts = rules.contributions(columns)
    np.testing.assert_allclose(parts.values.sum(axis=1) + parts.bias, rules.margin(columns), atol=1e-9)


def test_an_address_of_an_excluded_domain_is_met_whatever_its_suffix() -> None:
    rules = made('[[exclude]]\nname = "rival"\nfield = "email"\ndomains = ["rival.com", "@other.co.uk"]\n')
    met = []
    for address in ("x@rival.fr", "x@mail.other.co.uk", "rival.com@acme.io", "x@gmail.com", ""):
        lead = parse_lead(scorers.recipe(), lead_id="a", fields={"email": address}, events=[], as_of_us=AS_OF)
        met += rules.read(stack(rules.features, [online(rules.features, lead)]))[2]
    assert met == [("rival",), ("rival",), (), (), ()]
    assert [feature.label for feature in rules.features] == ["Owner of the e-mail domain"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{RULE}points = 1\nsilent_days = 3\nfirst = 2", "'silent_days' does not go with 'first'"),
        (f"{RULE}ranges = [{{ from = 1, points = 1 }}]\ncap = 2", "'ranges' does not go with 'cap'"),
        (f"{RULE}points = 1\nhalf_life_days = 2\nwithin_days = 3", "does not go with 'within_days'"),
        (f"{RULE}points = 1\nonce_a_day = true\nwithin_days = 61", "at most 60"),
        (
            f"{RULE}points = 1\nsteps = [{{after_days=3,keep=0.2}},{{after_days=9,keep=0.2}}]",
            "fall in 'keep'",
        ),
        (f"{RULE}half_life_days = 2", "needs 'points' or 'ranges'"),
        (f"{RULE}points = 1\ngroup = 'web'", "which [groups] does not have"),
        (f"{RULE}points = 1\ngroup = 'fit'\n[groups.fit]\nmost = 1", "holds every rule of [fit] already"),
        ("[groups.web]\nmost = -1", "[groups], key 'web.most'"),
        ("[groups.web]", "needs 'most', 'least' or both"),
        ("[[exclude]]\nname='x'\nevents=['unsubscribe']\nfield='email'", "needs 'field', but"),
        ("[[exclude]]\nname='x'\nfield='email'\ndomains=['gmail.com']", "is no company's domain"),
        ("[[exclude]]\nname='x'\nfield='industry'\ndomains=['a.com']", "domains read email"),
        ("[[exclude]]\nname='x'\nevents=['unsubscribed']", "did you mean 'unsubscribe'?"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(LeadscoreError) as refused:
        made(text)
    assert said in refused.value.problem


def test_every_rule_that_the_recipe_cannot_read_is_named_with_its_line() -> None:
    text = """
[[fit]]
name = "a"
field = "industri"
match = { a = 1 }

[[engagement]]
name = "b"
points = 1
events = ["demo"]
"""
    with pytest.raises(LeadscoreError) as refused:
        load_rules(text, scorers.recipe())
    first, second = refused.value.problem.splitlines()
    assert first.startswith("rules.toml, line 4: [fit] number 1, key 'field': ")
    assert second.startswith("rules.toml, line 10: [engagement] number 1, key 'events': ")
