"""The funnel against companies whose truth is known: rates, costs, times, and what is named as a mistake."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadscoreError, parse_recipe, tables_from_frames
from features.clock import DAY_US, to_us
from serving.funnel import make_funnel, move
from serving.funnel.cost_reports import CostReport
from serving.funnel.journeys import STEPS, journeys_of
from serving.funnel.scored import Scored
from tests.bench.funnel_truth import funnel_against_truth

RECIPE = parse_recipe(
    """
[recipe]
horizon_days = 30
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
origin = { type = "category", means = "origin" }
campaign = { type = "category", means = "campaign" }
[events.kinds]
call = "contact"
meeting_held = "intent"
meeting_no_show = "negative"
[outcomes]
amount = "amount"
[outcomes.stages]
mql = "mql"
sal = "sal"
opp = "opportunity"
[split]
history_end = "2026-01-01"
"""
)
START = pd.Timestamp("2025-09-01", tz="UTC")
END_US = to_us(pd.Timestamp("2026-01-01", tz="UTC").to_pydatetime())
NO_EVENTS = pd.DataFrame({"lead_id": ["none"], "occurred_at": [START.isoformat()], "kind": ["call"]})


def tables_of(leads, outcomes, events=NO_EVENTS):
    """Canonical tables of rows (id, day of creation, origin, campaign) and (id, stage, day, amount)."""
    frame = pd.DataFrame(leads, columns=["lead_id", "day", "origin", "campaign"])
    frame["created_at"] = [(START + pd.Timedelta(days=day)).isoformat() for day in frame.pop("day")]
    ended = pd.DataFrame(outcomes, columns=["lead_id", "stage", "day", "amount"])
    ended["occurred_at"] = [(START + pd.Timedelta(days=day)).isoformat() for day in ended.pop("day")]
    return tables_from_frames(RECIPE, frame, events, ended)


LIVES = st.lists(
    st.tuples(
        st.integers(0, 100),
        st.lists(
            st.tuples(st.sampled_from(["mql", "sal", "opp", "won", "lost"]), st.integers(0, 120)), max_size=5
        ),
    ),
    min_size=1,
    max_size=12,
)


@given(LIVES)
@settings(max_examples=12)
def test_no_stage_is_reached_by_more_leads_than_the_one_before(lives):
    leads = [(f"l{place}", day, "web", "c") for place, (day, _) in enumerate(lives)]
    outcomes = [(f"l{p}", stage, day, 1.0) for p, (_, stages) in enumerate(lives) for stage, day in stages]
    found = journeys_of(RECIPE, tables_of(leads, outcomes or [("x", "mql", 0, 1.0)]))
    reached = [found.leads[f"{step}_us"].notna().sum() for step in STEPS]
    assert reached == sorted(reached, reverse=True)
    moments = found.leads[[f"{step}_us" for step in STEPS[1:]]].to_numpy()
    for one, other in zip(moments.T, moments.T[1:], strict=False):
        both = (one == one) & (other == other)
        assert (one[both] <= other[both]).all()


@given(LIVES)
@settings(max_examples=12)
def test_rates_count_what_a_loop_over_the_leads_counts(lives):
    leads = [(f"l{place}", day, "web", "c") for place, (day, _) in enumerate(lives)]
    outcomes = [(f"l{p}", stage, day, 1.0) for p, (_, stages) in enumerate(lives) for stage, day in stages]
    tables = tables_of(leads, outcomes or [("x", "mql", 0, 1.0)])
    funnel = make_funnel(RECIPE, tables)
    horizon, last = 30, (END_US - to_us(START.to_pydatetime())) / DAY_US
    for step in funnel.all.steps:
        of = reached = 0
        for day, stages in lives:
            later = STEPS[STEPS.index(step.name) :]
            names = {"mql": "mql", "sal": "sal", "opp": "opportunity", "won": "customer"}
            at = [when for stage, when in stages if names.get(stage) in later]
            if day + horizon <= last:
                of += 1
                reached += bool(at) and min(at) <= day + horizon
        assert (step.from_creation_of, round((step.from_creation.value or 0) * of)) == (of, reached)


@pytest.mark.slow
def test_intervals_hold_the_truth_of_simulated_companies(tmp_path):
    found = funnel_against_truth(tmp_path, range(41, 47))
    rates = found[found["figure"] == "becomes a customer"]
    assert len(rates) >= 30
    assert found["held"].mean() >= 0.9, found[~found["held"]]


def report(rows, *, file="google.csv", platform="google"):
    """A cost report of (campaign, first day, last day, currency, cost)."""
    frame = pd.DataFrame(
        rows, columns=["campaign", "first", "last", "currency", "cost", "id"][: len(rows[0])]
    )
    ids = frame.get("id", "")
    start = to_us(START.to_pydatetime())
    spend = pd.DataFrame(
        {
            "line": range(2, 2 + len(frame)), "campaign": frame["campaign"], "campaign_id": ids,
            "start_us": start + frame["first"] * DAY_US, "end_us": start + (frame["last"] + 1) * DAY_US - 1,
            "currency": frame["currency"], "cost": frame["cost"], "clicks": float("nan"),
        }
    )  # fmt: skip
    return CostReport(file, platform, spend, ())


@pytest.fixture(scope="module")
def company():
    """Forty leads of two campaigns in 40 days; the first campaign wins a quarter, the second nothing."""
    leads = [(f"a{n}", n, "paid search", "Brand") for n in range(40)]
    leads += [(f"b{n}", n, "paid social", "ABM") for n in range(40)]
    outcomes = [(f"a{n}", "won", n + 5, 1_000.0) for n in range(0, 40, 4)]
    return tables_of(leads, outcomes)


def test_costs_go_to_the_leads_of_their_campaign_and_days(company):
    costs = report([("brand ", 0, 19, "EUR", 400.0), ("ABM", 0, 19, "EUR", 2_000.0)])
    funnel = make_funnel(RECIPE, company, reports=[costs])
    groups = {group.name: group for group in funnel.groups}
    assert groups["paid search"].cost_per_lead == pytest.approx(400 / 20)
    assert groups["paid social"].cost_per_lead == pytest.approx(2_000 / 20)
    assert groups["paid search"].cost_per["customer"].value == pytest.approx(20 / 0.25)
    assert groups["paid social"].cost_per["customer"].value is None
    assert groups["paid social"].cost_per["customer"].low > 0
    assert funnel.currency == "EUR"
    assert any("2025-09-01 to 2025-09-20" in note for note in funnel.notes)


def test_the_same_spend_in_two_exports_counts_once_and_is_named(company):
    one = report([("Brand", 0, 9, "EUR", 400.0)])
    again = report([("Brand", 5, 9, "EUR", 200.0), ("Brand", 10, 19, "EUR", 100.0)], file="again.csv")
    funnel = make_funnel(RECIPE, company, reports=[one, again])
    assert funnel.all.cost == pytest.approx(500.0)
    assert any("again.csv" in note and "counted once" in note for note in funnel.notes)


def test_a_campaign_renamed_in_an_export_is_one_by_its_id_and_is_named(company):
    one = report([("Brand", 0, 9, "EUR", 400.0, "77")])
    later = report([("Marke", 0, 9, "EUR", 400.0, "77"), ("Marke", 10, 19, "EUR", 100.0, "77")], file="b.csv")
    funnel = make_funnel(RECIPE, company, reports=[one, later])
    assert funnel.all.cost == pytest.approx(500.0)
    assert {group.name: group.cost for group in funnel.groups}["paid search"] == pytest.approx(500.0)
    assert any("'Brand', 'Marke'" in note for note in funnel.notes)
    assert any("counted once" in note for note in funnel.notes)


@pytest.mark.parametrize(("begins", "told"), [(62, True), (90, False), (30, False)])
def test_an_origin_that_ends_where_another_begins_is_named(begins, told):
    leads = [(f"a{n}", n, "linkedin", "c") for n in range(60)]
    leads += [(f"b{n}", begins + n // 2, "LinkedIn Ads", "c") for n in range(40)]
    leads += [(f"c{n}", n, "web", "c") for n in range(115)]
    notes = make_funnel(RECIPE, tables_of(leads, [("a1", "won", 9, 1.0)])).notes
    assert any("'linkedin' ends and 'linkedin ads' begins" in note for note in notes) is told


def test_two_currencies_are_never_added(company):
    costs = report([("Brand", 0, 9, "EUR", 400.0), ("ABM", 0, 9, "USD", 700.0)])
    with pytest.raises(LeadscoreError, match=r"EUR 400.00, USD 700.00"):
        make_funnel(RECIPE, company, reports=[costs])
    funnel = make_funnel(RECIPE, company, reports=[costs], currency="usd")
    assert funnel.all.cost == pytest.approx(700.0)
    assert any("EUR 400.00" in note for note in funnel.notes)


def test_costs_without_a_currency_are_told(company):
    funnel = make_funnel(RECIPE, company, reports=[report([("Brand", 0, 9, "", 400.0)])])
    assert any("name no currency" in note for note in funnel.notes)


def test_campaigns_without_leads_and_leads_without_costs_are_named(company):
    costs = report([("Nobody", 0, 9, "EUR", 300.0), ("Brand", 0, 9, "EUR", 100.0)], platform="other")
    notes = " ".join(make_funnel(RECIPE, company, reports=[costs]).notes)
    assert "Nobody (300.00)" in notes
    funnel = make_funnel(RECIPE, company, by="campaign", reports=[costs])
    assert funnel.all.cost == pytest.approx(100.0)


def test_a_month_without_leads_and_an_impossible_order_are_named():
    leads = [("a", 0, "web", "c"), ("b", 90, "web", "c")]
    outcomes = [("a", "opp", 3, 1.0), ("a", "mql", 9, 1.0)]
    notes = " ".join(make_funnel(RECIPE, tables_of(leads, outcomes)).notes)
    assert "2025-10" in notes
    assert "1 leads have a stage dated before an earlier one" in notes


def test_a_budget_moved_is_the_difference_of_both_rates(company):
    costs = report([("Brand", 0, 39, "EUR", 800.0), ("ABM", 0, 39, "EUR", 800.0)])
    funnel = make_funnel(RECIPE, company, reports=[costs])
    moved = move(funnel, "paid social", "paid search", 0.1)
    assert moved.amount == pytest.approx(80.0)
    assert moved.leads == pytest.approx(0.0)
    assert moved.customers.value == pytest.approx(4 * 0.25)
    assert moved.customers.low < moved.customers.value < moved.customers.high
    with pytest.raises(LeadscoreError, match="no origin 'radio'"):
        move(funnel, "radio", "paid search", 0.1)


def test_work_is_measured_from_contacts_and_meetings():
    leads = [(f"l{n}", 0, "web", "c") for n in range(40)]
    at = (START + pd.Timedelta(hours=6)).isoformat()
    events = pd.DataFrame(
        [(f"l{n}", at, "call") for n in range(10)]
        + [(f"l{n}", at, "meeting_no_show") for n in range(8)]
        + [(f"l{n}", at, "meeting_held") for n in range(8, 10)],
        columns=["lead_id", "occurred_at", "kind"],
    )
    funnel = make_funnel(RECIPE, tables_of(leads, [("l0", "mql", 2, 1.0)], events))
    work = funnel.all.contacts
    assert work.never.value == pytest.approx(30 / 40)
    assert work.first_hours == pytest.approx(6.0)
    assert work.no_show.value == pytest.approx(0.8)
    assert work.once_only.value == pytest.approx(1.0)
    said = " ".join(funnel.findings)
    for words in ("never contacted", "second attempt", "Meetings missed"):
        assert words in said


def test_scores_complete_open_cohorts_and_show_who_waits():
    leads = [(f"l{n}", 110, "web", "c") for n in range(20)]
    tables = tables_of(leads, [("l0", "won", 112, 10.0)])
    ids = [f"l{n}" for n in range(1, 20)]
    scores = Scored(
        "scored.csv", pd.Series(0.5, index=ids), pd.Series(["hot"] * 10 + ["cold"] * 9, index=ids)
    )
    funnel = make_funnel(RECIPE, tables, scores=scores)
    assert funnel.all.completed.value == pytest.approx(1 + 9.5)
    assert funnel.all.hot == 10
    assert any("10 of 10 hot leads" in finding for finding in funnel.findings)


def test_grouping_by_what_no_lead_tells_is_refused_with_the_other_ways(company):
    with pytest.raises(LeadscoreError, match="group by another"):
        make_funnel(RECIPE, company, by="market")
