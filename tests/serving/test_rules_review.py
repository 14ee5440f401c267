"""A scorecard before it counts: what cannot work is named by line, and its examples are tried."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadscoreError, parse_recipe
from serving.review import faults, tried
from serving.rules import default_rules, parse_rules
from serving.rules.lines import Lines
from tests.made import scorers

SIZE = '[[fit]]\nname = "size"\nfield = "company_size"\n'
TITLE = '[[fit]]\nname = "title"\nfield = "title"\n'
INDUSTRY = '[[fit]]\nname = "{}"\nfield = "industry"\nmatch = {{ {} }}\n'
VIEWS = '[[engagement]]\nname = "{}"\nevents = ["page_view"]\npoints = {}\n'
LOW = "[cuts]\nfit = [3, 2, 1]\nengagement = [3, 2, 1]\nmql = 1\nwarm = 1\nhot = 2\n"
PLENTY = '[[engagement]]\nname = "any"\nevents = ["demo_request"]\npoints = 5\n'
"""Points enough for every cut-off of engagement."""
FIT = '[[fit]]\nname = "address"\nfield = "email"\nmatch = { business = 9 }\n'
BASE = LOW + PLENTY + FIT


def found(text: str) -> list[tuple[int | None, str]]:
    recipe = scorers.recipe()
    return [
        (one.line, f"{one.place}: {one.problem}")
        for one in faults(parse_rules(text, recipe).card, recipe, text)
    ]


def test_the_default_scorecard_has_no_fault() -> None:
    assert found(default_rules(scorers.recipe())) == []
    assert found(BASE) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"{SIZE}bands = [{{ to = 10, points = 1 }}, {{ from = 5, points = 2 }}]",
            "bands 1 and 2 overlap from 5 to 10",
        ),
        (
            f"{SIZE}bands = [{{ to = 9, points = 1 }}, {{ from = 9, points = 2 }}, "
            "{ from = 3, points = 4 }]",
            "band 3 is never reached",
        ),
        (f"{SIZE}bands = [{{ to = 9, points = 1 }}, {{ from = 12, points = 2 }}]", "no band holds 9 to 12"),
        (
            f"{TITLE}keywords = [{{ words = ['president'], points = 2 }}, "
            "{ words = ['Vice President'], points = 1 }]",
            "'vice president' of list 2 is never reached: list 1 has 'president'",
        ),
        ("[[fit]]\nname = 'm'\nfield = 'email'\nmatch = { work = 2 }", "'work' is no kind of address"),
        (
            INDUSTRY.format("a", "retail = 2") + INDUSTRY.format("b", "Retail = -2"),
            "'retail' has -2 points here, and +2 in [fit] number 2",
        ),
        (
            INDUSTRY.format("a", "retail = 2")
            + "[[exclude]]\nname = 'c'\nfield = 'industry'\nmatch = ['retail']",
            "'retail' is excluded here, and has +2 points",
        ),
        (VIEWS.format("a", 2) + VIEWS.format("b", -2), "'page_view': [engagement] number 2 gives points"),
        (VIEWS.format("a", 2) + VIEWS.format("a", 3), "[engagement] number 2 is named 'a' too"),
        (VIEWS.format("a", 20) + "cap = 10", "10 is below the 20 points of one event"),
        ("[groups.idle]\nmost = 3", "no rule is of this group"),
    ],
)
def test_a_rule_that_cannot_work_is_named(text: str, said: str) -> None:
    ((line, problem),) = found(BASE + text)
    assert said in problem
    assert line is not None
    assert line > BASE.count("\n")


def test_a_band_that_no_lead_reaches_is_named() -> None:
    capped = (
        f"{FIT}{PLENTY}[groups.engagement]\nmost = 12\n[cuts]\nfit = [50, 2, 1]\nengagement = [12, 2, 1]\n"
    )
    assert [problem for _, problem in found(f"{capped}mql = 22\nwarm = 21\nhot = 30\n")] == [
        f"[cuts], key '{key}': no lead can be {band}: it needs {cut} points, and {rules} together give {most}"
        for key, band, cut, rules, most in (
            ("fit", "A", 50, "the rules of [fit]", "9 at most"),
            ("mql", "an MQL", 22, "all rules", "21 at most"),
            ("hot", "hot", 30, "all rules", "21 at most"),
        )
    ]
    assert "no lead can be cold" in found(BASE.replace("warm = 1", "warm = 0"))[0][1]


def test_a_line_is_found_whatever_stands_between() -> None:
    text = (
        '# [[fit]]\n[[fit]] # one\nname = "x"\nnote = """\n[[fit]]\nname = 3\n"""\n [[ fit ]]\nname = "y"\n'
    )
    lines = Lines("r", text)
    assert [lines.line(("fit", at, "name")) for at in (0, 1)] == [3, 9]
    assert lines.line(("fit", 1, "bands", 4, "to")) == 8
    assert lines.line(("cuts",)) is None


EXAMPLE = """
[[exclude]]
name = "unsubscribed"
events = ["unsubscribe"]
[[example]]
name = "one"
fields = {{ email = "jane@acme.io" }}
events = [{{ kind = "demo_request", days_ago = 1 }}{events}]
{expected}
"""


def trial(expected: str, events: str = ""):
    recipe = scorers.recipe()
    text = BASE + EXAMPLE.format(expected=expected, events=events)
    (only,) = tried(parse_rules(text, recipe), recipe, text)
    return only


def test_an_example_passes_when_its_points_are_as_expected() -> None:
    passed = trial("fit = 9\nengagement = 5.04\ntotal = 14\ngrade = 'A1'\nmql = true\nexcluded_by = []")
    assert passed.passed
    assert [(item.name, item.points) for item in passed.items] == [("address", 9), ("any", 5)]


def test_an_example_says_what_differs_and_where() -> None:
    failed = trial("fit = 9\ntotal = 14\nmql = true", events=', { kind = "unsubscribe" }')
    assert failed.differs == [("fit", 9, -91), ("total", 14, -86), ("mql", True, False)]
    assert failed.line == BASE.count("\n") + 5
    assert "total -86, expected 14" in str(failed.row()[2])


@pytest.mark.parametrize(
    ("expected", "events", "said"),
    [
        ("fit = 1", ', { kind = "demo" }', "key 'events': the recipe declares no event kind 'demo'"),
        ("as_of = 'then'\nfit = 1", "", "key 'as_of': is not a date"),
        ("excluded_by = ['unsubscribe']", "", "no [exclude] is named 'unsubscribe'; did you mean"),
    ],
)
def test_an_example_that_cannot_be_read_is_named(expected: str, events: str, said: str) -> None:
    with pytest.raises(LeadscoreError) as refused:
        trial(expected, events)
    assert said in refused.value.problem
    assert "rules.toml, line" in refused.value.problem


def test_an_example_that_expects_nothing_is_refused() -> None:
    with pytest.raises(LeadscoreError, match="expects nothing"):
        trial("")


FEW = st.fixed_dictionaries(
    {
        "size": st.booleans(), "revenue": st.booleans(), "title": st.booleans(), "email": st.booleans(),
        "phone": st.booleans(),
    }
)  # fmt: skip
LINES = {
    "size": 'size = { type = "number", means = "size" }',
    "revenue": 'revenue = { type = "number", means = "revenue" }',
    "title": 'title = { type = "text", means = "title" }',
    "email": 'email = { type = "email" }',
    "phone": 'phone = { type = "phone" }',
}
EVENT_LINES = ('demo = "intent"', 'page_view = "interest"', 'email_open = "interest"', 'spam = "negative"')


@given(FEW, st.lists(st.sampled_from(EVENT_LINES), unique=True, max_size=4))
@settings(deadline=None)
def test_the_default_scorecard_of_any_recipe_has_nothing_to_correct(chosen, events):
    fields = "\n".join(LINES[name] for name, taken in chosen.items() if taken)
    kinds = "[events.kinds]\n" + "\n".join(events) + "\n" if events else ""
    recipe = parse_recipe(
        '[tables]\nleads = "l.csv"\n[lead]\nid = "id"\ncreated_at = "at"\n[lead.fields]\n'
        + fields
        + "\n"
        + kinds
    )
    text = default_rules(recipe)
    rules = parse_rules(text, recipe)
    assert faults(rules.card, recipe, text) == []
    cuts = rules.card.cuts
    assert cuts.fit[0] <= 45
    assert cuts.warm < cuts.hot <= 60
    acts = any(line.startswith(("demo", "page_view", "email_open")) for line in events)
    if acts:
        assert cuts.hot == cuts.mql
    else:  # nothing tells an intention: who fits is warm, and hot is not made easier
        assert (cuts.hot, cuts.mql) == (60, cuts.warm if cuts.mql < 60 else 60)
    whole = dict.fromkeys(LINES, True)
    if chosen == whole and "demo" in " ".join(events):
        assert (cuts.fit, cuts.mql) == ((45, 30, 15), 60)
