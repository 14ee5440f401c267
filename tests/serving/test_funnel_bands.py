"""What became of former scores: each lead counted once, by its first score, a horizon later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadscoreError
from features.clock import DAY_US, to_us
from serving.funnel import ScoresBefore, make_funnel
from serving.funnel.bands import BandOutcome, band_findings
from serving.funnel.figures import rate
from serving.ledger import LeadSent, Ledger, ScoreGiven, Writer
from serving.score import Score
from tests.serving.test_funnel_figures import END_US, RECIPE, START, tables_of

FIRST = to_us(START.to_pydatetime())
BANDS = ["hot", "warm", "cold"]
LEADS = st.lists(
    st.tuples(
        st.integers(0, 100),
        st.none() | st.integers(0, 121),
        st.none() | st.integers(0, 121),
        st.lists(
            st.tuples(st.integers(0, 130), st.sampled_from(BANDS), st.integers(1, 99)), min_size=1, max_size=4
        ),
    ),
    min_size=1,
    max_size=15,
)


def scores_of(rows: list[tuple[str, int, str, float]]) -> ScoresBefore:
    frame = pd.DataFrame(rows, columns=["lead_id", "day", "maturity", "probability"])
    frame["as_of_us"] = FIRST + frame.pop("day") * DAY_US
    return ScoresBefore(frame)


@pytest.mark.slow
@given(LEADS)
@settings(max_examples=30)
def test_bands_count_what_a_loop_over_leads_counts(lives) -> None:
    leads = [(f"l{n}", day, "web", "c") for n, (day, *_) in enumerate(lives)]
    wins = [(f"l{n}", "won", won, 1.0) for n, (_, won, *_) in enumerate(lives) if won is not None]
    calls = [(f"l{n}", (START + pd.Timedelta(days=call)).isoformat(), "call")
             for n, (_, _, call, _) in enumerate(lives) if call is not None]  # fmt: skip
    rows = [
        (f"l{n}", day, band, share / 100)
        for n, (*_, scores) in enumerate(lives)
        for day, band, share in scores
    ]
    events = pd.DataFrame(
        calls or [("x", START.isoformat(), "call")], columns=["lead_id", "occurred_at", "kind"]
    )
    tables = tables_of(leads, wins or [("x", "won", 1, 1.0)], events)
    found = {one.maturity: one for one in make_funnel(RECIPE, tables, before=scores_of(rows)).bands}
    end = (END_US - FIRST) / DAY_US
    expected: dict[str, list[list[float]]] = {band: [] for band in BANDS}
    for _, won, call, scores in lives:
        at, band, share = min(scores, key=lambda one: one[0])
        if at <= end:
            free = not (call is not None and call <= at) and at + 1 <= end
            answered = free and call is not None and call <= at + 1
            won_soon = won is not None and won <= min(at + 30, end)
            expected[band].append([at + 30 <= end, won_soon, share / 100, free, answered])
    assert set(found) == {band for band in BANDS if expected[band]}
    for band, one in found.items():
        told = expected[band]
        matured = [row for row in told if row[0]]
        assert (one.scored, one.matured) == (len(told), len(matured))
        assert one.converted == rate(sum(bool(row[1]) for row in matured), len(matured))
        if matured:
            assert one.expected == pytest.approx(sum(row[2] for row in matured) / len(matured))
        if calls:
            free = [row for row in told if row[3]]
            assert one.answered == rate(sum(bool(row[4]) for row in free), len(free))


def test_a_promise_outside_the_interval_of_what_came_is_named() -> None:
    def band(expected: float, won: int, of: int) -> BandOutcome:
        return BandOutcome(maturity="hot", scored=of, matured=of, converted=rate(won, of), expected=expected,
                           answered=None)  # fmt: skip

    assert "promised too much: 60" in band_findings([band(0.6, 30, 100)])[0]
    assert "promised too little" in band_findings([band(0.1, 30, 100)])[0]
    assert band_findings([band(0.33, 30, 100), band(0.9, 3, 10)]) == []


def test_the_first_answers_that_the_ledger_keeps_are_those_of_a_file(tmp_path: Path) -> None:
    moment = datetime(2025, 9, 3, tzinfo=UTC)
    rows, given_rows = [], []
    for place, (name, band, share) in enumerate([("a", "hot", 0.5), ("b", "cold", 0.02), ("a", "cold", 0.1)]):
        at = moment + timedelta(days=place)
        score = Score(lead_id=name, status="scored", as_of=at, horizon_days=30, probability=share, score=50,
                      grade="B2", maturity=band, stage=None, next_action=None)  # fmt: skip
        rows.append((name, share, band, at.isoformat()))
        given_rows.append(ScoreGiven(name, to_us(at), "rules", "1", "h", score.model_dump_json()))
    shadow = ScoreGiven("c", to_us(moment), "model", "2", "h", score.model_dump_json(), shadow=True)
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    with Writer(ledger) as writer:
        writer.submit([LeadSent("test", name, {}, 0) for name in "abc"]).result()
        writer.submit([*given_rows, shadow]).result()
    kept = ScoresBefore.of_ledger(ledger)
    ledger.close()
    columns = ["lead_id", "ls_probability", "ls_maturity", "ls_as_of"]
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    pd.DataFrame(rows[2:], columns=columns).to_csv(paths[0], index=False)
    pd.DataFrame(rows[:2], columns=columns).to_csv(paths[1], index=False)
    tables = tables_of([(name, 0, "web", "c") for name in "abc"], [("a", "won", 20, 1.0)])
    told = [
        make_funnel(RECIPE, tables, before=one).bands for one in (kept, ScoresBefore.of_files(paths, None))
    ]
    assert told[0] == told[1]
    assert [(one.maturity, one.scored, one.converted.value) for one in told[0]] == [
        ("hot", 1, 1),
        ("cold", 1, 0),
    ]
    pd.DataFrame({"lead_id": ["a"]}).to_csv(paths[0], index=False)
    with pytest.raises(LeadscoreError, match=r"one.csv: no column 'ls_probability'"):
        ScoresBefore.of_files(paths[:1], None)


def test_any_category_of_the_recipe_groups_the_leads() -> None:
    tables = tables_of(
        [("a", 0, "web", "x"), ("b", 0, "web", "y"), ("c", 0, "web", None)], [("a", "won", 2, 1.0)]
    )
    by_field = make_funnel(RECIPE, tables, by="campaign")
    assert {group.name: group.leads for group in by_field.groups} == {"x": 1, "y": 1, "unknown": 1}
    with pytest.raises(LeadscoreError, match=r"nothing is called 'campain'.*Did you mean 'campaign'"):
        make_funnel(RECIPE, tables, by="campain")


def test_a_stage_that_nobody_is_told_to_have_reached_is_no_step() -> None:
    """Else every customer would have gone through it, at a rate of 100 %."""
    leads = [(f"l{n}", 0, "web", "c") for n in range(30)]
    funnel = make_funnel(RECIPE, tables_of(leads, [("l0", "mql", 1, 0.0), ("l0", "won", 2, 1.0)]))
    assert funnel.steps == ["lead", "mql", "customer"]
    assert any("sal, sql, opportunity: name your stages" in note for note in funnel.notes)
