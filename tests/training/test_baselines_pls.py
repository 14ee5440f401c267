"""Predictive lead scoring by frequency tables gives the published numbers, with the stage term."""

from __future__ import annotations

import numpy as np
import pytest

from training.judging.pls import ClosedLead, EntryTable, FrequencyTable

STAGES = ("new", "qual", "prop", "won")
LOST = (("new", "BE"), *[("new", "FR")] * 3, *[("qual", "FR")] * 2, ("prop", "BE"))


def lead(
    stage: str | None, country: str | None = None, *, won: bool = False, team: str | None = None, tags=()
):
    return ClosedLead(won, {"country": country} if country else {}, stage, team, tags)


@pytest.fixture
def table() -> FrequencyTable:
    table = FrequencyTable(STAGES)
    for country in ("BE", "BE", "FR"):
        table.add(lead("won", country, won=True))
    for stage, country in LOST:
        table.add(lead(stage, country))
    return table


def test_counts_start_at_a_tenth(table):
    counts = table.counts[None]
    assert counts["country", "BE"] == [2.1, 2.1]
    assert counts["country", "FR"] == [1.1, 5.1]
    assert [counts["stage", stage] for stage in STAGES] == [[3.1, 7.1], [3.1, 3.1], [3.1, 1.1], [3.1, 0.1]]


@pytest.mark.parametrize(
    ("stage", "country", "percent"),
    [("new", "BE", 49.56), ("new", "FR", 17.48), ("qual", "BE", 69.23), ("prop", "DE", 73.81)],
)
def test_scores_are_the_published_ones(table, stage, country, percent):
    assert table.score(lead(stage, country)) == percent


def test_a_lead_without_a_stage_has_nothing_and_a_won_one_everything(table):
    assert table.score(lead(None, "BE")) == 0
    assert table.score(lead("won", "BE")) == 100


def test_one_win_taken_back():
    table = FrequencyTable(STAGES)
    only = lead("won", won=True)
    table.add(only)
    assert table.score(lead("new")) == 91.67
    table.remove(only)
    assert table.score(lead("new")) == 50.0


def test_a_team_with_rows_uses_only_its_own_and_one_without_uses_all(table):
    assert table.score(lead("new", "BE", team="south")) == 49.56
    table.add(lead("won", "FR", won=True, team="north"))
    alone = table.score(lead("new", "BE", team="north"))
    assert alone == 91.67
    assert table.score(lead("new", "BE", team="south")) != 49.56


def test_a_table_without_its_first_stage_says_nothing():
    assert FrequencyTable(STAGES).score(lead("new", "BE")) is None


def test_a_tag_counts_from_fifty_leads(table):
    before = table.score(lead("new", "BE", tags=("vip",)))
    assert before == 49.56
    for _ in range(60):
        table.add(lead("won", None, won=True, tags=("vip",)))
        table.add(lead("new", None, tags=("cold",)))
    tagged, plain = table.score(lead("new", "BE", tags=("vip",))), table.score(lead("new", "BE"))
    assert tagged is not None
    assert plain is not None
    assert tagged > plain


def test_the_entry_variant_skips_what_it_has_not_seen():
    columns = {"country": np.array(["BE", "BE", "FR", None], dtype=object)}
    table = EntryTable(["country"], columns, np.array([1.0, 0.0, 0.0, 1.0]))
    asked = {"country": np.array(["BE", "FR", "DE", None], dtype=object)}
    p = table.probability(asked)
    assert p[0] > p[2] == p[3] > p[1]
    assert p[2] == pytest.approx(0.5)
